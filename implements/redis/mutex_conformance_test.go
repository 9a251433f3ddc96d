package redis_test

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// newMutexSite returns a site for the server at addr that ends with the test.
func newMutexSite(t testing.TB, addr string, change ...func(*redis.MutexSiteConfig)) *redis.MutexSite {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	config := redis.DefaultMutexSiteConfig()
	config.Host = host
	if config.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(&config)
	}

	site, err := redis.NewMutexSite(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() {
		if err := site.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return site
}

// ownTime has leases end with their time.
func ownTime(c *redis.MutexSiteConfig) { c.AutoExtend = false }

func getMutex(t testing.TB, site interfaces.IMutexSite, name string) interfaces.IMutex {
	t.Helper()
	mutex, err := site.GetMutex(name)
	if err != nil {
		t.Fatal(err)
	}
	return mutex
}

func TestMutexConformsOnMiniredis(t *testing.T) {
	t.Parallel()
	interfacestest.TestMutexes(t, func(t *testing.T) interfacestest.MutexHarness {
		mini := redistest.Mini(t)
		proxy := redistest.NewProxy(t, mini.Addr())
		return interfacestest.MutexHarness{
			Site:     newMutexSite(t, proxy.Addr(), ownTime),
			Renewing: newMutexSite(t, proxy.Addr()),
			Fair:     true,
			Forget:   mini.FlushAll,
			Break: func() func() {
				proxy.Refuse()
				proxy.Cut()
				return proxy.Accept
			},
			Lease: 200 * time.Millisecond,
		}
	})
}

// The server is stopped and started again.
func TestMutexConformsOnRedisServer(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{})
	interfacestest.TestMutexes(t, func(t *testing.T) interfacestest.MutexHarness {
		return interfacestest.MutexHarness{
			Site:     newMutexSite(t, server.Addr(), ownTime),
			Renewing: newMutexSite(t, server.Addr()),
			Fair:     true,
			Forget:   server.Flush,
			Break: func() func() {
				server.Stop()
				return server.Start
			},
			Lease: 200 * time.Millisecond,
		}
	})
}
