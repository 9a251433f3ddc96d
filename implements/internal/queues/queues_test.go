package queues_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/internal/queues"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

func TestDefaultSettingsAreValid(t *testing.T) {
	if err := queues.DefaultSettings().Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestSettingsThatCannotBeNameTheirKey(t *testing.T) {
	for _, test := range []struct {
		name, key string
		change    func(*queues.Settings)
	}{
		{"visibility under 100 ms", "visibility", func(s *queues.Settings) { s.Visibility = 99 * time.Millisecond }},
		{"visibility over a day", "visibility", func(s *queues.Settings) { s.Visibility = 25 * time.Hour }},
		{"no attempt", "max_attempts", func(s *queues.Settings) { s.MaxAttempts = 0 }},
		{"no retry delay", "retry_delay", func(s *queues.Settings) { s.RetryDelay = 0 }},
		{"retry delays that contradict", "max_retry_delay", func(s *queues.Settings) { s.MaxRetryDelay = s.RetryDelay - 1 }},
		{"retry delay over a year", "max_retry_delay", func(s *queues.Settings) { s.MaxRetryDelay = queues.MaxDelay + 1 }},
		{"no handler", "concurrency", func(s *queues.Settings) { s.Concurrency = 0 }},
		{"too many handlers", "concurrency", func(s *queues.Settings) { s.Concurrency = 10_001 }},
		{"empty batch", "batch", func(s *queues.Settings) { s.Batch = 0 }},
		{"no room", "max_length", func(s *queues.Settings) { s.MaxLength = 0 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			settings := queues.DefaultSettings()
			test.change(&settings)
			e, ok := errors.AsType[component.KeyError](settings.Validate())
			if !ok || e.Key != test.key {
				t.Errorf("Validate: %v, want a KeyError of %q", e, test.key)
			}
		})
	}
}

func TestBackoffGrowsAndStaysWithinItsBounds(t *testing.T) {
	settings := queues.DefaultSettings()
	settings.RetryDelay, settings.MaxRetryDelay = 100*time.Millisecond, time.Second
	differs := false
	for attempt, most := range []time.Duration{1: 100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, time.Second, time.Second} {
		if attempt == 0 {
			continue
		}
		first := settings.Backoff(attempt)
		for range 100 {
			got := settings.Backoff(attempt)
			if got < most/2 || got > most {
				t.Fatalf("Backoff(%d) = %v, want %v to %v", attempt, got, most/2, most)
			}
			differs = differs || got != first
		}
	}
	if !differs {
		t.Error("the delays are not jittered")
	}
	if got := settings.Backoff(1 << 40); got > time.Second {
		t.Errorf("Backoff of a great many attempts = %v, want at most 1s", got)
	}
}

func TestReasonIsShortAndValid(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("é", 2000), "\xff\xfe", strings.Repeat("\xff", 5000)} {
		got := queues.Reason(errors.New(text))
		if len(got) > queues.MaxReasonSize || !utf8.ValidString(got) {
			t.Errorf("Reason of %d bytes: %d bytes, valid %t", len(text), len(got), utf8.ValidString(got))
		}
	}
}

func TestCallTellsHowTheHandlerEnded(t *testing.T) {
	failure := errors.New("no")
	for _, test := range []struct {
		name   string
		handle func() error
		want   func(error) bool
	}{
		{"nil", func() error { return nil }, func(err error) bool { return err == nil }},
		{"error", func() error { return failure }, func(err error) bool { return errors.Is(err, failure) }},
		{"panic", func() error { panic("boom") }, func(err error) bool {
			p, ok := errors.AsType[*queues.PanicError](err)
			return ok && p.Value == "boom" && strings.Contains(string(p.Stack), "queues_test.go")
		}},
		{"error without a text", func() error { var none *textError; return none }, func(err error) bool {
			return err != nil && queues.Reason(err) != ""
		}},
		{"goexit", func() error { runtime.Goexit(); return nil }, func(err error) bool { return err != nil }},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := make(chan error, 2)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				handle := func(context.Context, interfaces.Message) error { return test.handle() }
				queues.Call(t.Context(), handle, interfaces.Message{}, func(err error) { got <- err })
			}()
			<-ended
			if len(got) != 1 {
				t.Fatalf("done was called %d times, want once", len(got))
			}
			if err := <-got; !test.want(err) {
				t.Errorf("done was given %v", err)
			}
		})
	}
}

// textError has a text unless it is nil, which a program may return by mistake.
type textError struct{ text string }

func (e *textError) Error() string { return e.text }

// memo is a logger that keeps what it is given.
type memo struct{ lines []string }

func (m *memo) Debug(msg string, args ...any) { m.add("debug", msg, args) }
func (m *memo) Info(msg string, args ...any)  { m.add("info", msg, args) }
func (m *memo) Warn(msg string, args ...any)  { m.add("warn", msg, args) }
func (m *memo) Error(msg string, args ...any) { m.add("error", msg, args) }

func (m *memo) add(level, msg string, args []any) {
	m.lines = append(m.lines, fmt.Sprint(level, ": ", msg, " ", args))
}

func TestLogFailureSaysWhatAnOwnerShouldKnow(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		dead bool
		want []string // the beginning of each line
	}{
		{"an error, to be tried again", errors.New("no"), false, nil},
		{"the last error", errors.New("no"), true, []string{"warn: a message goes to the dead letters"}},
		{"a panic", &queues.PanicError{Value: "boom", Stack: []byte("the stack")}, false, []string{"error: the handler of a queue panicked"}},
		{"the last panic", &queues.PanicError{Value: "boom", Stack: []byte("the stack")}, true,
			[]string{"error: the handler of a queue panicked", "warn: a message goes to the dead letters"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := &memo{}
			queues.LogFailure(log, "q", interfaces.Message{ID: "7"}, test.err, test.dead)
			if len(log.lines) != len(test.want) {
				t.Fatalf("logged %q, want %q", log.lines, test.want)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(log.lines[i], want) {
					t.Errorf("logged %q, want %q", log.lines[i], want)
				}
				if strings.HasPrefix(want, "error") && !strings.Contains(log.lines[i], "the stack") {
					t.Errorf("a panic is logged without its stack: %q", log.lines[i])
				}
			}
		})
	}
}
