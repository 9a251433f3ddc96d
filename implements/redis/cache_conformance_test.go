package redis_test

import (
	"testing"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func TestCacheConformsOnMiniredis(t *testing.T) {
	const dies = "miniredis makes regular expressions of patterns, and dies of some"
	interfacestest.TestCache(t, func(t *testing.T) interfacestest.CacheHarness {
		mini := redistest.Mini(t)
		proxy := redistest.NewProxy(t, mini.Addr())
		return interfacestest.CacheHarness{
			Cache:   newCache(t, proxy.Addr()),
			Advance: mini.FastForward,
			Break: func() func() {
				proxy.Refuse()
				proxy.Cut()
				return proxy.Accept
			},
			Hang: func() func() {
				proxy.Freeze()
				return proxy.Thaw
			},
			StoreForeign: func(key string) error {
				_, err := mini.Push(key, "element")
				return err
			},
			StoreForever: func(key string, value []byte) error { return mini.Set(key, string(value)) },
			Skip: map[string]string{
				"scan/globs":           dies,
				"scan/malformed globs": dies,
				"scan/bytes":           dies,
			},
		}
	})
}

// The server is stopped, started again, and frozen by a signal.
func TestCacheConformsOnRedisServer(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	interfacestest.TestCache(t, func(t *testing.T) interfacestest.CacheHarness {
		server.Flush()
		return interfacestest.CacheHarness{
			Cache: newCache(t, server.Addr()),
			Break: func() func() {
				server.Stop()
				return server.Start
			},
			Hang: func() func() {
				server.Freeze()
				return server.Thaw
			},
			StoreForeign: func(key string) error {
				server.Do("RPUSH", key, "element")
				return nil
			},
			StoreForever: func(key string, value []byte) error {
				server.Do("SET", key, string(value))
				return nil
			},
		}
	})
}

// newCache returns a cache on the server at addr that ends with the test.
func newCache(t testing.TB, addr string, change ...func(*redis.CacheConfig)) *redis.Cache {
	t.Helper()
	return newSiteCache(t, nil, config(t, addr, change...))
}
