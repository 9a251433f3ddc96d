package redis_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func TestMutexCloseLeavesNoWaiters(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	holder := newMutexSite(t, server.Addr())
	site := newMutexSite(t, server.Addr())
	lease := tryAcquire(t, getMutex(t, holder, "m"), time.Minute)

	var got []<-chan acquired
	for i := range 5 {
		got = append(got, waiting(t, server, "m", i+1, func() (interfaces.ILease, error) {
			return getMutex(t, site, "m").Acquire(t.Context(), time.Minute)
		}))
	}
	if err := site.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if left := server.Do("ZCARD", "{mutex:m}:queue"); left != "0" {
		t.Errorf("%s of those who waited still stand in the queue after Close", left)
	}

	for _, g := range got {
		if a := <-g; !errors.Is(a.err, interfaces.ErrClosed) {
			t.Errorf("Acquire: %v, want ErrClosed", a.err)
		}
	}
	release(t, lease)
	wantNothingLeft(t, server)
}

// A component is closed with leases held: nobody else gets the mutex before
// their time is over, for their holders may be at work.
func TestMutexCloseKeepsWhatIsHeld(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	site := newMutexSite(t, server.Addr())
	lease := tryAcquire(t, getMutex(t, site, "m"), time.Minute)
	if err := site.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if cause := context.Cause(lease.Context()); !errors.Is(cause, interfaces.ErrClosed) {
		t.Errorf("the cause of the lease's context is %v, want ErrClosed", cause)
	}
	if got := server.Do("EXISTS", "mutex:m"); got != "1" {
		t.Error("Close freed a mutex that is held")
	}
}

// A server that hangs holds up Close no longer than its context allows, whatever
// is under way, and whether others use the connection or not.
func TestMutexCloseEndsWithItsContext(t *testing.T) {
	for name, shared := range map[string]bool{"alone": false, "shared": true} {
		t.Run("asking, "+name, func(t *testing.T) {
			site, proxy := newSlowMutexSite(t, redistest.New(t, redistest.Options{}), shared)
			lease := tryAcquire(t, getMutex(t, site, "held"), time.Hour)
			proxy.Freeze()
			const callers = 4
			ended := make(chan error, callers+1)
			for i := range callers {
				go func() {
					ctx := context.Background()
					if i%2 == 0 {
						ctx = t.Context() // which could end
					}
					_, err := getMutex(t, site, strconv.Itoa(i)).TryAcquire(ctx, time.Hour)
					ended <- err
				}()
			}
			go func() { ended <- lease.Release(context.Background()) }()
			eventually(t, "two round trips, and who waits for another", func() bool {
				return redis.Asking(site) == 2 || len(ended) > 0 // one of them has a limit of its own
			})

			closeWithoutTime(t, site)
			for range callers + 1 {
				select {
				case err := <-ended:
					if !errors.Is(err, interfaces.ErrClosed) && !errors.Is(err, interfaces.ErrUnavailable) {
						t.Errorf("a call while the site was closed: %v, want ErrClosed", err)
					}
				case <-time.After(patience):
					t.Fatal("a call goes on after Close")
				}
			}
		})

		t.Run("subscribing, "+name, func(t *testing.T) {
			server := redistest.New(t, redistest.Options{})
			site, proxy := newSlowMutexSite(t, server, shared)
			tryAcquire(t, getMutex(t, site, "m"), time.Hour)
			ended := waiting(t, server, "m", 1, func() (interfaces.ILease, error) {
				return getMutex(t, site, "m").Acquire(t.Context(), time.Hour)
			})
			eventually(t, "the subscription", func() bool { return server.Do("PUBSUB", "CHANNELS", "mutex:*") != "" })
			proxy.Freeze()
			before := proxy.Accepted()
			proxy.Cut()
			eventually(t, "another connection for it", func() bool { return proxy.Accepted() > before })

			closeWithoutTime(t, site)
			if a := <-ended; !errors.Is(a.err, interfaces.ErrClosed) {
				t.Errorf("Acquire: %v, want ErrClosed", a.err)
			}
		})
	}
}

// newSlowMutexSite returns a site that waits for its server for very long.
func newSlowMutexSite(t *testing.T, server *redistest.Server, shared bool) (*redis.MutexSite, *redistest.Proxy) {
	t.Helper()
	proxy := redistest.NewProxy(t, server.Addr())
	t.Cleanup(proxy.Thaw)
	caches := config(t, proxy.Addr(), func(c *redis.CacheConfig) {
		c.ReadTimeout, c.WriteTimeout, c.DialTimeout = time.Hour, time.Hour, time.Hour
	})
	parts := component.NewSite()
	if shared {
		wantWorking(t, newSiteCache(t, parts, caches))
	}
	mutexes := redis.DefaultMutexSiteConfig()
	mutexes.Config = caches.Config
	site, err := redis.NewMutexSite(t.Context(), parts, mutexes)
	if err != nil {
		t.Fatal(err)
	}
	return site, proxy
}

func closeWithoutTime(t *testing.T, site *redis.MutexSite) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	closed := make(chan error, 1)
	go func() { closed <- site.Close(ctx) }()
	select {
	case err := <-closed:
		if err != nil {
			t.Errorf("Close: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("Close waits for a server that hangs")
	}
}
