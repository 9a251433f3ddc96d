package implements_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// loadOriginal loads a file of the original's form, with the port of the
// server in the place of 6379 if it stands there.
func loadOriginal(t *testing.T, name, port string) *component.Site {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "original", name))
	if err != nil {
		t.Fatal(err)
	}
	reg := component.NewRegistry()
	if err := implements.Register(reg); err != nil {
		t.Fatal(err)
	}
	site := component.NewSite()
	source := builder.Reader(name, "", strings.NewReader(strings.ReplaceAll(string(text), "6379", port)))
	if err := builder.New(builder.WithRegistry(reg)).Load(t.Context(), site, source); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return site
}

func get[T any](t *testing.T, site *component.Site, name string) T {
	t.Helper()
	c, err := component.Get[T](site, name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func startRedis(t *testing.T) *miniredis.Miniredis {
	t.Helper()
	server := miniredis.RunT(t)
	server.ClockTTL(true)
	return server
}

// nobody is the port of a server that is not there.
const nobody = "1"

// The server is told by the item or by the session redis of the unnamed
// IConfig, wherever that stands in the file.
func TestOriginalFilesFindTheirRedis(t *testing.T) {
	const inYAML, inJSON = "redis:\n  host: %s\n  port: '%s'\n  db: 2\n  password:\n", `{"redis": {"host": %q, "port": %q, "db": 2, "password": null}}`
	for _, test := range []struct {
		file                 string
		sessionInYAML        string // the port that .env.yml has, "" for no file
		sessionInJSON        string
		itemPort             string // the port in the file
		db                   int
		withMutex, withQueue bool
	}{
		{file: "config_first.yml", sessionInYAML: "here", db: 2, withMutex: true, withQueue: true},
		{file: "config_last.yml", sessionInYAML: "here", db: 2, withMutex: true},
		{file: "config_middle.yml", sessionInYAML: "here", db: 2, withMutex: true},
		{file: "config_two_names.yml", sessionInYAML: "here", sessionInJSON: nobody, db: 2},
		{file: "config_in_json.json", sessionInJSON: "here", sessionInYAML: nobody, db: 2},
		{file: "inline.yml", itemPort: "here"},
		{file: "inline.yml", sessionInYAML: nobody, itemPort: "here"},
		{file: "inline_over_session.yml", sessionInYAML: nobody, itemPort: "here", db: 2},
	} {
		t.Run(test.file, func(t *testing.T) {
			server := startRedis(t)
			port := func(p string) string { return strings.ReplaceAll(p, "here", server.Port()) }
			dir := t.TempDir()
			for variable, settings := range map[string][2]string{
				"CONFIG_YAML": {test.sessionInYAML, inYAML}, "CONFIG_JSON": {test.sessionInJSON, inJSON},
			} {
				path := filepath.Join(dir, variable)
				if settings[0] != "" {
					if err := os.WriteFile(path, fmt.Appendf(nil, settings[1], server.Host(), port(settings[0])), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				t.Setenv(variable, path)
			}
			site := loadOriginal(t, test.file, port(test.itemPort))

			cache := get[interfaces.ICache](t, site, "Redis")
			if err := cache.SetValue(t.Context(), "greeting", []byte("hello"), time.Minute); err != nil {
				t.Fatal(err)
			}
			if got, err := server.DB(test.db).Get("greeting"); err != nil || got != "hello" {
				t.Errorf("the server has %q (%v) in database %d, want the value as it was given", got, err, test.db)
			}
			if test.withMutex {
				mutex, err := get[interfaces.IMutexSite](t, site, "").GetMutex("job")
				if err != nil {
					t.Fatal(err)
				}
				lease, err := mutex.TryAcquire(t.Context(), time.Minute)
				if err != nil {
					t.Fatal(err)
				}
				if !server.DB(test.db).Exists("mutex:job") {
					t.Errorf("the server has no key mutex:job in database %d; it has %q", test.db, server.DB(test.db).Keys())
				}
				if err := lease.Release(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if test.withQueue {
				producer, err := get[interfaces.IQueueSite](t, site, "").GetProducer("jobs")
				if err != nil {
					t.Fatal(err)
				}
				if err := producer.Produce(t.Context(), []byte("job")); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestOriginalTwoNamesAreOneComponent(t *testing.T) {
	t.Setenv("CONFIG_YAML", filepath.Join(t.TempDir(), "none.yml"))
	t.Setenv("CONFIG_JSON", filepath.Join(t.TempDir(), "none.json"))
	site := loadOriginal(t, "config_two_names.yml", nobody)
	if get[interfaces.IConfig](t, site, "Yaml") != get[interfaces.IConfig](t, site, "") {
		t.Error("the two names have components of their own")
	}
	if get[interfaces.IConfig](t, site, "Json") == get[interfaces.IConfig](t, site, "") {
		t.Error("two items share a component")
	}
}

// Every class of the original loads with no server, no settings and no key.
func TestOriginalClasses(t *testing.T) {
	t.Setenv("CONFIG_YAML", filepath.Join(t.TempDir(), "none.yml"))
	t.Setenv("CONFIG_JSON", filepath.Join(t.TempDir(), "none.json"))
	site := loadOriginal(t, "every_class.yml", nobody)
	want := map[string]string{
		"interfaces.ICache Memory": "memory.Cache", "interfaces.ICache Redis": "redis.Cache",
		"interfaces.IConfig Json": "file.JSON", "interfaces.IConfig ": "file.YAML",
		"interfaces.ILoggerSite Builtin": "logging.Site", "interfaces.ILoggerSite Default": "logging.Site",
		"interfaces.IMutexSite Redis": "redis.MutexSite",
		// It is redis.QueueSite, and says in the log what is different.
		"interfaces.IQueueSite Redis": "fivcglue.implements.queues_redis.QueueSiteImpl",
	}
	for _, entry := range site.Entries() {
		key := entry.Interface + " " + entry.Name
		if want[key] != entry.Class {
			t.Errorf("entry %s is a %s, want %s", key, entry.Class, want[key])
		}
		delete(want, key)
	}
	if len(want) > 0 {
		t.Errorf("there is no entry of %v", want)
	}
}
