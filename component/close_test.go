package component_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
)

func TestCloseGoesInReverseAndOnAfterErrors(t *testing.T) {
	r, s := newRegistry(t), component.NewSite()
	var d diary
	first, last := errors.New("first"), errors.New("last")
	item := func(name string, err error) component.Item {
		return dogItem(t, r, dogConfig{Name: name, Friend: refTo("by hand"), End: func(context.Context) error {
			_, lookup := component.Get[speaker](s, name)
			d.note("%s, closed: %v", name, errors.Is(lookup, component.ErrClosed))
			return err
		}})
	}
	byHand := named("by hand")
	byHand.End = func(context.Context) error { t.Error("what was registered by hand was closed"); return nil }
	must(t, component.Register[speaker](s, "by hand", byHand))
	must(t, s.Build(t.Context(), []component.Item{item("a", first), item("b", nil), item("c", last)}))
	a, _ := component.Get[speaker](s, "a")

	err := s.Close(t.Context())
	if !errors.Is(err, first) || !errors.Is(err, last) {
		t.Errorf("got %v", err)
	}
	if want := "close zoo.Dog \"c\": last\nclose zoo.Dog \"a\": first"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	d.expect(t, "c, closed: true", "b, closed: true", "a, closed: true")
	if again := s.Close(t.Context()); again == nil || again.Error() != err.Error() {
		t.Errorf("closing again: %v", again)
	}
	d.expect(t, "c, closed: true", "b, closed: true", "a, closed: true")

	if got := a.(*dog).Friend.Get(); got != speaker(byHand) {
		t.Errorf("a reference gives %v after Close", got)
	}
	for name, err := range map[string]error{
		"Register": component.Register[speaker](s, "x", named("x")),
		"Build":    s.Build(t.Context(), nil),
	} {
		if !errors.Is(err, component.ErrClosed) {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
	if len(s.Entries()) != 0 {
		t.Errorf("entries after Close: %v", s.Entries())
	}
}

type ioCloser struct{ closed *int }

func (c ioCloser) Close() error { *c.closed++; return nil }

func TestCloseCountsIOCloser(t *testing.T) {
	r, s := component.NewRegistry(), component.NewSite()
	closed := 0
	must(t, component.RegisterClass(r, component.Class[ioCloser, struct{}]{
		Name: "zoo.Door", New: func(context.Context, *component.Site, struct{}) (ioCloser, error) { return ioCloser{&closed}, nil },
	}))
	must(t, s.Build(t.Context(), []component.Item{{Class: class(t, r, "zoo.Door")}}))
	must(t, s.Close(t.Context()))
	if closed != 1 {
		t.Errorf("closed %d times", closed)
	}
}

func TestCloseLeavesBehindWhatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := newRegistry(t), component.NewSite()
		var d diary
		hang := make(chan struct{})
		must(t, s.Build(t.Context(), []component.Item{
			dogItem(t, r, dogConfig{Name: "a", End: func(context.Context) error { d.note("a"); return nil }}),
			dogItem(t, r, dogConfig{Name: "hangs", End: func(context.Context) error { <-hang; return nil }}),
			dogItem(t, r, dogConfig{Name: "panics", End: func(context.Context) error { panic("boom") }}),
		}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := s.Close(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), `close zoo.Dog "hangs": it did not end in time`) ||
			!strings.Contains(err.Error(), `close zoo.Dog "panics": Close panicked: boom`) {
			t.Errorf("got %v", err)
		}
		d.expect(t, "a")
		close(hang)
	})
}

// TestGoroutinesThatEndAreErrors holds that nothing waits for a component that
// ends its goroutine, as t.FailNow does in a fake.
func TestGoroutinesThatEndAreErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := newRegistry(t), component.NewSite()
		end := func(context.Context) error { runtime.Goexit(); return nil }
		must(t, s.Build(t.Context(), []component.Item{dogItem(t, r, dogConfig{Name: "a", Ill: end, End: end})}))
		began := time.Now()
		report := s.CheckHealth(t.Context())
		if len(report) != 1 || report[0].Err == nil || report[0].Err.Error() != "CheckHealth ended its goroutine" {
			t.Errorf("the health is %v", report)
		}
		err := s.Close(t.Context())
		if err == nil || err.Error() != `close zoo.Dog "a": Close ended its goroutine` {
			t.Errorf("Close = %v", err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

func TestCloseWhileBuildingUndoesTheBuild(t *testing.T) {
	r, s := newRegistry(t), component.NewSite()
	var d diary
	err := s.Build(t.Context(), []component.Item{
		dogItem(t, r, dogConfig{Name: "a", End: func(context.Context) error { d.note("closed a"); return nil }}),
		dogItem(t, r, dogConfig{Name: "b", Make: func(context.Context, *component.Site) error { return s.Close(t.Context()) }}),
	})
	if !errors.Is(err, component.ErrClosed) {
		t.Errorf("got %v", err)
	}
	d.expect(t, "closed a")
}

func TestCheckHealthAsksSideBySideAndWaitsNoLongerThanItSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := newRegistry(t), component.NewSite()
		ill := errors.New("ill")
		hang := make(chan struct{})
		slow := func(context.Context) error { time.Sleep(3 * time.Second); return nil }
		byHand := named("by hand")
		byHand.Ill = func(context.Context) error { return ill }
		must(t, component.Register[speaker](s, "by hand", byHand))
		must(t, s.Build(t.Context(), []component.Item{
			dogItem(t, r, dogConfig{Name: "slow", Ill: slow}),
			dogItem(t, r, dogConfig{Name: "slow too", Ill: slow}),
			dogItem(t, r, dogConfig{Name: "hangs", Ill: func(context.Context) error { <-hang; return nil }}),
			dogItem(t, r, dogConfig{Name: "panics", Ill: func(context.Context) error { panic("boom") }}),
		}))
		began := time.Now()
		report := s.CheckHealth(t.Context())
		if took := time.Since(began); took != component.HealthTimeout {
			t.Errorf("took %v", took)
		}
		close(hang)
		want := []struct {
			name string
			took time.Duration
			err  string
		}{
			{"by hand", 0, "ill"}, {"slow", 3 * time.Second, ""}, {"slow too", 3 * time.Second, ""},
			{"hangs", component.HealthTimeout, "no answer in time: context deadline exceeded"}, {"panics", 0, "CheckHealth panicked: boom"},
		}
		if len(report) != len(want) {
			t.Fatalf("got %v", report)
		}
		for i, h := range report {
			message := ""
			if h.Err != nil {
				message = h.Err.Error()
			}
			if h.Entries[0].Name != want[i].name || h.Took != want[i].took || message != want[i].err {
				t.Errorf("got %+v, want %+v", h, want[i])
			}
		}
		if report[0].Component != "*component_test.dog" || report[1].Component != "zoo.Dog" {
			t.Errorf("components %q, %q", report[0].Component, report[1].Component)
		}
		must(t, s.Close(t.Context()))
		for _, h := range s.CheckHealth(t.Context()) {
			if !errors.Is(h.Err, component.ErrClosed) {
				t.Errorf("after Close: %v", h)
			}
		}
	})
}
