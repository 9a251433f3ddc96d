package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bsm/redislock"
	"github.com/go-redsync/redsync/v4"
	redsyncpool "github.com/go-redsync/redsync/v4/redis/goredis/v9"

	"github.com/fivcglue/fivcglue-go/implements/memory"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// lease is how long the locks are for. None of them runs out.
const lease = 30 * time.Second

func TestMemoryMutex(t *testing.T) {
	site, err := memory.NewMutexSite(t.Context(), nil, memory.DefaultMutexSiteConfig())
	if err != nil {
		t.Fatal(err)
	}
	mutex := mutexOf(t, site, "uncontended")
	ctx := t.Context()

	channel := make(chan struct{}, 1)
	compare(t, "memory mutex, uncontended",
		ours("memory.MutexSite", func(n int) {
			for range n {
				lockOnce(ctx, mutex)
			}
		}),
		peer("channel of one", func(n int) {
			for range n {
				channel <- struct{}{}
				<-channel
			}
		}).atMost(3),
		peer("channel of one, with a context", func(n int) {
			for range n {
				select {
				case channel <- struct{}{}:
				case <-ctx.Done():
				}
				<-channel
			}
		}),
	)
}

func TestRedisMutex(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	config := redis.DefaultMutexSiteConfig()
	config.Host, config.Port = "127.0.0.1", server.Port()
	site, err := redis.NewMutexSite(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = site.Close(context.Background()) })
	bare := newGoRedis(t, server)
	lock := redislock.New(bare)
	sync := redsync.New(redsyncpool.NewPool(bare))

	// As of a request that is served: it has a deadline and can be cancelled.
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	t.Cleanup(cancel)

	var mutexes [callers]interfaces.IMutex
	for i := range mutexes {
		mutexes[i] = mutexOf(t, site, fmt.Sprint("ours", i))
	}
	lockOurs := func(i int) { lockOnce(ctx, mutexes[i]) }
	lockTheirs := func(i int) {
		held, err := lock.Obtain(ctx, theirs[i], lease, nil)
		if err == nil {
			err = held.Release(ctx)
		}
		if err != nil {
			panic(err)
		}
	}

	compare(t, "redis mutex, acquire and release, one caller",
		ours("redis.MutexSite", alone(func(int) { lockOurs(0) })),
		peer("redislock", alone(func(int) { lockTheirs(0) })).atMost(1.1),
	)
	compare(t, fmt.Sprintf("redis mutex, acquire and release, %d callers on %d mutexes", callers, callers),
		ours("redis.MutexSite", eachItsOwn(lockOurs)),
		peer("redislock", eachItsOwn(lockTheirs)).atMost(0.6),
	)

	const waiters = 8
	var oursTook, theirsTook []float64
	for range max(*rounds, 3) {
		oursTook = append(oursTook, handOvers(waiters, func() func() {
			held, err := mutexes[0].Acquire(ctx, lease)
			if err != nil {
				panic(err)
			}
			return func() { _ = held.Release(ctx) }
		})...)
		theirsTook = append(theirsTook, handOvers(waiters, func() func() {
			held := sync.NewMutex("redsync", redsync.WithExpiry(lease), redsync.WithTries(1000))
			if err := held.LockContext(ctx); err != nil {
				panic(err)
			}
			return func() { _, _ = held.UnlockContext(ctx) }
		})...)
	}
	report(fmt.Sprintf("redis mutex, from a release to the next of %d waiters, median", waiters), "per second",
		figure{name: "redis.MutexSite", value: 1 / median(oursTook)},
		figure{name: "redsync", value: 1 / median(theirsTook), atLeast: 20},
	)
}

// eachItsOwn has callers do the work, each with its own number.
func eachItsOwn(work func(caller int)) func(n int) {
	return parallel(callers, func(caller, n int) {
		for range n {
			work(caller)
		}
	})
}

// theirs are the names that the peers lock.
var theirs = func() (names [callers]string) {
	for i := range names {
		names[i] = fmt.Sprint("theirs", i)
	}
	return names
}()

// handOvers has waiters wait for what somebody holds, and returns how many
// seconds it took from each release until the next one had it.
func handOvers(waiters int, acquire func() (release func())) []float64 {
	var (
		work     sync.WaitGroup
		released time.Time // of whoever holds it
		took     []float64
	)
	release := acquire()
	for range waiters {
		work.Go(func() {
			release := acquire()
			took = append(took, time.Since(released).Seconds())
			released = time.Now()
			release()
		})
	}
	time.Sleep(100 * time.Millisecond) // until all of them wait
	released = time.Now()
	release()
	work.Wait()
	return took
}

func mutexOf(t *testing.T, site interfaces.IMutexSite, name string) interfaces.IMutex {
	t.Helper()
	mutex, err := site.GetMutex(name)
	if err != nil {
		t.Fatal(err)
	}
	return mutex
}

func lockOnce(ctx context.Context, mutex interfaces.IMutex) {
	held, err := mutex.Acquire(ctx, lease)
	if err == nil {
		err = held.Release(ctx)
	}
	if err != nil {
		panic(errors.Join(errors.New("nobody else has it"), err))
	}
}
