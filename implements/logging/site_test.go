package logging_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/logging"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

func TestHandlersAreThoseOfSlog(t *testing.T) {
	var read func() []map[string]any
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		var site *logging.Site
		site, read = newFileSite(t, logging.Config{})
		return site.GetLogger("").(*slog.Logger).Handler()
	}, func(t *testing.T) map[string]any { return read()[0] })
}

func TestTextFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	site := newSite(t, logging.Config{Output: path, Attrs: map[string]string{"service": "shop", "env": "test"}})
	site.GetLogger("db.pool").Warn("slow query", "ms", 1200, "sql", "select 1")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), " ")
	want := "level=WARN msg=\"slow query\" env=test service=shop topic=db.pool ms=1200 sql=\"select 1\"\n"
	if !strings.HasPrefix(string(text), "time=") || rest != want {
		t.Errorf("wrote %q, want time=... %q", text, want)
	}
}

func TestRecordOfJSONFormat(t *testing.T) {
	site, records := newFileSite(t, logging.Config{Source: true, Attrs: map[string]string{"service": "shop"}})
	site.GetLogger("db").Info("hello", slog.Int("n", 1), "group", slog.GroupValue(slog.String("k", "v")))
	site.GetLogger("").Error("no topic")
	got := records()
	if len(got) != 2 {
		t.Fatalf("%d records, want 2", len(got))
	}
	for key, want := range map[string]any{"level": "INFO", "msg": "hello", "service": "shop", "topic": "db", "n": 1.0} {
		if got[0][key] != want {
			t.Errorf("%s is %v, want %v", key, got[0][key], want)
		}
	}
	if group, _ := got[0]["group"].(map[string]any); group["k"] != "v" {
		t.Errorf("group is %v", got[0]["group"])
	}
	source, _ := got[0]["source"].(map[string]any)
	if file, _ := source["file"].(string); !strings.HasSuffix(file, "site_test.go") {
		t.Errorf("source is %v, want the line of this test", got[0]["source"])
	}
	if _, ok := got[1]["topic"]; ok {
		t.Error("the logger of no topic writes one")
	}
}

func TestOutputOfProcess(t *testing.T) {
	for name, stream := range map[string]**os.File{"stderr": &os.Stderr, "stdout": &os.Stdout, "": &os.Stderr} {
		t.Run("output "+name, func(t *testing.T) {
			file, err := os.CreateTemp(t.TempDir(), "stream")
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			before := *stream
			*stream = file
			site := newSite(t, logging.Config{Output: name})
			*stream = before
			site.GetLogger("").Info("before")
			if err := site.CheckHealth(t.Context()); err != nil {
				t.Error(err)
			}
			if err := site.Reopen(); err != nil {
				t.Error(err)
			}
			if err := site.Close(t.Context()); err != nil {
				t.Error(err)
			}
			site.GetLogger("").Info("after")
			text, err := os.ReadFile(file.Name())
			if err != nil || !strings.Contains(string(text), "msg=before") || !strings.Contains(string(text), "msg=after") {
				t.Errorf("wrote %q (%v), want a record from before and one from after Close", text, err)
			}
		})
	}
}

func TestConfigIsValidated(t *testing.T) {
	for _, test := range []struct {
		name, key, want string
		config          logging.Config
	}{
		{"an unknown format", "format", `unknown format "jsn"; did you mean "json"? It is text or json`, logging.Config{Format: "jsn"}},
		{"a format far off", "format", `unknown format "logfmt"; it is text or json`, logging.Config{Format: "logfmt"}},
		{"an unknown level", "level", `unknown level "inof"; did you mean "info"?`, logging.Config{Level: "inof"}},
		{"an unknown level of a topic", "levels.db.*", `unknown level "debgu"; did you mean "debug"?`, logging.Config{Levels: map[string]string{"db.*": "debgu"}}},
		{"an empty topic", "levels", "a topic is empty", logging.Config{Levels: map[string]string{"": "info"}}},
		{"an attribute twice", "attrs.msg", `is an attribute that records have`, logging.Config{Attrs: map[string]string{"msg": "x"}}},
		{"the topic as attribute", "attrs.topic", `is an attribute that records have`, logging.Config{Attrs: map[string]string{"topic": "x"}}},
		{"an empty attribute", "attrs", "the name of an attribute is empty", logging.Config{Attrs: map[string]string{"": "x"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := logging.NewSite(t.Context(), nil, test.config)
			var at component.KeyError
			if !errors.As(err, &at) || at.Key != test.key || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one at key %s with %s", err, test.key, test.want)
			}
		})
	}
	if err := logging.DefaultConfig().Validate(); err != nil {
		t.Errorf("the default config: %v", err)
	}
}

func TestLoggersAreRemembered(t *testing.T) {
	site := newSite(t, logging.Config{})
	if site.GetLogger("db") != site.GetLogger("db") {
		t.Error("a topic's logger was made twice")
	}
	if allocs := testing.AllocsPerRun(100, func() { site.GetLogger("db") }); allocs != 0 {
		t.Errorf("GetLogger of a known topic allocates %v times", allocs)
	}
}

func TestEndlessTopics(t *testing.T) {
	site, records := newFileSite(t, logging.Config{Level: "error"})
	early := site.GetLogger("request-0")
	for i := range 5000 {
		site.GetLogger(fmt.Sprintf("request-%d", i)).Info("disabled")
	}
	if site.GetLogger("request-0") == early {
		t.Error("the logger of the first of 5000 topics is still remembered: memory is not bounded")
	}
	site.SetLevel(logging.Info)
	early.Info("still here")
	if got := records(); len(got) != 1 || got[0]["topic"] != "request-0" {
		t.Errorf("records %v, want the one of a logger that is remembered no more", got)
	}
}

func TestLongTopics(t *testing.T) {
	site := newSite(t, logging.Config{})
	topic := strings.Repeat("x", 1<<20)
	logger := site.GetLogger(topic)
	if site.GetLogger(topic) == logger {
		t.Error("a topic of a megabyte is remembered")
	}
	if err := site.SetTopicLevel("xxx*", logging.Debug); err != nil {
		t.Fatal(err)
	}
	if !logger.(*slog.Logger).Enabled(t.Context(), slog.LevelDebug) {
		t.Error("the logger of a long topic does not follow its level")
	}
}

func TestDisabledCallAllocatesNothing(t *testing.T) {
	site := newSite(t, logging.Config{Levels: map[string]string{"db.*": "warn"}})
	logger := site.GetLogger("db.pool")
	direct := logger.(*slog.Logger)
	plain := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelWarn}))
	throughInterface := func(logger interfaces.ILogger) float64 {
		return testing.AllocsPerRun(1000, func() { logger.Info("disabled", "key", "value") })
	}
	if allocs := testing.AllocsPerRun(1000, func() { direct.Info("disabled", "key", "value") }); allocs != 0 {
		t.Errorf("a disabled call allocates %v times", allocs)
	}
	if allocs := testing.AllocsPerRun(1000, func() { logger.Info("disabled") }); allocs != 0 {
		t.Errorf("a disabled call through the interface allocates %v times", allocs)
	}
	if got, slogs := throughInterface(logger), throughInterface(plain); got > slogs {
		t.Errorf("a disabled call with attributes through the interface allocates %v times, slog's own %v", got, slogs)
	}
}

func TestRecordsOfManyGoroutinesAreWhole(t *testing.T) {
	site, records := newFileSite(t, logging.Config{})
	const writers, each = 8, 100
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for range each {
				site.GetLogger(fmt.Sprintf("topic%d", w%3)).Info("m", "writer", w)
			}
		})
	}
	all.Wait()
	if got := records(); len(got) != writers*each {
		t.Errorf("%d records, want %d", len(got), writers*each)
	}
}

func TestSecretsStayRedacted(t *testing.T) {
	type account struct {
		User     string
		Password component.Secret
	}
	secret := component.NewSecret("hunter2")
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "app.log")
			site := newSite(t, logging.Config{Format: format, Output: path})
			logger := site.GetLogger("login")
			logger.Info("as it is", "password", secret)
			logger.Info("in a struct", "account", account{"ann", secret}, "pointer", &account{"ann", secret})
			logger.Info("in a list", "all", []component.Secret{secret}, "map", map[string]any{"k": secret})
			logger.Info("in an error", "error", fmt.Errorf("login with %v: %w", secret, os.ErrPermission))
			logger.(*slog.Logger).With("password", secret).WithGroup("g").Info("bound", slog.Group("h", "password", secret))
			text, err := os.ReadFile(path)
			if err != nil || strings.Contains(string(text), "hunter2") || strings.Count(string(text), "[redacted]") < 8 {
				t.Errorf("wrote (%v):\n%s", err, text)
			}
		})
	}
}

func TestRegister(t *testing.T) {
	reg := component.NewRegistry()
	if err := logging.Register(reg); err != nil {
		t.Fatal(err)
	}
	if err := component.RegisterInterface[interfaces.ILoggerSite](reg, "interfaces.ILoggerSite"); err != nil {
		t.Fatal(err)
	}
	loggers, _ := reg.Interface("interfaces.ILoggerSite")
	for _, name := range []string{
		"logging.Site",
		"fivcglue.implements.loggers_builtin.LoggerSiteImpl",
		"fivcglue.implements.loggers_default.LoggerSiteImpl",
	} {
		class, ok := reg.Class(name)
		if !ok || !class.Serves(loggers) {
			t.Errorf("class %s: known %t", name, ok)
			continue
		}
		site := component.NewSite()
		path := filepath.Join(t.TempDir(), "app.log")
		err := site.Build(t.Context(), []component.Item{{
			Class:   class,
			Entries: []component.ItemEntry{{Interface: loggers}},
			Decode:  func(config any) error { config.(*logging.Config).Output = path; return nil },
		}})
		if err != nil {
			t.Fatal(err)
		}
		built, err := component.Get[interfaces.ILoggerSite](site, "")
		if err != nil {
			t.Fatal(err)
		}
		built.GetLogger("x").Info("hello")
		if err := site.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "msg=hello") {
			t.Errorf("class %s wrote %q (%v)", name, text, err)
		}
	}
}
