package redis_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// One that waits dies, or falls silent; those behind it get the mutex soon.
func TestMutexDeadWaiterIsPassedOver(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{})
	site := newMutexSite(t, server.Addr())
	mutex := getMutex(t, site, "m")

	for name, end := range map[string]struct {
		die  func(*redistest.Proxy)
		most time.Duration // from the release to the next one, with room for a busy machine
	}{
		"connection ended": {func(p *redistest.Proxy) { p.Refuse(); p.Cut() }, 400 * time.Millisecond},
		"silent":           {func(p *redistest.Proxy) { p.Freeze() }, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			proxy := redistest.NewProxy(t, server.Addr())
			dying := newMutexSite(t, proxy.Addr())
			lease := tryAcquire(t, mutex, time.Minute)
			ctx, cancel := context.WithCancel(t.Context())

			dead := waiting(t, server, "m", 1, func() (interfaces.ILease, error) {
				return getMutex(t, dying, "m").Acquire(ctx, time.Minute)
			})
			next := waiting(t, server, "m", 2, func() (interfaces.ILease, error) {
				return mutex.Acquire(t.Context(), time.Minute)
			})
			eventually(t, "both have subscribed", func() bool {
				return strings.Count(server.Do("PUBSUB", "CHANNELS"), "mutex:wake:") == 2
			})
			end.die(proxy)
			eventually(t, "the server has noticed", func() bool {
				return name == "silent" || strings.Count(server.Do("PUBSUB", "CHANNELS"), "mutex:wake:") == 1
			})
			begin := time.Now()
			release(t, lease)

			a := <-next
			if a.err != nil {
				t.Fatal(a.err)
			}
			if took := a.at.Sub(begin); took > end.most {
				t.Errorf("one that waits behind a dead one got the mutex after %v, want %v", took, end.most)
			}
			release(t, a.lease)
			cancel()
			if d := <-dead; !errors.Is(d.err, context.Canceled) {
				t.Errorf("Acquire of the dead one: %v", d.err)
			}
			proxy.Thaw()
			proxy.Accept()
			wantNothingLeft(t, server)
		})
	}
}

// Messages are lost: the subscription is cut before a release. Whoever waits
// asks when there is one again, and not only at its next turn.
func TestMutexSubscriptionCut(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	mutex := getMutex(t, newMutexSite(t, server.Addr(), func(c *redis.MutexSiteConfig) {
		c.PollInterval = time.Minute
	}), "m")

	for range 3 {
		lease := tryAcquire(t, mutex, time.Minute)
		got := waiting(t, server, "m", 1, func() (interfaces.ILease, error) {
			return mutex.Acquire(t.Context(), time.Minute)
		})

		eventually(t, "the site has subscribed", func() bool {
			return strings.Contains(server.Do("PUBSUB", "CHANNELS"), "mutex:wake:")
		})
		server.Do("CLIENT", "KILL", "TYPE", "PUBSUB")
		release(t, lease)

		select {
		case a := <-got:
			if a.err != nil {
				t.Fatal(a.err)
			}
			release(t, a.lease)
		case <-time.After(patience):
			t.Fatal("one that waited was not woken")
		}
	}
}
