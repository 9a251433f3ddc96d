package redis_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// ofScripts tells the requests that run a script. args picks among them.
func ofScripts(args string) func(request []byte) bool {
	return func(request []byte) bool {
		lower := bytes.ToLower(request)
		return bytes.Contains(lower, []byte("eval")) && bytes.Contains(request, []byte(args))
	}
}

var (
	// ofAcquire tells requests of mutex_acquire.lua, which alone say for how
	// long a fence is kept.
	ofAcquire = ofScripts("\r\n3600000\r\n")

	// ofRelease tells requests of Release, which have the fewest words, from
	// those that tidy up.
	ofRelease = func(request []byte) bool {
		return ofScripts("mutex:m")(request) && bytes.HasPrefix(request, []byte("*8\r\n"))
	}
)

// unpatient has nothing tried again by itself.
func unpatient(c *redis.MutexSiteConfig) { c.MaxRetries = 0 }

// The server acts, and the client never hears of it.
func TestMutexReplyLost(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	proxy := redistest.NewProxy(t, server.Addr())
	mutex := getMutex(t, newMutexSite(t, proxy.Addr(), ownTime), "m")
	other := getMutex(t, newMutexSite(t, server.Addr()), "m")
	release(t, tryAcquire(t, mutex, time.Minute)) // so that the server knows the scripts

	t.Run("of acquire", func(t *testing.T) {
		proxy.LoseReply(ofScripts("mutex:m"))
		before := proxy.Lost()
		lease := tryAcquire(t, mutex, time.Minute)
		if proxy.Lost() == before {
			t.Fatal("no reply was lost")
		}
		if _, err := other.TryAcquire(t.Context(), time.Minute); !errors.Is(err, interfaces.ErrHeld) {
			t.Errorf("TryAcquire of another: %v, want ErrHeld", err)
		}
		release(t, lease)
		release(t, tryAcquire(t, other, time.Minute))
	})

	t.Run("of extend", func(t *testing.T) {
		lease := tryAcquire(t, mutex, time.Minute)
		proxy.LoseReply(ofScripts("mutex:m"))
		if err := lease.Extend(t.Context(), time.Hour); err != nil {
			t.Errorf("Extend: %v", err)
		}
		release(t, lease)
	})

	t.Run("of release", func(t *testing.T) {
		lease := tryAcquire(t, mutex, time.Minute)
		proxy.LoseReply(ofScripts("mutex:m"))
		release(t, lease)
		release(t, lease)
		release(t, tryAcquire(t, other, time.Minute))
	})
	wantNothingLeft(t, server)
}

func TestMutexReplyLostWithoutRetries(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	proxy := redistest.NewProxy(t, server.Addr())
	mutex := getMutex(t, newMutexSite(t, proxy.Addr(), ownTime, unpatient), "m")
	release(t, tryAcquire(t, mutex, time.Minute))

	for range 10 {
		proxy.LoseReply(ofAcquire)
		if _, err := mutex.TryAcquire(t.Context(), time.Hour); !errors.Is(err, interfaces.ErrUnavailable) {
			t.Fatalf("TryAcquire: %v, want ErrUnavailable", err)
		}
		wantNothingLeft(t, server) // nobody has it, and it would last an hour
		lease := tryAcquire(t, mutex, time.Hour)
		proxy.LoseReply(ofRelease)
		if err := lease.Release(t.Context()); !errors.Is(err, interfaces.ErrUnavailable) {
			t.Errorf("Release: %v, want ErrUnavailable", err)
		}
		release(t, lease) // a second attempt finds it done
	}
	wantNothingLeft(t, server)
}

// Acquire is cancelled at every point, of a mutex that is free and of one for
// which it has to wait, in small steps over all of its time.
func TestMutexCancelSwept(t *testing.T) {
	const (
		step = 150 * time.Microsecond
		last = 15 * time.Millisecond
	)

	server := redistest.New(t, redistest.Options{})
	proxy := redistest.NewProxy(t, server.Addr())
	mutex := getMutex(t, newMutexSite(t, proxy.Addr()), "m")
	holder := getMutex(t, newMutexSite(t, server.Addr()), "m")
	release(t, tryAcquire(t, mutex, time.Minute))
	proxy.Delay(2 * time.Millisecond)
	outcomes := map[string]int{}

	for after := time.Duration(0); after <= last; after += step {
		held := int(after/step)%2 == 0
		var lease interfaces.ILease
		if held {
			lease = tryAcquire(t, holder, time.Hour)
			// In the midst of it the mutex becomes free.
			time.AfterFunc(last/2, func() { release(t, lease) })
		}
		ctx, cancel := context.WithTimeout(t.Context(), after)
		begin := time.Now()
		got, err := mutex.Acquire(ctx, time.Hour)

		switch {
		case err == nil:
			outcomes["got it"]++
			release(t, got)
		case errors.Is(err, context.DeadlineExceeded):
			outcomes["cancelled"]++
		default:
			t.Errorf("cancelled after %v: %v", after, err)
		}
		if took := time.Since(begin); took > after+time.Second {
			t.Errorf("cancelled after %v it took %v", after, took)
		}
		cancel()
		if held {
			<-lease.Context().Done()
		}

		next, err := holder.Acquire(t.Context(), time.Hour)
		if err != nil {
			t.Fatalf("cancelled after %v: the next one: %v", after, err)
		}
		release(t, next)
		wantNothingLeft(t, server)
	}
	if outcomes["got it"] < 5 || outcomes["cancelled"] < 5 {
		t.Errorf("the sweep saw %v, want some of both", outcomes)
	}
}

// The server stands still with requests in its buffers, whose callers are gone
// by the time it reads them.
func TestMutexServerFrozenWhileAcquiring(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	site := newMutexSite(t, server.Addr())
	for i := range 10 { // so that there are several connections
		release(t, tryAcquire(t, getMutex(t, site, fmt.Sprint(i)), time.Minute))
	}
	server.Freeze()

	var work sync.WaitGroup
	for i := range 10 {
		work.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			begin := time.Now()
			_, err := getMutex(t, site, fmt.Sprint(i)).Acquire(ctx, time.Hour)
			if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, interfaces.ErrUnavailable) {
				t.Errorf("Acquire from a server that stands still: %v, want DeadlineExceeded and ErrUnavailable", err)
			}
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	work.Wait()
	server.Thaw()
	wantNothingLeft(t, server)
}

func TestMutexServerFrozenWhileHeld(t *testing.T) {
	t.Parallel()
	const expire = 400 * time.Millisecond
	server := redistest.New(t, redistest.Options{})
	site := newMutexSite(t, server.Addr())
	mutex := getMutex(t, site, "m")
	lease := tryAcquire(t, mutex, expire)
	server.Freeze()
	begin := time.Now()

	select {
	case <-lease.Context().Done():
		if took := time.Since(begin); took > expire+expire/2 {
			t.Errorf("the context of a lease of %v ended %v after the server had stopped", expire, took)
		}
	case <-time.After(patience):
		t.Error("the context of the lease goes on, and the server has stopped")
	}
	server.Thaw()

	next, err := mutex.Acquire(t.Context(), time.Minute)
	if err != nil {
		t.Fatalf("Acquire from a server that is back: %v", err)
	}
	if next.Fence() <= lease.Fence() {
		t.Errorf("fence %d after %d", next.Fence(), lease.Fence())
	}
	if err := lease.Release(t.Context()); !errors.Is(err, interfaces.ErrLost) {
		t.Errorf("Release of the lease that was lost: %v, want ErrLost", err)
	}
	if err := next.Context().Err(); err != nil {
		t.Errorf("releasing the lease that was lost ended the next one: %v", err)
	}
	release(t, next)
	wantNothingLeft(t, server)
}

// The holder cannot reach the server; others can. Its context has to be over
// before one of them has the mutex.
func TestMutexPartitionDuringRenewal(t *testing.T) {
	t.Parallel()
	const expire = 400 * time.Millisecond
	server := redistest.New(t, redistest.Options{})
	proxy := redistest.NewProxy(t, server.Addr())
	cut := newMutexSite(t, proxy.Addr())
	site := newMutexSite(t, server.Addr())

	for name, partition := range map[string]func(){
		"silent":  proxy.Freeze,
		"refused": func() { proxy.Refuse(); proxy.Cut() },
		// Renewals arrive and their replies do not.
		"one way": func() { proxy.LoseReplies(ofScripts("mutex:")) },
	} {
		t.Run(name, func(t *testing.T) {
			lease := tryAcquire(t, getMutex(t, cut, name), expire)
			var ended time.Time
			done := make(chan struct{})
			go func() {
				defer close(done)
				<-lease.Context().Done()
				ended = time.Now()
			}()
			time.Sleep(expire / 2) // it has been renewed once
			if err := lease.Context().Err(); err != nil {
				t.Fatalf("the lease ended before the partition: %v", context.Cause(lease.Context()))
			}
			partition()
			next, err := getMutex(t, site, name).Acquire(t.Context(), time.Minute)
			got := time.Now()
			if err != nil {
				t.Fatal(err)
			}
			if lease.Context().Err() == nil {
				t.Error("another holds the mutex, and the context of the holder that is cut off goes on")
			}
			<-done
			if ended.After(got) {
				t.Errorf("the context ended %v after another got the mutex", ended.Sub(got))
			}
			proxy.Thaw()
			proxy.Accept()
			proxy.LoseReplies(nil)
			if err := lease.Release(t.Context()); !errors.Is(err, interfaces.ErrLost) {
				t.Errorf("Release: %v, want ErrLost", err)
			}
			if err := next.Extend(t.Context(), time.Minute); err != nil {
				t.Errorf("after the partition the next holder's lease: %v", err)
			}
			release(t, next)
			eventually(t, "the client that was cut off is back", func() bool { return cut.CheckHealth(t.Context()) == nil })
		})
	}
	wantNothingLeft(t, server)
}

func TestMutexServerRestarted(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{AppendOnly: true})
	site := newMutexSite(t, server.Addr())
	mutex := getMutex(t, site, "m")
	lease := tryAcquire(t, mutex, 2*time.Second)
	got := waiting(t, server, "m", 1, func() (interfaces.ILease, error) {
		return mutex.Acquire(t.Context(), time.Minute)
	})
	server.Kill()
	server.Start()

	// It has its data, and the holder renews the lease as if nothing had been.
	time.Sleep(2500 * time.Millisecond)
	select {
	case a := <-got:
		t.Fatalf("somebody got the mutex of a holder that lives: %v", a.err)
	default:
	}
	if err := lease.Context().Err(); err != nil {
		t.Fatalf("the lease ended: %v", context.Cause(lease.Context()))
	}
	release(t, lease)

	a := <-got
	if a.err != nil {
		t.Fatalf("Acquire that waited all along: %v", a.err)
	}
	if a.lease.Fence() <= lease.Fence() {
		t.Errorf("fence %d after %d", a.lease.Fence(), lease.Fence())
	}
	release(t, a.lease)
	wantNothingLeft(t, server)
}

// All is forgotten, the queue too. The holder finds out when it renews; those
// who wait go on.
func TestMutexServerFlushed(t *testing.T) {
	t.Parallel()
	const expire = 600 * time.Millisecond
	server := redistest.New(t, redistest.Options{})
	site := newMutexSite(t, server.Addr())
	mutex := getMutex(t, site, "m")
	lease := tryAcquire(t, mutex, expire)
	got := waiting(t, server, "m", 1, func() (interfaces.ILease, error) {
		return mutex.Acquire(t.Context(), time.Minute)
	})
	server.Flush()

	select {
	case <-lease.Context().Done():
	case <-time.After(patience):
		t.Error("the context of a lease that was flushed goes on")
	}
	if cause := context.Cause(lease.Context()); !errors.Is(cause, interfaces.ErrLost) {
		t.Errorf("the cause of the context is %v, want ErrLost", cause)
	}

	a := <-got
	if a.err != nil {
		t.Fatal(a.err)
	}
	if a.lease.Fence() <= lease.Fence() {
		t.Errorf("fence %d after %d", a.lease.Fence(), lease.Fence())
	}
	if err := lease.Release(t.Context()); !errors.Is(err, interfaces.ErrLost) {
		t.Errorf("Release: %v, want ErrLost", err)
	}
	release(t, a.lease)
	wantNothingLeft(t, server)
}
