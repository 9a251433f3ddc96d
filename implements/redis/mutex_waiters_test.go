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

	for name, die := range map[string]func(*redistest.Proxy){
		"connection ended": func(p *redistest.Proxy) { p.Refuse(); p.Cut() },
		"silent":           (*redistest.Proxy).Freeze,
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
			die(proxy)
			eventually(t, "the server has noticed", func() bool {
				return name == "silent" || strings.Count(server.Do("PUBSUB", "CHANNELS"), "mutex:wake:") == 1
			})
			release(t, lease)
			if name == "connection ended" {
				// The one subscription that is left is that of the living.
				living := strings.TrimPrefix(server.Do("PUBSUB", "CHANNELS"), "mutex:wake:")
				if got := server.Do("GET", "mutex:m"); !strings.HasPrefix(got, living+":") {
					t.Errorf("after the release the mutex is kept for %q, want the one of %s, who lives", got, living)
				}
			}

			select {
			case a := <-next:
				if a.err != nil {
					t.Fatal(a.err)
				}
				release(t, a.lease)
			case <-time.After(patience): // the next poll of the dead one would be as soon
				t.Fatal("one that waits behind a dead one did not get the mutex")
			}
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

// Those who ask often keep no less of the queue than those who seldom do need.
func TestMutexWaitersOfDifferentPolls(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	poll := func(interval time.Duration) interfaces.IMutex {
		return getMutex(t, newMutexSite(t, server.Addr(), func(c *redis.MutexSiteConfig) { c.PollInterval = interval }), "m")
	}
	seldom, often := poll(time.Minute), poll(10*time.Millisecond)
	lease := tryAcquire(t, seldom, time.Hour)
	first := waiting(t, server, "m", 1, func() (interfaces.ILease, error) { return seldom.Acquire(t.Context(), time.Hour) })
	second := waiting(t, server, "m", 2, func() (interfaces.ILease, error) { return often.Acquire(t.Context(), time.Hour) })
	for _, key := range []string{"{mutex:m}:queue", "{mutex:m}:alive"} {
		if left := timeOf(server, key); left < 2*time.Minute {
			t.Errorf("%s is kept for %v, and one of those in it asks every minute", key, left)
		}
	}
	release(t, lease)
	for _, got := range []<-chan acquired{first, second} {
		if a := <-got; a.err != nil {
			t.Fatal(a.err)
		} else {
			release(t, a.lease)
		}
	}
}

// The mark that has a release look at the queue stands with the last fence,
// which may be as old as the lease.
func TestMutexMarkOfWaitersLasts(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	mutex := getMutex(t, newMutexSite(t, server.Addr(), func(c *redis.MutexSiteConfig) {
		c.PollInterval = 20 * time.Millisecond
	}), "m")
	lease := tryAcquire(t, mutex, 24*time.Hour)
	server.Do("PEXPIRE", "{mutex:m}:fence", "60000") // most of an hour has passed
	got := waiting(t, server, "m", 1, func() (interfaces.ILease, error) { return mutex.Acquire(t.Context(), time.Hour) })
	if left := timeOf(server, "{mutex:m}:fence"); left < 30*time.Minute {
		t.Errorf("the fence and its mark are kept for %v", left)
	}
	server.Do("PEXPIRE", "{mutex:m}:fence", "60000") // and once more, while they wait
	eventually(t, "the fence and its mark are kept for longer", func() bool {
		return timeOf(server, "{mutex:m}:fence") > 30*time.Minute
	})
	release(t, lease)
	if a := <-got; a.err != nil {
		t.Fatal(a.err)
	} else {
		release(t, a.lease)
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
