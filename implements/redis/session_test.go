package redis_test

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// Which server a cache is on shows in what that server holds.
func TestWhereTheSettingsComeFrom(t *testing.T) {
	const password = "pw-of-both"
	socket := filepath.Join(t.TempDir(), "redis.sock")
	here := redistest.New(t, redistest.Options{Password: password, Config: []string{"unixsocket " + socket}})
	other := redistest.New(t, redistest.Options{Password: password})
	port := func(s *redistest.Server) string { return s.Addr()[strings.LastIndex(s.Addr(), ":")+1:] }
	url := func(s *redistest.Server) string { return "redis://:" + password + "@" + s.Addr() }

	for _, test := range []struct {
		name    string
		session session
		item    func(c *redis.CacheConfig)
		server  *redistest.Server
		db      string
	}{
		{
			name: "session alone", server: here, db: "3",
			session: session{"host": "127.0.0.1", "port": port(here), "db": "3", "password": password},
		},
		{
			name: "session with a url", server: here, db: "2",
			session: session{"url": url(here) + "/2"},
		},
		{
			name: "session with a socket", server: here, db: "0",
			session: session{"unix_socket_path": socket, "password": password},
		},
		{
			name: "item over session, key by key", server: other, db: "3",
			session: session{"host": "127.0.0.1", "port": port(here), "db": "3", "password": password},
			item:    func(c *redis.CacheConfig) { c.Port = other.Port() },
		},
		{
			name: "url of the item over host of the session", server: other, db: "1",
			session: session{"host": "nowhere.invalid", "port": "1", "db": "3", "password": "wrong"},
			item:    func(c *redis.CacheConfig) { c.URL = component.NewSecret(url(other) + "/1") },
		},
		{
			name: "host of the item over url of the session", server: other, db: "2",
			session: session{"url": url(here) + "/2"},
			item:    func(c *redis.CacheConfig) { c.Port = other.Port() },
		},
		{
			name: "socket of the item over host of the session", server: here, db: "0",
			session: session{"host": "nowhere.invalid", "password": password},
			item:    func(c *redis.CacheConfig) { c.UnixSocketPath = socket },
		},
		{
			name: "host of the item over socket of the session", server: other, db: "0",
			session: session{"unix_socket_path": "/nowhere", "password": password},
			item:    func(c *redis.CacheConfig) { c.Host, c.Port = "127.0.0.1", other.Port() },
		},
		{
			name: "redis-py's names in the session, go-redis's on the item", server: here, db: "0",
			session: session{"host": "127.0.0.1", "port": port(here), "password": password, "socket_timeout": "2.5", "max_connections": "7"},
			item:    func(c *redis.CacheConfig) { c.ReadTimeout, c.PoolSize = time.Second, 3 },
		},
		{
			name: "no session, no password on the item", server: here, db: "0",
			item: func(c *redis.CacheConfig) {
				c.Host, c.Port, c.Password = "127.0.0.1", here.Port(), component.NewSecret(password)
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			here.Flush()
			other.Flush()
			site, _ := loggingSite(t)
			if test.session != nil {
				register(t, site, test.session)
			}

			build(t, site, func(c *redis.CacheConfig) {
				if test.item != nil {
					test.item(c)
				}
			})

			cache, err := component.Get[interfaces.ICache](site, "")
			if err != nil {
				t.Fatal(err)
			}
			if err := cache.SetValue(t.Context(), "key", []byte("v"), time.Hour); err != nil {
				t.Fatal(err)
			}
			if space := test.server.Do("INFO", "keyspace"); !strings.Contains(space, "db"+test.db+":keys=1") {
				t.Errorf("the server that is meant holds:\n%s\nwant a key in database %s", space, test.db)
			}
		})
	}
}

func TestSessionWithMistakes(t *testing.T) {
	const secret = "s3cret"
	for _, test := range []struct {
		name    string
		session session
		want    []string
	}{
		{"port that is a word", session{"port": "abc"}, []string{"port: "}},
		{"port out of range", session{"port": "70000"}, []string{"port: 70000 is more than 65535"}},
		{"both ways at once", session{"url": "redis://:" + secret + "@h", "host": "other"}, []string{"host: stands beside url"}},
		{"url", session{"url": "http://:" + secret + "@h"}, []string{"url: begins with neither"}},
		{"several", session{"port": "x", "db": "-1", "password": secret, "socket_timeout": "soon"}, []string{"port: ", "db: ", "socket_timeout: "}},
		{"URL as host", session{"host": "redis://:" + secret + "@h"}, []string{"host: is not a host: a URL"}},
		{"list", session{"addrs": "a:1, b"}, []string{"addrs[1]: is not host:port"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			site, _ := loggingSite(t)
			register(t, site, test.session)
			err := tryBuild(t, site, func(*redis.CacheConfig) {})
			if err == nil {
				t.Fatal("the site was built")
			}

			for _, want := range append(test.want, `session "redis"`) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error has several lines: %q", err)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("error repeats the secret: %v", err)
			}
			if key := (component.KeyError{}); !errors.As(err, &key) {
				t.Errorf("error names no key: %v", err)
			}
		})
	}
}

func TestSessionMistakesAreLocated(t *testing.T) {
	site, _ := loggingSite(t)
	if err := component.Register[interfaces.IConfig](site, "", locatedConfig{session{"port": "x", "db": "-1"}}); err != nil {
		t.Fatal(err)
	}
	err := tryBuild(t, site, func(*redis.CacheConfig) {})
	if err == nil {
		t.Fatal("the site was built")
	}
	_, got, _ := strings.Cut(err.Error(), "IConfig: ")
	problems := strings.Split(got, "; ")
	if len(problems) != 2 || !strings.HasPrefix(problems[0], "settings.yml:port: port: ") ||
		problems[1] != "settings.yml:db: db: -1 is less than 0" {
		t.Errorf("error %q, want one line with the places of port and db", err)
	}
}

// locatedConfig is a session that knows where its keys were written.
type locatedConfig struct{ session }

func (c locatedConfig) GetSession(string) interfaces.IConfigSession { return c }

func (c locatedConfig) Locate(key string) (name, origin string) {
	return "redis", "settings.yml:" + key
}

func TestSessionKeysThatMeanNothingAreSaid(t *testing.T) {
	site, logs := loggingSite(t)
	register(t, site, session{"passwrd": "s3cret", "PORT": "1", "colour": "red"})
	build(t, site, func(*redis.CacheConfig) {})
	if all := strings.Join(logs.all(), "\n"); !strings.Contains(all, "[PORT (did you mean port?) colour passwrd (did you mean password?)]") || strings.Contains(all, "s3cret") {
		t.Errorf("logged %q", all)
	}
}

// session is an IConfig with nothing but a session redis.
type session map[string]string

func (s session) ListSessions() []string { return []string{"redis"} }

func (s session) GetSession(name string) interfaces.IConfigSession {
	if name != "redis" {
		return session{}
	}
	return maps.Clone(s)
}

func (s session) ListKeys() []string { return slices.Sorted(maps.Keys(s)) }

func (s session) GetValue(key string) (string, bool) {
	value, ok := s[key]
	return value, ok
}

func (s session) SetValue(key, value string) { s[key] = value }

func (s session) DeleteValue(key string) bool {
	_, ok := s[key]
	delete(s, key)
	return ok
}

func register(t *testing.T, site *component.Site, s session) {
	t.Helper()
	if err := component.Register[interfaces.IConfig](site, "", s); err != nil {
		t.Fatal(err)
	}
}

// build has site build a cache, as an item of a file does.
func build(t *testing.T, site *component.Site, decode func(c *redis.CacheConfig)) {
	t.Helper()
	if err := tryBuild(t, site, decode); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

func tryBuild(t *testing.T, site *component.Site, decode func(c *redis.CacheConfig)) error {
	t.Helper()
	registry := component.NewRegistry()
	if err := errors.Join(
		component.RegisterInterface[interfaces.ICache](registry, "interfaces.ICache"),
		redis.Register(registry),
	); err != nil {
		t.Fatal(err)
	}

	class, ok := registry.Class("fivcglue.implements.caches_redis.CacheImpl")
	if !ok || class.Name != "redis.Cache" {
		t.Fatalf("the original's class is %+v", class)
	}

	contract, ok := registry.Interface("interfaces.ICache")
	if !ok {
		t.Fatal("no interfaces.ICache")
	}

	return site.Build(t.Context(), []component.Item{{
		Class:   class,
		Entries: []component.ItemEntry{{Interface: contract}},
		Decode: func(config any) error {
			decode(config.(*redis.CacheConfig))
			return nil
		},
	}})
}
