package componenttest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/component/componenttest"
)

type text string

func (s text) String() string { return string(s) }

func TestReplaceIsForOneTestOnly(t *testing.T) {
	site := component.NewSite()
	if err := component.Register[fmt.Stringer](site, "clock", text("real")); err != nil {
		t.Fatal(err)
	}
	clock, err := component.Bind[fmt.Stringer](site, "clock")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("fakes", func(t *testing.T) {
		for _, fake := range []text{"fake", "another"} {
			componenttest.Replace[fmt.Stringer](t, site, "clock", fake)
			if got, _ := component.Get[fmt.Stringer](site, "clock"); got != fmt.Stringer(fake) || clock.Get() != fmt.Stringer(fake) {
				t.Errorf("lookup gives %v, reference %v, want %v", got, clock.Get(), fake)
			}
		}
	})
	if got := clock.Get().String(); got != "real" {
		t.Errorf("after the test the entry has %q", got)
	}
}

// recorder is a TB whose Fatalf is told apart from a failure of this test.
type recorder struct {
	testing.TB
	fatal string
}

func (r *recorder) Helper()        {}
func (r *recorder) Cleanup(func()) {}
func (r *recorder) Fatalf(format string, args ...any) {
	r.fatal = fmt.Sprintf(format, args...)
	panic(r)
}

func TestReplaceEndsTheTestWithoutSuchAnEntry(t *testing.T) {
	r := &recorder{TB: t}
	defer func() {
		if recover() != any(r) || !strings.Contains(r.fatal, `fmt.Stringer "clock": not found`) {
			t.Errorf("the test goes on: %q", r.fatal)
		}
	}()
	componenttest.Replace[fmt.Stringer](r, component.NewSite(), "clock", text("fake"))
}
