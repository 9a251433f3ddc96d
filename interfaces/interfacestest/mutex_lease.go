package interfacestest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

type mutexValueKey struct{}

var mutexLeaseChecks = []mutexCheck{
	{
		name:    "lease/context",
		promise: "the lease's context lasts while the lease does, not while Acquire's does, and ends with Release",
		run: func(ctx context.Context, k *mutexKit) {
			acquiring, cancel := context.WithCancel(context.WithValue(ctx, mutexValueKey{}, "carried"))
			lease := k.takeSoon(acquiring, k.mutex(), longLease, "of a mutex that is free")
			guarded := lease.Context()
			if guarded == nil {
				k.Fatalf("Context() = nil")
			}
			cancel()
			if err := guarded.Err(); err != nil {
				k.Errorf("the lease's context ended with that of Acquire: %w", err)
			}
			if guarded.Value(mutexValueKey{}) != "carried" {
				k.Errorf("the lease's context has not the values of that of Acquire")
			}
			k.release(ctx, lease, "by the holder")
			if guarded.Err() == nil || lease.Context().Err() == nil {
				k.Errorf("the lease's context goes on after Release")
			}
			if cause := context.Cause(guarded); errors.Is(cause, interfaces.ErrLost) {
				k.Errorf("the cause of the context after Release is %v, want no ErrLost", cause)
			}
		},
	},
	{
		name:    "lease/release twice",
		promise: "once released, releasing again returns nil and does nothing",
		run: func(ctx context.Context, k *mutexKit) {
			lease := k.take(ctx, k.mutex(), longLease)
			k.release(ctx, lease, "for the first time")
			k.release(ctx, lease, "for the second time")
			next := k.take(ctx, k.mutex(), longLease)
			k.release(ctx, lease, "for the third time, while another holds the mutex")
			k.wantHeld(ctx, k.mutex(), "after a lease of before was released again")
			if next.Context().Err() != nil {
				k.Errorf("releasing a lease of before ended that of the holder")
			}
			k.release(ctx, next, "at the end")
		},
	},
	{
		name:    "lease/release by two",
		promise: "a lease may be released by several goroutines at once",
		run: func(ctx context.Context, k *mutexKit) {
			for range 10 {
				lease := k.take(ctx, k.mutex(), longLease)
				var (
					work sync.WaitGroup
					errs [4]error
				)
				for i := range errs {
					work.Go(func() { errs[i] = lease.Release(ctx) })
				}
				work.Wait()
				if err := errors.Join(errs[:]...); err != nil {
					k.Fatalf("Release: %w", err)
				}
			}
		},
	},
	{
		name:    "lease/release late",
		promise: "Release does its work when the context that it is given has ended",
		run: func(ctx context.Context, k *mutexKit) {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			lease := k.take(ctx, k.mutex(), longLease)
			k.release(ended, lease, "with a context that has ended")
			k.release(ctx, k.takeSoon(ctx, k.mutex(), longLease, "after a Release with a context that had ended"), "at the end")
		},
	},
	{
		name:    "lease/extend",
		promise: "Extend has the lease last for its expire from now, longer or shorter",
		run: func(ctx context.Context, k *mutexKit) {
			lease := k.extended(ctx, 4*k.Lease)
			next := k.acquireFor(ctx, 8*k.Lease)
			select {
			case <-next.done:
				k.Fatalf("a lease that was extended ended with the time that it had before")
			case <-lease.Context().Done():
				k.Fatalf("the context of a lease that was extended ended with the time that it had before")
			case <-time.After(5 * k.Lease):
			}
			if err := lease.Extend(ctx, k.Lease); err != nil {
				k.Fatalf("Extend to a shorter time: %w", err)
			}
			got, err := k.end(next, "after the lease was shortened")
			if err != nil {
				k.Fatalf("Acquire after the lease was shortened: %w", err)
			}
			if lease.Context().Err() == nil {
				k.Errorf("another holds the mutex and the context of the lease that was shortened goes on")
			}
			k.wantLost(ctx, lease, "after the time that it was shortened to")
			k.release(ctx, got, "at the end")
		},
	},
	{
		name:    "lease/extend after release",
		promise: "Extend of a lease that is over returns ErrLost and does not bring it back",
		run: func(ctx context.Context, k *mutexKit) {
			lease := k.take(ctx, k.mutex(), longLease)
			k.release(ctx, lease, "by the holder")
			k.wantError(lease.Extend(ctx, longLease), interfaces.ErrLost, "Extend after Release")
			k.release(ctx, k.take(ctx, k.mutex(), longLease), "after an Extend that was refused")
		},
	},
	{
		name:    "lease/with lock",
		promise: "WithLock holds the mutex while the work is done, no longer",
		run: func(ctx context.Context, k *mutexKit) {
			failure := errors.New("the work's own error")
			err := interfaces.WithLock(ctx, k.mutex(), longLease, func(guarded context.Context) error {
				k.wantHeld(ctx, k.mutex(), "while WithLock works")
				if guarded.Err() != nil {
					k.Errorf("the context of the work has ended before the work")
				}
				if fence, ok := interfaces.FenceFrom(guarded); !ok || fence <= 0 {
					k.Errorf("FenceFrom = %d, %t", fence, ok)
				}
				return failure
			})
			k.wantError(err, failure, "WithLock")
			k.release(ctx, k.take(ctx, k.mutex(), longLease), "after WithLock")
		},
	},
}

// extended takes a lease and extends it before its time is over, which a machine
// that stands still may miss: then another is tried.
func (k *mutexKit) extended(ctx context.Context, expire time.Duration) interfaces.ILease {
	for {
		asked := time.Now()
		lease := k.takeSoon(ctx, k.mutex(), expire, "after leases that could not be extended in time")
		err := lease.Extend(ctx, longLease)
		if err == nil {
			return lease
		}
		if !errors.Is(err, interfaces.ErrLost) || time.Since(asked) < expire {
			k.Fatalf("Extend of a lease that is held: %w", err)
		}
	}
}
