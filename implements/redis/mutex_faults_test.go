package redis_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
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
	// ofAnHour tells requests that ask for a lease of an hour.
	ofAnHour = ofScripts("\r\n3600000\r\n")

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
		proxy.LoseReply(ofAnHour)
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

	// On a machine that is busy it takes longer until one gets the mutex.
	for after := time.Duration(0); after <= last || outcomes["got it"] < 5 && after < time.Second; after += step {
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
		if took := time.Since(begin); took > after+patience/2 { // the leases are of an hour
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
	site := newMutexSite(t, server.Addr(), func(c *redis.MutexSiteConfig) {
		c.DialTimeout, c.ReadTimeout, c.WriteTimeout = time.Minute, time.Minute, time.Minute
	})
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
			if took := time.Since(begin); took > patience {
				t.Errorf("it took %v, as if it had no deadline", took)
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
	time.Sleep(expire) // the last renewal was before
	if lease.Context().Err() == nil {
		t.Errorf("the context of a lease of %v goes on when the server has stood still for as long", expire)
	}
	select {
	case <-lease.Context().Done():
	case <-time.After(patience):
		t.Error("who waits for the end of the context is not told")
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
	const expire = time.Second
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
			lease := renewedOnce(t, getMutex(t, cut, name), expire)
			partition()
			next, err := getMutex(t, site, name).Acquire(t.Context(), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if lease.Context().Err() == nil { // which looks at the clock
				t.Error("another holds the mutex, and the context of the holder that is cut off goes on")
			}
			select {
			case <-lease.Context().Done():
			case <-time.After(patience):
				t.Error("who waits for the end of the context is not told")
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

// renewedOnce returns a lease that has been renewed. On a machine that stands
// still one ends before that, as it has to, and it takes another.
func renewedOnce(t *testing.T, mutex interfaces.IMutex, expire time.Duration) interfaces.ILease {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		lease, err := mutex.TryAcquire(t.Context(), expire)
		if err == nil {
			time.Sleep(expire / 2)
			if lease.Context().Err() == nil {
				return lease
			}
			err = context.Cause(lease.Context())
		}
		if time.Now().After(deadline) {
			t.Fatalf("no lease lasts until it is renewed: %v", err)
		}
		time.Sleep(expire / 20)
	}
}

func TestMutexServerRestarted(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{AppendOnly: true})
	site := newMutexSite(t, server.Addr())
	mutex := getMutex(t, site, "m")
	lease := tryAcquire(t, mutex, 6*time.Second)
	got := waiting(t, server, "m", 1, func() (interfaces.ILease, error) {
		return mutex.Acquire(t.Context(), time.Minute)
	})
	left := timeOf(server, "mutex:m")
	server.Kill()
	server.Start()

	// It has its data, and the holder renews the lease as if nothing had been.
	eventually(t, "the lease is renewed", func() bool { return timeOf(server, "mutex:m") > left })
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

// timeOf is how long a key has yet.
func timeOf(server *redistest.Server, key string) time.Duration {
	ms, _ := strconv.ParseInt(server.Do("PTTL", key), 10, 64)
	return time.Duration(ms) * time.Millisecond
}

// A request whose reply was lost comes again, at last, from wherever the network
// had kept it. It must not shorten a lease that was extended meanwhile, for the
// holder counts on that.
func TestMutexRequestArrivesAgain(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{})
	proxy := redistest.NewProxy(t, server.Addr())
	mutex := getMutex(t, newMutexSite(t, proxy.Addr(), ownTime), "m")
	release(t, tryAcquire(t, mutex, time.Minute)) // so that the server knows the scripts

	var kept []byte
	loseAndKeep := func(millis string) { // of the request that asks for so long
		proxy.LoseReply(func(request []byte) bool {
			if ofScripts("\r\n" + millis + "\r\n")(request) {
				kept = bytes.Clone(request)
				return true
			}
			return false
		})
	}
	again := func() {
		conn, err := net.Dial("tcp", server.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write(kept); err != nil {
			t.Fatal(err)
		}
		if reply, err := bufio.NewReader(conn).ReadString('\n'); err != nil || reply[0] != ':' {
			t.Fatalf("the request that came again: %q, %v", reply, err)
		}
	}

	againKeepsTheHour := func(t *testing.T) {
		t.Helper()
		again()
		if left := timeOf(server, "mutex:m"); left < 50*time.Minute {
			t.Errorf("after Extend(1h) and a request of before the server keeps the mutex for %v", left)
		}
	}

	t.Run("of acquire", func(t *testing.T) {
		loseAndKeep("60000")
		lease := tryAcquire(t, mutex, time.Minute)
		if err := lease.Extend(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		againKeepsTheHour(t)
		release(t, lease)
	})

	t.Run("of extend", func(t *testing.T) {
		lease := tryAcquire(t, mutex, time.Minute)
		loseAndKeep("120000")
		for _, expire := range []time.Duration{2 * time.Minute, time.Hour} {
			if err := lease.Extend(t.Context(), expire); err != nil {
				t.Fatal(err)
			}
		}
		againKeepsTheHour(t)
		release(t, lease)
	})

	// This one has to shorten it whenever it comes, so the holder must not count
	// on more.
	t.Run("of extend to less", func(t *testing.T) {
		lease := tryAcquire(t, mutex, time.Hour)
		loseAndKeep("4000")
		for _, expire := range []time.Duration{4 * time.Second, time.Hour} { // the first is over before the second on no machine
			if err := lease.Extend(t.Context(), expire); err != nil {
				t.Fatal(err)
			}
		}
		again()
		left := timeOf(server, "mutex:m")
		time.Sleep(min(left, patience))
		if lease.Context().Err() == nil {
			t.Errorf("the server kept the mutex for %v, and the context of the lease goes on", left)
		}
	})
}

// All is forgotten, the queue too. The holder finds out when it renews; those
// who wait go on.
func TestMutexServerFlushed(t *testing.T) {
	t.Parallel()
	const expire = 4 * time.Second // it is renewed after a third of that
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

// A server whose memory is full gives no leases, and keeps those that there are.
func TestMutexIsKeptThoughMemoryIsFull(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	site := newMutexSite(t, server.Addr())
	mutex := getMutex(t, site, "m")
	held, err := mutex.Acquire(t.Context(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		got <- interfaces.WithLock(t.Context(), mutex, time.Hour, func(context.Context) error { return nil })
	}()
	eventually(t, "somebody waiting", func() bool { return server.Do("ZCARD", "{mutex:m}:queue") == "1" })

	server.Do("CONFIG", "SET", "maxmemory", "1")
	for _, name := range []string{"m", "another"} {
		if _, err := getMutex(t, site, name).TryAcquire(t.Context(), time.Hour); !errors.Is(err, interfaces.ErrUnavailable) {
			t.Errorf("TryAcquire of %q: %v, want ErrUnavailable", name, err)
		}
	}
	if _, err := getMutex(t, site, "another").Acquire(t.Context(), time.Hour); !errors.Is(err, interfaces.ErrUnavailable) {
		t.Errorf("Acquire: %v, want ErrUnavailable", err)
	}
	if err := errors.Join(held.Extend(t.Context(), 2*time.Hour), held.Context().Err(), held.Release(t.Context())); err != nil {
		t.Errorf("Extend and Release: %v", err)
	}
	server.Do("CONFIG", "SET", "maxmemory", "0")
	select {
	case err := <-got:
		if err != nil {
			t.Errorf("who waited: %v", err)
		}
	case <-time.After(patience):
		t.Error("who waited does not get the mutex when there is memory again")
	}
}

// Who releases what another is releasing already waits for that no longer than
// for a server.
func TestMutexReleaseWhileAnotherHangs(t *testing.T) {
	site, proxy := newSlowMutexSite(t, redistest.New(t, redistest.Options{}), false)
	defer closeWithoutTime(t, site)
	lease := tryAcquire(t, getMutex(t, site, "m"), time.Hour)
	proxy.Freeze()
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- lease.Release(context.Background()) }()
	eventually(t, "a release under way", func() bool { return redis.Asking(site) == 1 })

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	go func() { second <- lease.Release(ctx) }()
	select {
	case err := <-second:
		if !errors.Is(err, interfaces.ErrUnavailable) {
			t.Errorf("Release while another hangs: %v, want ErrUnavailable", err)
		}
	case <-time.After(patience):
		t.Fatal("Release waits for another that hangs")
	}

	proxy.Thaw()
	for _, err := range []error{<-first, lease.Release(t.Context())} {
		if err != nil {
			t.Errorf("Release when the server is back: %v", err)
		}
	}
}
