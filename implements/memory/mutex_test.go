package memory_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/memory"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
)

func newMutexSite(t testing.TB, autoExtend bool) *memory.MutexSite {
	t.Helper()
	site, err := memory.NewMutexSite(t.Context(), nil, memory.MutexSiteConfig{AutoExtend: autoExtend})
	if err != nil {
		t.Fatal(err)
	}
	return site
}

func getMutex(t testing.TB, site interfaces.IMutexSite, name string) interfaces.IMutex {
	t.Helper()
	mutex, err := site.GetMutex(name)
	if err != nil {
		t.Fatal(err)
	}
	return mutex
}

func acquire(t testing.TB, mutex interfaces.IMutex, expire time.Duration) interfaces.ILease {
	t.Helper()
	lease, err := mutex.Acquire(t.Context(), expire)
	if err != nil {
		t.Fatal(err)
	}
	return lease
}

func TestMutexConforms(t *testing.T) {
	interfacestest.TestMutexes(t, func(t *testing.T) interfacestest.MutexHarness {
		return interfacestest.MutexHarness{
			Site: newMutexSite(t, false), Fair: true, Lease: 150 * time.Millisecond,
		}
	})
}

func TestMutexConformsInControlledTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := interfacestest.CheckMutexes(t.Context(), func() (interfacestest.MutexHarness, error) {
			return interfacestest.MutexHarness{
				Site: newMutexSite(t, false), Fair: true, Lease: 2 * time.Second, Patience: 10 * time.Second,
			}, nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestMutexAutoExtendLastsUntilRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mutex := getMutex(t, newMutexSite(t, memory.DefaultMutexSiteConfig().AutoExtend), "m")
		lease := acquire(t, mutex, 10*time.Millisecond)
		time.Sleep(24 * time.Hour)
		if err := lease.Context().Err(); err != nil {
			t.Errorf("the context ended: %v", err)
		}
		if _, err := mutex.TryAcquire(t.Context(), time.Second); !errors.Is(err, interfaces.ErrHeld) {
			t.Errorf("TryAcquire: %v, want ErrHeld", err)
		}
		if err := lease.Extend(t.Context(), time.Second); err != nil {
			t.Errorf("Extend: %v", err)
		}
		if err := lease.Release(t.Context()); err != nil {
			t.Errorf("Release: %v", err)
		}
	})
}

func TestMutexLeaseEndsToTheMillisecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for expire, want := range map[time.Duration]time.Duration{
			1500 * time.Millisecond:           1500 * time.Millisecond,
			10*time.Millisecond + 1:           11 * time.Millisecond,
			10 * time.Millisecond:             10 * time.Millisecond,
			366 * 24 * time.Hour:              366 * 24 * time.Hour,
			999*time.Millisecond + 999_999:    time.Second,
			time.Hour + 300*time.Microsecond:  time.Hour + time.Millisecond,
			2*time.Second + 1*time.Nanosecond: 2*time.Second + time.Millisecond,
		} {
			lease := acquire(t, getMutex(t, newMutexSite(t, false), "m"), expire)
			begin := time.Now()
			<-lease.Context().Done()
			if got := time.Since(begin); got != want {
				t.Errorf("a lease of %v ended after %v, want %v", expire, got, want)
			}
		}
	})
}

// Who waits gets a lease whose time begins when it gets it, and passes the
// mutex on in the order of asking, whether the one before released it or lost
// it.
func TestMutexQueueInControlledTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const waiters = 50
		mutex := getMutex(t, newMutexSite(t, false), "m")
		held := acquire(t, mutex, time.Minute)
		got := make(chan string, waiters)
		begin := time.Now()

		for i := range waiters {
			go func() {
				lease := acquire(t, mutex, time.Second)
				if held.Context().Err() == nil {
					t.Error("the mutex was given away before the holder's context ended")
				}
				got <- fmt.Sprintf("%d at %v", i, time.Since(begin))
				if i%2 == 0 {
					lease.Release(t.Context())
				}
			}()
			synctest.Wait()
		}

		// The first gets it when the holder's minute is over, and each second
		// one keeps it until its second is over.
		for i := range waiters {
			want := fmt.Sprintf("%d at %v", i, time.Minute+time.Duration(i/2)*time.Second)
			if line := <-got; line != want {
				t.Errorf("got it: %s, want %s", line, want)
			}
		}
	})
}

func TestMutexWaitersThatGoLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mutex := getMutex(t, newMutexSite(t, true), "m")
		held := acquire(t, mutex, time.Second)
		var cancels []context.CancelFunc
		results := make(chan string, 3)

		for i := range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			cancels = append(cancels, cancel)
			go func() {
				lease, err := mutex.Acquire(ctx, time.Second)
				if err == nil {
					err = lease.Release(t.Context())
				}
				results <- fmt.Sprint(i, " ", err)
			}()
			synctest.Wait()
		}

		// First, last and the one that is left in the middle: each place in
		// the queue is left once.
		for _, i := range []int{0, 2, 1} {
			cancels[i]()
			want := fmt.Sprintf("%d mutex \"m\": waiting for it: context canceled", i)
			if got := <-results; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		if err := held.Release(t.Context()); err != nil {
			t.Error(err)
		}
		if err := acquire(t, mutex, time.Second).Release(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A waiter whose context ends at the very moment at which it is given the mutex
// either has it or passes it on; the mutex is never left with nobody.
func TestMutexCancelAgainstRelease(t *testing.T) {
	mutex := getMutex(t, newMutexSite(t, true), "m")
	for range 2000 {
		held := acquire(t, mutex, time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if lease, err := mutex.Acquire(ctx, time.Second); err == nil {
				lease.Release(t.Context())
			}
		}()
		go cancel()
		held.Release(t.Context())
		<-done

		lease, err := mutex.TryAcquire(t.Context(), time.Second)
		if err != nil {
			t.Fatalf("nobody holds the mutex: %v", err)
		}
		lease.Release(t.Context())
	}
}

func TestMutexNamesTakeNoMemory(t *testing.T) {
	site := newMutexSite(t, true)
	use := func(prefix string) {
		for i := range 40_000 {
			lease := acquire(t, getMutex(t, site, fmt.Sprint(prefix, strings.Repeat("x", 100), i)), time.Second)
			lease.Release(t.Context())
		}
	}
	use("first") // so that what the site keeps at all is there
	before := heap()
	use("second")
	if grown := heap() - before; grown > 1<<17 {
		t.Errorf("40,000 mutexes that were released take %d bytes", grown)
	}

	// Many that are held at once, too.
	func() {
		var leases []interfaces.ILease
		for i := range 30_000 {
			leases = append(leases, acquire(t, getMutex(t, site, fmt.Sprint("held", i)), time.Second))
		}
		for _, lease := range leases {
			lease.Release(t.Context())
		}
	}()
	if grown := heap() - before; grown > 1<<17 {
		t.Errorf("30,000 mutexes that were held at once and released take %d bytes", grown)
	}
	runtime.KeepAlive(site)
}

func heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func TestMutexCloseTellsThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := newMutexSite(t, true)
		mutex := getMutex(t, site, "m")
		held := acquire(t, mutex, time.Second)
		errs := make(chan error, 10)

		for range cap(errs) {
			go func() {
				_, err := mutex.Acquire(t.Context(), time.Second)
				errs <- err
			}()
		}
		synctest.Wait()
		if err := site.Close(t.Context()); err != nil {
			t.Error(err)
		}

		for range cap(errs) {
			if err := <-errs; !errors.Is(err, interfaces.ErrClosed) {
				t.Errorf("Acquire: %v, want ErrClosed", err)
			}
		}
		if err := context.Cause(held.Context()); !errors.Is(err, interfaces.ErrLost) || !errors.Is(err, interfaces.ErrClosed) {
			t.Errorf("the cause of the holder's context is %v, want ErrLost and ErrClosed", err)
		}
		if err := site.Close(t.Context()); err != nil {
			t.Errorf("Close for the second time: %v", err)
		}
	})
}

// Two sites of one process, such as that of before a reload and the one after:
// what guards a resource by fences must not have to start anew.
func TestMutexFenceGrowsFromSiteToSite(t *testing.T) {
	last := int64(0)
	for range 3 {
		lease := acquire(t, getMutex(t, newMutexSite(t, true), "m"), time.Second)
		if lease.Fence() <= last {
			t.Errorf("fence %d after %d", lease.Fence(), last)
		}
		last = lease.Fence()
		time.Sleep(10 * time.Microsecond)
	}
}
