package interfacestest

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

var loggerRecordChecks = []loggerCheck{
	{
		name: "logger/topics", promise: "GetLogger gives a logger for every topic, the empty one too, and again when asked again",
		run: func(k *loggerKit) {
			for _, topic := range []string{"", "db", "db.pool", "DB", "*", "a b/c", "line\nbreak", "grün", strings.Repeat("long.", 1000)} {
				msg := k.message()
				k.logger(topic).Info(msg)
				k.logger(topic).Info(msg)
				if got := len(k.records(msg)); got != 2 {
					k.Errorf("two loggers of topic %s wrote %d records, want 2", short(topic), got)
				}
			}
		},
	},
	{
		name: "logger/levels", promise: "each of the four methods writes its message, once, at its level",
		run: func(k *loggerKit) {
			logger := k.logger("kit")
			for _, level := range []struct {
				name  string
				write func(msg string, args ...any)
			}{
				{"DEBUG", logger.Debug}, {"INFO", logger.Info}, {"WARN", logger.Warn}, {"ERROR", logger.Error},
			} {
				msg := k.message()
				level.write(msg)
				records := k.records(msg)
				if len(records) != 1 {
					k.Errorf("at level %s: %d records have the message, want 1", level.name, len(records))
					continue
				}
				if got, _ := records[0]["level"].(string); !strings.HasPrefix(strings.ToUpper(got), level.name) {
					k.Errorf("at level %s: the record's level is %v", level.name, records[0]["level"])
				}
			}
		},
	},
	{
		name: "logger/order", promise: "records are written in the order of the calls",
		run: func(k *loggerKit) {
			msg := k.message()
			for i := range 20 {
				k.logger([]string{"one", "another"}[i%2]).Info(msg, "i", i)
			}
			var got []string
			for _, record := range k.records(msg) {
				got = append(got, fmt.Sprint(record["i"]))
			}
			if want := "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19"; strings.Join(got, " ") != want {
				k.Errorf("the records are in the order %v", got)
			}
		},
	},
	{
		name: "logger/attributes", promise: "attributes are written as pairs and as slog.Attr, mixed, of any type, groups too",
		run: func(k *loggerKit) {
			msg := k.message()
			k.logger("kit").Info(msg, "text", "a b", slog.Int("whole", 42), "flag", true, "part", 1.5,
				slog.Group("group", "inner", "v"), "quote", `a "b" = c`, "last", "z")
			record := k.record(msg, "with attributes")
			group, _ := record["group"].(map[string]any)
			for key, want := range map[string]string{
				"text": "a b", "whole": "42", "flag": "true", "part": "1.5", "quote": `a "b" = c`, "last": "z",
			} {
				if got := fmt.Sprint(record[key]); got != want {
					k.Errorf("the attribute %s is %s, want %s", key, short(got), want)
				}
			}
			if got := fmt.Sprint(group["inner"]); got != "v" {
				k.Errorf("the attribute inner of the group is %s, want v", short(got))
			}
		},
	},
	{
		name: "logger/errors", promise: "an error that is an attribute is written with all that it says",
		run: func(k *loggerKit) {
			err := fmt.Errorf("outer: %w", errors.Join(errors.New("first cause"), fmt.Errorf("middle: %w", errors.New("second cause"))))
			for name, write := range map[string]func(msg string, args ...any){"Error": k.logger("kit").Error, "Info": k.logger("kit").Info} {
				msg := k.message()
				write(msg, "error", err)
				got := fmt.Sprint(k.record(msg, "with an error")["error"])
				for _, part := range []string{"outer", "first cause", "middle", "second cause"} {
					if !strings.Contains(got, part) {
						k.Errorf("%s wrote the error as %s, which lacks %q", name, short(got), part)
					}
				}
			}
		},
	},
	{
		name: "logger/log values", promise: "a value that is a slog.LogValuer is written as what it gives, so that secrets stay hidden",
		run: func(k *loggerKit) {
			msg := k.message()
			k.logger("kit").Info(msg, "password", hidden{"hunter2"}, slog.Any("attr", hidden{"hunter2"}), slog.Group("g", "in", hidden{"hunter2"}))
			record := k.record(msg, "with a LogValuer")
			if got := fmt.Sprint(record); strings.Contains(got, "hunter2") {
				k.Errorf("the record shows what was hidden")
			}
			if got := fmt.Sprint(record["password"]); got != "hidden" {
				k.Errorf("the attribute is %s, want what LogValue gives", short(got))
			}
		},
	},
}

// hidden does not show what it holds.
type hidden struct{ value string }

func (hidden) LogValue() slog.Value { return slog.StringValue("hidden") }

var loggerHardshipChecks = []loggerCheck{
	{
		name: "logger/odd arguments", promise: "arguments that are no pairs do not panic and do not lose the message",
		run: func(k *loggerKit) {
			for what, args := range map[string][]any{
				"a key without a value": {"key"},
				"a value without a key": {42},
				"nil":                   {nil},
				"a nil value":           {"key", nil},
				"a key that is no text": {1, 2, 3},
				"an empty key":          {"", "v"},
				"an empty Attr":         {slog.Attr{}},
				"a nil error":           {"error", error(nil)},
				"nothing, but a slice":  {},
			} {
				msg := k.message()
				k.guard(what, func() { k.logger("kit").Warn(msg, args...) })
				if got := len(k.records(msg)); got != 1 {
					k.Errorf("%s: %d records have the message, want 1", what, got)
				}
			}
		},
	},
	{
		name: "logger/panicking values", promise: "a value that panics when it is written does not take the caller with it",
		run: func(k *loggerKit) {
			for what, value := range map[string]any{
				"an error that panics":        panicking{},
				"a nil pointer as error":      (*pointed)(nil),
				"a LogValuer that panics":     panickingValuer{},
				"a func":                      func() {},
				"a channel":                   make(chan int),
				"a LogValuer that never ends": endless{},
			} {
				msg := k.message()
				k.guard(what, func() { k.logger("kit").Error(msg, "value", value) })
				if got := len(k.records(msg)); got != 1 {
					k.Errorf("%s: %d records have the message, want 1", what, got)
				}
			}
		},
	},
	{
		name: "logger/one record per call", promise: "no text in a message or an attribute makes a second record",
		run: func(k *loggerKit) {
			msg := k.message()
			for _, text := range []string{
				"line\nbreak", "\r\n", "\u2028", "\x1b[31m", "\x00", "\xff", `{"msg":"` + msg + `"}`,
				"x\n" + `{"level":"ERROR","msg":"` + msg + `"}`, "x\ntime=now level=ERROR msg=" + msg,
			} {
				before, err := k.Records()
				if err != nil {
					k.Fatalf("the harness's Records: %w", err)
				}
				k.logger("kit").Info(text, "key", text)
				k.logger("kit").Info("plain", text, text)
				after, err := k.Records()
				if err != nil {
					k.Fatalf("the harness's Records after %q: %w", text, err)
				}
				if got := len(after) - len(before); got != 2 {
					k.Errorf("two calls with the text %q wrote %d records", text, got)
				}
			}
			if got := len(k.records(msg)); got != 0 {
				k.Errorf("a text passed for %d records of its own", got)
			}
		},
	},
	{
		name: "logger/arguments are the caller's", promise: "the arguments are read before the call returns, and left as they are",
		run: func(k *loggerKit) {
			msg := k.message()
			args := []any{"key", "before", "whole", 42}
			k.logger("kit").Info(msg, args...)
			if args[0] != "key" || args[1] != "before" || args[2] != "whole" || args[3] != 42 {
				k.Errorf("the arguments were changed: %v", args)
			}
			args[1] = "after"
			if got := fmt.Sprint(k.record(msg, "with arguments")["key"]); got != "before" {
				k.Errorf("the attribute is %s, what the caller made of it after the call", got)
			}
		},
	},
	{
		name: "logger/concurrent", promise: "loggers are safe for concurrent use, and no record is torn or lost",
		run: func(k *loggerKit) {
			msg, long := k.message(), strings.Repeat("x", 4096)
			const writers, each = 8, 50
			var all sync.WaitGroup
			for w := range writers {
				all.Go(func() {
					for i := range each {
						k.Site.GetLogger(fmt.Sprintf("topic%d", i%3)).Info(msg, "writer", w, "long", long)
					}
				})
			}
			all.Wait()
			if got := len(k.records(msg)); got != writers*each {
				k.Errorf("%d records of %d were written", got, writers*each)
			}
			for _, record := range k.records(msg) {
				if record["long"] != long {
					k.Errorf("a record is torn")
				}
			}
		},
	},
}

type panicking struct{}

func (panicking) Error() string { panic("no text") }

type pointed struct{ text string }

func (p *pointed) Error() string { return p.text }

type panickingValuer struct{}

func (panickingValuer) LogValue() slog.Value { panic("no value") }

type endless struct{}

func (e endless) LogValue() slog.Value { return slog.AnyValue(e) }
