package sitelog_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/internal/sitelog"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// loggers writes the name of its entry before the topic.
type loggers struct {
	name string
	out  *strings.Builder
}

func (l loggers) GetLogger(topic string) interfaces.ILogger {
	return slog.New(slog.NewTextHandler(l.out, nil)).With("site", l.name, "topic", topic)
}

func TestForPrefersTheUnnamedLoggerSite(t *testing.T) {
	for _, test := range []struct {
		name    string
		entries []string
		want    string
	}{
		{"unnamed", []string{"Alpha", "", "Beta"}, `site="" topic=fivcglue.test`},
		{"first by name", []string{"Beta", "Alpha"}, "site=Alpha topic=fivcglue.test"},
	} {
		t.Run(test.name, func(t *testing.T) {
			site, out := component.NewSite(), &strings.Builder{}
			for _, entry := range test.entries {
				if err := component.Register[interfaces.ILoggerSite](site, entry, loggers{entry, out}); err != nil {
					t.Fatal(err)
				}
			}
			sitelog.For(site, "fivcglue.test").Info("hello")
			if !strings.Contains(out.String(), test.want) {
				t.Errorf("got %q, want %q", out, test.want)
			}
		})
	}
}

func TestForFallsBackToTheDefaultLogger(t *testing.T) {
	var out strings.Builder
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	defer slog.SetDefault(before)

	for _, site := range []*component.Site{nil, component.NewSite()} {
		out.Reset()
		sitelog.For(site, "fivcglue.test").Info("hello")
		if !strings.Contains(out.String(), "topic=fivcglue.test") {
			t.Errorf("got %q", out.String())
		}
	}
}
