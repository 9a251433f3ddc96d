package interfacestest_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"testing"

	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
)

func TestLoggerOfTheReference(t *testing.T) {
	interfacestest.TestLogger(t, func(*testing.T) interfacestest.LoggerHarness {
		return loggerHarness(func(_ io.Writer, right *slog.Logger) interfaces.ILoggerSite { return tinyLoggers{right} })
	})
}

// writing breaks what each call writes.
func writing(write func(w io.Writer, right *slog.Logger, level slog.Level, msg string, args []any)) func(io.Writer, *slog.Logger) interfaces.ILoggerSite {
	return func(w io.Writer, right *slog.Logger) interfaces.ILoggerSite {
		return tinyLoggers{brokenLogger{func(level slog.Level, msg string, args []any) { write(w, right, level, msg, args) }}}
	}
}

// mapping breaks the arguments of each call.
func mapping(change func(args []any) []any) func(io.Writer, *slog.Logger) interfaces.ILoggerSite {
	return writing(func(_ io.Writer, right *slog.Logger, level slog.Level, msg string, args []any) {
		right.Log(context.Background(), level, msg, change(args)...)
	})
}

// topicLoggers gives loggers by a function.
type topicLoggers func(topic string) interfaces.ILogger

func (f topicLoggers) GetLogger(topic string) interfaces.ILogger { return f(topic) }

var loggerFaults = []struct {
	name  string
	fault func(io.Writer, *slog.Logger) interfaces.ILoggerSite
	found []string
}{
	{"gives nil for no topic", func(_ io.Writer, right *slog.Logger) interfaces.ILoggerSite {
		return topicLoggers(func(topic string) interfaces.ILogger {
			if topic == "" {
				return nil
			}
			return right
		})
	}, []string{"logger/topics"}},
	{"gives a topic's logger once", func(_ io.Writer, right *slog.Logger) interfaces.ILoggerSite {
		given := map[string]bool{}
		return topicLoggers(func(topic string) interfaces.ILogger {
			if given[topic] {
				return slog.New(slog.DiscardHandler)
			}
			given[topic] = true
			return right
		})
	}, []string{"logger/topics"}},
	{"writes nothing below warn", writing(func(_ io.Writer, right *slog.Logger, level slog.Level, msg string, args []any) {
		if level >= slog.LevelWarn {
			right.Log(context.Background(), level, msg, args...)
		}
	}), []string{"logger/levels", "logger/topics"}},
	{"writes warnings as errors", writing(func(_ io.Writer, right *slog.Logger, level slog.Level, msg string, args []any) {
		if level == slog.LevelWarn {
			level = slog.LevelError
		}
		right.Log(context.Background(), level, msg, args...)
	}), []string{"logger/levels"}},
	{"writes errors twice", writing(func(_ io.Writer, right *slog.Logger, level slog.Level, msg string, args []any) {
		right.Log(context.Background(), level, msg, args...)
		if level == slog.LevelError {
			right.Log(context.Background(), level, msg, args...)
		}
	}), []string{"logger/levels"}},
	{"ignores attributes", mapping(func([]any) []any { return nil }), []string{"logger/attributes", "logger/errors"}},
	{"ignores slog.Attr", mapping(func(args []any) []any {
		return slices.DeleteFunc(slices.Clone(args), func(arg any) bool { _, is := arg.(slog.Attr); return is })
	}), []string{"logger/attributes"}},
	{"prints attributes without their names", mapping(func(args []any) []any { return []any{"args", fmt.Sprint(args...)} }), []string{"logger/attributes", "logger/log values"}},
	{"keeps the last cause of an error only", mapping(func(args []any) []any {
		args = slices.Clone(args)
		for i, arg := range args {
			if wrapper, ok := arg.(interface{ Unwrap() error }); ok {
				args[i] = wrapper.Unwrap()
			}
		}
		return args
	}), []string{"logger/errors"}},
	{"drops errors unless the level is error", writing(func(_ io.Writer, right *slog.Logger, level slog.Level, msg string, args []any) {
		if level < slog.LevelError {
			args = slices.DeleteFunc(slices.Clone(args), func(arg any) bool { _, is := arg.(error); return is })
		}
		right.Log(context.Background(), level, msg, args...)
	}), []string{"logger/errors"}},
	{"prints what hides itself", mapping(func(args []any) []any {
		args = slices.Clone(args)
		for i, arg := range args {
			if _, ok := arg.(slog.LogValuer); ok {
				args[i] = fmt.Sprintf("%+v", arg)
			}
		}
		return args
	}), []string{"logger/log values"}},
	{"panics at odd arguments", mapping(func(args []any) []any {
		for i := 0; i < len(args); i += 2 {
			if _, is := args[i].(slog.Attr); is {
				i--
				continue
			}
			_, _ = args[i].(string), args[i+1]
		}
		return args
	}), []string{"logger/odd arguments"}},
	{"refuses odd arguments", writing(func(_ io.Writer, right *slog.Logger, level slog.Level, msg string, args []any) {
		if len(args)%2 == 0 {
			right.Log(context.Background(), level, msg, args...)
		}
	}), []string{"logger/odd arguments"}},
	{"asks errors for their text", mapping(func(args []any) []any {
		args = slices.Clone(args)
		for i, arg := range args {
			if err, ok := arg.(error); ok {
				args[i] = err.Error()
			}
		}
		return args
	}), []string{"logger/panicking values"}},
	{"writes line breaks as they are", writing(func(w io.Writer, right *slog.Logger, level slog.Level, msg string, args []any) {
		right.Log(context.Background(), level, msg, args...)
		for _, arg := range append([]any{msg}, args...) {
			if text, ok := arg.(string); ok {
				for _, line := range slices.Collect(linesAfterFirst(text)) {
					_, _ = fmt.Fprintln(w, line)
				}
			}
		}
	}), []string{"logger/one record per call"}},
	{"changes the arguments", mapping(func(args []any) []any {
		for i := range args {
			args[i] = fmt.Sprint(args[i])
		}
		return args
	}), []string{"logger/arguments are the caller's"}},
	{"writes the arguments later", func(_ io.Writer, right *slog.Logger) interfaces.ILoggerSite {
		flush := func() {}
		return topicLoggers(func(string) interfaces.ILogger {
			return brokenLogger{func(level slog.Level, msg string, args []any) {
				flush()
				flush = func() { right.Log(context.Background(), level, msg, args...) }
			}}
		})
	}, []string{"logger/topics", "logger/arguments are the caller's"}},
	{"writes in pieces", writing(func(w io.Writer, _ *slog.Logger, level slog.Level, msg string, args []any) {
		out := slog.NewJSONHandler(inPieces{w}, &slog.HandlerOptions{Level: slog.LevelDebug})
		slog.New(out).Log(context.Background(), level, msg, args...)
	}), []string{"logger/concurrent"}},
	{"writes the records of one topic after those of another", func(_ io.Writer, right *slog.Logger) interfaces.ILoggerSite {
		var waiting []func()
		return topicLoggers(func(topic string) interfaces.ILogger {
			return brokenLogger{func(level slog.Level, msg string, args []any) {
				write := func() { right.Log(context.Background(), level, msg, args...) }
				if topic == "another" {
					if waiting = append(waiting, write); len(waiting) == 10 {
						for _, write := range waiting {
							write()
						}
					}
					return
				}
				write()
			}}
		})
	}, []string{"logger/order"}},
}

func linesAfterFirst(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i, c := range text {
			if c == '\n' && i+1 < len(text) && text[i+1] == '{' && !yield(text[i+1:]) {
				return
			}
		}
	}
}

// inPieces hands a write on in two.
type inPieces struct{ w io.Writer }

func (p inPieces) Write(b []byte) (int, error) {
	half := len(b) / 2
	if n, err := p.w.Write(b[:half]); err != nil {
		return n, err
	}
	runtime.Gosched()
	n, err := p.w.Write(b[half:])
	return half + n, err
}

func TestLoggerFaultsAreFound(t *testing.T) {
	for _, test := range loggerFaults {
		t.Run(test.name, func(t *testing.T) {
			skip := map[string]string{}
			if !slices.Contains(test.found, "logger/concurrent") {
				skip["logger/concurrent"] = "some of the faults race"
			}
			err := interfacestest.CheckLogger(t.Context(), func() (interfacestest.LoggerHarness, error) {
				h := loggerHarness(test.fault)
				h.Skip = skip
				return h, nil
			})
			found := failedChecks(err)
			for _, check := range test.found {
				if !slices.Contains(found, check) {
					t.Errorf("check %s did not find it; these did: %q", check, found)
				}
			}
		})
	}
}

func TestEveryLoggerCheckFindsAFault(t *testing.T) {
	var found []string
	for _, fault := range loggerFaults {
		found = append(found, fault.found...)
	}
	for _, check := range interfacestest.LoggerCheckNames() {
		if !slices.Contains(found, check) {
			t.Errorf("no fault is found by check %s", check)
		}
	}
}
