package interfacestest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var mutexExclusionChecks = []mutexCheck{
	{
		name:    "exclusion/try",
		promise: "of one mutex there is one lease, whoever asks through whichever object",
		run: func(ctx context.Context, k *mutexKit) {
			mutex := k.mutex()
			lease := k.take(ctx, mutex, longLease)
			k.wantHeld(ctx, mutex, "of the same object")
			k.wantHeld(ctx, k.mutex(), "of another object")
			if k.Renewing != nil {
				k.wantHeld(ctx, k.renewing(), "of another component")
			}
			k.release(ctx, lease, "by the holder")
			k.release(ctx, k.take(ctx, k.mutex(), longLease), "by the next holder")
		},
	},
	{
		name:    "exclusion/names",
		promise: "mutexes of different names have nothing to do with each other",
		run: func(ctx context.Context, k *mutexKit) {
			first := k.take(ctx, k.mutex(), longLease)
			for _, name := range []string{k.name + "2", k.name[:len(k.name)-1], "X" + k.name, k.name + "\x00"} {
				k.release(ctx, k.take(ctx, k.mutexOf(k.Site, name), longLease), "of another name")
			}
			k.wantHeld(ctx, k.mutex(), "after others of other names were released")
			k.release(ctx, first, "at the end")
		},
	},
	{
		name:    "exclusion/race",
		promise: "of many who try at once one gets the mutex",
		run: func(ctx context.Context, k *mutexKit) {
			const rounds, callers = 20, 8
			for range rounds {
				var (
					work   sync.WaitGroup
					start  = make(chan struct{})
					leases [callers]interfaces.ILease
				)
				for i := range callers {
					mutex := k.either(i)
					work.Go(func() {
						<-start
						leases[i], _ = mutex.TryAcquire(ctx, longLease)
					})
				}
				close(start)
				work.Wait()
				got := 0
				for _, lease := range leases {
					if lease != nil {
						got++
						k.release(ctx, lease, "by the winner of a race")
					}
				}
				if got != 1 {
					k.Fatalf("%d of %d who tried at once got the mutex, want 1", got, callers)
				}
			}
		},
	},
	{
		name:    "exclusion/crowd",
		promise: "no two are inside at once, and everybody who waits gets in",
		run: func(ctx context.Context, k *mutexKit) {
			const rounds, callers = 10, 8
			var (
				work    sync.WaitGroup
				inside  atomic.Int32
				crowded atomic.Bool
				entered atomic.Int32
				failed  atomic.Pointer[error]
			)
			ctx, cancel := context.WithTimeout(ctx, 3*k.Patience)
			defer cancel()
			for i := range callers {
				mutex := k.either(i)
				work.Go(func() {
					for range rounds {
						err := interfaces.WithLock(ctx, mutex, longLease, func(context.Context) error {
							if inside.Add(1) > 1 {
								crowded.Store(true)
							}
							entered.Add(1)
							time.Sleep(50 * time.Microsecond)
							inside.Add(-1)
							return nil
						})
						if err != nil {
							failed.Store(&err)
							return
						}
					}
				})
			}
			work.Wait()
			if err := failed.Load(); err != nil {
				k.Errorf("WithLock: %w", *err)
			}
			if crowded.Load() {
				k.Errorf("two were inside at once")
			}
			if got := entered.Load(); failed.Load() == nil && got != rounds*callers {
				k.Errorf("%d times somebody was inside, want %d", got, rounds*callers)
			}
		},
	},
}

// either returns the check's mutex from one component or the other, if there
// are two.
func (k *mutexKit) either(i int) interfaces.IMutex {
	if k.Renewing != nil && i%2 == 1 {
		return k.renewing()
	}
	return k.mutex()
}
