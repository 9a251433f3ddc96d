package interfacestest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var mutexFenceChecks = []mutexCheck{
	{
		name:    "fence/grows",
		promise: "the fence grows with every lease of a mutex, whichever object gives it, and is above zero",
		run: func(ctx context.Context, k *mutexKit) {
			last := int64(0)
			for i := range 20 {
				lease := k.take(ctx, k.either(i), longLease)
				last = k.wantGrown(lease, last, "after a release")
				if again := lease.Fence(); again != last {
					k.Errorf("Fence() = %d and then %d", last, again)
				}
				k.release(ctx, lease, "by the holder")
			}
		},
	},
	{
		name:    "fence/expired",
		promise: "the fence grows when the lease before ended by itself",
		run: func(ctx context.Context, k *mutexKit) {
			last := k.take(ctx, k.mutex(), k.Lease).Fence()
			for range 2 {
				lease := k.takeSoon(ctx, k.mutex(), k.Lease, "after the lease before has ended")
				last = k.wantGrown(lease, last, "after a lease that ended by itself")
			}
		},
	},
	{
		name:    "fence/contended",
		promise: "the fence grows in the order in which those who wait get the mutex",
		run: func(ctx context.Context, k *mutexKit) {
			const callers, rounds = 4, 10
			var (
				work   sync.WaitGroup
				mu     sync.Mutex // of the kit; the fences are in the order of the mutex under test
				fences []int64
			)
			ctx, cancel := context.WithTimeout(ctx, 2*k.Patience)
			defer cancel()
			for i := range callers {
				mutex := k.either(i)
				work.Go(func() {
					for done := 0; done < rounds && ctx.Err() == nil; {
						err := interfaces.WithLock(ctx, mutex, longLease, func(ctx context.Context) error {
							mu.Lock()
							defer mu.Unlock()
							fence, _ := interfaces.FenceFrom(ctx)
							fences = append(fences, fence)
							done++
							return nil
						})
						// On a machine that stands still a backend seems silent.
						if err != nil && !errors.Is(err, interfaces.ErrUnavailable) {
							return // and is missed below
						}
						if err != nil {
							time.Sleep(time.Millisecond)
						}
					}
				})
			}
			work.Wait()
			if len(fences) != callers*rounds {
				k.Errorf("%d leases were given, want %d", len(fences), callers*rounds)
			}
			for i := 1; i < len(fences); i++ {
				if fences[i] <= fences[i-1] {
					k.Fatalf("fence %d came after %d", fences[i], fences[i-1])
				}
			}
		},
	},
	{
		name:    "fence/forgotten",
		promise: "the fence grows though the backend has forgotten all, and the lease of before is lost",
		needs:   func(h MutexHarness) string { return lacks(h.Forget == nil, "Forget") },
		run: func(ctx context.Context, k *mutexKit) {
			lease := k.take(ctx, k.mutex(), longLease)
			last := lease.Fence()
			k.Forget()
			k.wantError(lease.Extend(ctx, longLease), interfaces.ErrLost, "Extend after the backend forgot the lease")
			k.wantLost(ctx, lease, "after the backend forgot it")
			for range 3 {
				next := k.takeSoon(ctx, k.mutex(), longLease, "after the backend forgot all")
				last = k.wantGrown(next, last, "after the backend forgot all")
				k.Forget()
				k.wantError(next.Release(ctx), interfaces.ErrLost, "Release after the backend forgot the lease")
			}
		},
	},
}

func (k *mutexKit) wantGrown(lease interfaces.ILease, last int64, when string) int64 {
	fence := lease.Fence()
	if fence <= last {
		k.Errorf("the fence %s is %d, the one before was %d", when, fence, last)
	}
	return max(fence, last)
}
