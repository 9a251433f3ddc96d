package redis_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// What a real server answers, and what it means by the contract.
func TestServersAnswers(t *testing.T) {
	set := func(t *testing.T, cache *redis.Cache) error {
		return cache.SetValue(t.Context(), "key", []byte(strings.Repeat("v", 100)), time.Hour)
	}
	get := func(t *testing.T, cache *redis.Cache) error {
		_, err := cache.GetValue(t.Context(), "key")
		return err
	}

	for _, test := range []struct {
		name    string
		prepare func(t *testing.T, server *redistest.Server)
		config  func(*redis.CacheConfig)
		call    func(t *testing.T, cache *redis.Cache) error
		want    error
		word    string // of the server's answer
		healthy bool
	}{
		{
			name: "out of memory", call: set, want: interfaces.ErrUnavailable, word: "OOM", healthy: true,
			prepare: func(_ *testing.T, server *redistest.Server) { server.Do("CONFIG", "SET", "maxmemory", "1") },
		},
		{
			name: "read-only replica", call: set, want: interfaces.ErrUnavailable, word: "READONLY", healthy: true,
			prepare: func(_ *testing.T, server *redistest.Server) { server.Do("REPLICAOF", "127.0.0.1", "1") },
		},
		{
			name: "replica without a master", call: get, want: interfaces.ErrUnavailable, word: "MASTERDOWN",
			prepare: func(_ *testing.T, server *redistest.Server) {
				server.Do("CONFIG", "SET", "replica-serve-stale-data", "no")
				server.Do("REPLICAOF", "127.0.0.1", "1")
			},
		},
		{
			name: "no right to a command", call: set, want: interfaces.ErrInvalid, word: "NOPERM", healthy: true,
			prepare: func(_ *testing.T, server *redistest.Server) {
				server.Do("ACL", "SETUSER", "reader", "on", ">pw", "~*", "+get")
			},
			config: func(c *redis.CacheConfig) { c.Username, c.Password = "reader", component.NewSecret("pw") },
		},
		{
			name: "user that is not there", call: get, want: interfaces.ErrInvalid, word: "WRONGPASS",
			config: func(c *redis.CacheConfig) { c.Username, c.Password = "nobody", component.NewSecret("pw") },
		},
		{
			name: "database that is not there", call: get, want: interfaces.ErrInvalid, word: "DB index",
			config: func(c *redis.CacheConfig) { c.DB = 99 },
		},
		{
			name: "key of another type", call: get, want: interfaces.ErrInvalid, word: "WRONGTYPE", healthy: true,
			prepare: func(_ *testing.T, server *redistest.Server) { server.Do("RPUSH", "key", "element") },
		},
		{
			name: "too many clients", call: get, want: interfaces.ErrUnavailable, word: "", // it hangs up, and what it said may be lost
			prepare: func(t *testing.T, server *redistest.Server) {
				conn, err := net.Dial("tcp", server.Addr())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { conn.Close() })
				server.Do("CONFIG", "SET", "maxclients", "1")
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := redistest.New(t, redistest.Options{})
			if test.prepare != nil {
				test.prepare(t, server)
			}

			change := test.config
			if change == nil {
				change = func(*redis.CacheConfig) {}
			}
			cache := newCache(t, server.Addr(), change)

			err := test.call(t, cache)
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.word) {
				t.Errorf("error = %v, want %v with %q", err, test.want, test.word)
			}

			for _, other := range []error{interfaces.ErrMiss, interfaces.ErrUnavailable, interfaces.ErrInvalid} {
				if !errors.Is(other, test.want) && errors.Is(err, other) {
					t.Errorf("error = %v is %v as well", err, other)
				}
			}

			if test.healthy {
				if err := cache.CheckHealth(t.Context()); err != nil {
					t.Errorf("CheckHealth: %v", err)
				}
			}
		})
	}
}

// A component is not healthy whose user may not make the calls that it makes,
// whatever keys those are about.
func TestHealthOfUsersWithFewRights(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	for name, test := range map[string]struct {
		rules   []string
		healthy string // of cache, mutex, queue
	}{
		"reader":           {[]string{"~*", "+ping", "+get"}, "cache"},
		"empty scripts":    {[]string{"~*", "+ping", "+get", "+evalsha", "+eval"}, "cache"},
		"reading scripts":  {[]string{"~*", "+ping", "+evalsha", "+eval", "+mget", "+xpending", "+xlen", "+zcard"}, "mutex queue"},
		"keys of its own":  {[]string{"~app:*", "+@all"}, "cache mutex queue"},
		"no ping, or keys": {[]string{"+@all", "-ping"}, "cache mutex queue"},
	} {
		t.Run(name, func(t *testing.T) {
			server.Do(append([]string{"ACL", "SETUSER", "user", "reset", "on", ">pw"}, test.rules...)...)
			as := func(c *redis.Config) { c.Username, c.Password = "user", component.NewSecret("pw") }
			queue := queueConfig(t, server.Addr())
			as(&queue.Config)
			for what, component := range map[string]component.HealthChecker{
				"cache": newCache(t, server.Addr(), func(c *redis.CacheConfig) { as(&c.Config) }),
				"mutex": newMutexSite(t, server.Addr(), func(c *redis.MutexSiteConfig) { as(&c.Config) }),
				"queue": openQueue(t, queue),
			} {
				err := component.CheckHealth(t.Context())
				switch healthy := strings.Contains(test.healthy, what); {
				case healthy && err != nil:
					t.Errorf("%s: %v", what, err)
				case !healthy && !errors.Is(err, interfaces.ErrInvalid):
					t.Errorf("%s: %v, want ErrInvalid", what, err)
				}
			}
		})
	}
}

func TestServerThatIsLoading(t *testing.T) {
	server := redistest.New(t, redistest.Options{Config: []string{"key-load-delay 5000", "loading-process-events-interval-bytes 1024"}})
	cache := newCache(t, server.Addr())
	wantWorking(t, cache)
	values := map[string][]byte{}
	for i := range 100 {
		values[strings.Repeat("k", i+1)] = make([]byte, 1000)
	}
	if err := cache.SetValues(t.Context(), values, time.Hour); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	started := make(chan struct{})

	go func() {
		defer close(started)
		server.Start() // comes back when it has loaded
	}()

	for loading := false; !loading; {
		_, err := cache.GetValue(t.Context(), "k")
		loading = err != nil && strings.Contains(err.Error(), "LOADING")
		if loading && !errors.Is(err, interfaces.ErrUnavailable) {
			t.Errorf("GetValue of a server that is loading: %v", err)
		}

		select {
		case <-started:
			if !loading {
				t.Skip("it had loaded before it could be asked")
			}
		default:
		}
	}
	<-started
	eventually(t, "the end of the outage", func() bool { return cache.CheckHealth(t.Context()) == nil })
	wantWorking(t, cache)
}
