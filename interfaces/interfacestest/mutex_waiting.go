package interfacestest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var mutexWaitingChecks = []mutexCheck{
	{
		name:    "waiting/acquire",
		promise: "Acquire waits until the mutex is released and then holds it",
		run: func(ctx context.Context, k *mutexKit) {
			lease := k.take(ctx, k.mutex(), longLease)
			next := k.acquire(ctx, k.mutex(), longLease)
			k.wantWaiting(next, "while another holds the mutex")
			k.release(ctx, lease, "while another waits")
			got, err := k.end(next, "after the holder released")
			if err != nil {
				k.Fatalf("Acquire: %w", err)
			}
			k.wantHeld(ctx, k.mutex(), "after the one who waited got the mutex")
			k.release(ctx, got, "by the one who waited")
		},
	},
	{
		name:    "waiting/try",
		promise: "TryAcquire does not wait",
		run: func(ctx context.Context, k *mutexKit) {
			lease := k.take(ctx, k.mutex(), longLease)
			mutex, done := k.mutex(), make(chan error, 1)
			go func() {
				_, err := mutex.TryAcquire(ctx, longLease)
				done <- err
			}()
			select {
			case err := <-done:
				k.wantError(err, interfaces.ErrHeld, "TryAcquire")
			case <-time.After(k.Patience):
				k.Errorf("TryAcquire waits for a mutex that is held")
			}
			k.release(ctx, lease, "at the end")
		},
	},
	{
		name:    "waiting/cancel",
		promise: "an Acquire whose context ends returns that context's error at once and leaves nothing behind",
		run: func(ctx context.Context, k *mutexKit) {
			lease := k.take(ctx, k.mutex(), longLease)
			canceled, cancel := context.WithCancel(ctx)
			defer cancel()
			waiting := k.acquire(canceled, k.mutex(), longLease)
			k.wantWaiting(waiting, "while another holds the mutex")
			cancel()
			got, err := k.end(waiting, "after its context was cancelled")
			k.wantError(err, context.Canceled, "Acquire")
			if got != nil {
				k.Errorf("Acquire gave a lease beside the error")
			}

			late, cancel := context.WithTimeout(ctx, k.Lease/4)
			defer cancel()
			_, err = k.end(k.acquire(late, k.mutex(), longLease), "after its deadline")
			k.wantError(err, context.DeadlineExceeded, "Acquire")

			k.release(ctx, lease, "after those who waited had gone")
			time.Sleep(k.Lease / 4) // for what they may have left behind to show
			k.release(ctx, k.takeSoon(ctx, k.mutex(), longLease, "after those before had gone"), "at the end")
		},
	},
	{
		name:    "waiting/canceled before",
		promise: "a call whose context has ended before gives its error and takes nothing",
		run: func(ctx context.Context, k *mutexKit) {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			_, err := k.mutex().Acquire(ended, longLease)
			k.wantError(err, context.Canceled, "Acquire")
			_, err = k.mutex().TryAcquire(ended, longLease)
			k.wantError(err, context.Canceled, "TryAcquire")
			k.release(ctx, k.takeSoon(ctx, k.mutex(), longLease, "after calls that took nothing"), "at the end")
		},
	},
	{
		name:    "waiting/canceled in the middle",
		promise: "one who stops waiting does not keep those behind from the mutex",
		run: func(ctx context.Context, k *mutexKit) {
			lease := k.take(ctx, k.mutex(), longLease)
			first, cancel := context.WithCancel(ctx)
			defer cancel()
			gone := k.acquire(first, k.mutex(), longLease)
			k.wantWaiting(gone, "as the first")
			stays := k.acquire(ctx, k.mutex(), longLease)
			k.wantWaiting(stays, "as the second")
			cancel()
			k.release(ctx, lease, "as one who waits goes away")
			got, err := k.end(stays, "after the holder released and the first in the queue had gone")
			if err != nil {
				k.Fatalf("Acquire: %w", err)
			}
			if early, err := k.end(gone, "after its context was cancelled"); err == nil {
				_ = early.Release(ctx)
			}
			k.release(ctx, got, "at the end")
		},
	},
	{
		name:    "waiting/order",
		promise: "those who wait get the mutex in the order in which they asked for it",
		needs:   func(h MutexHarness) string { return lacks(!h.Fair, "Fair") },
		run: func(ctx context.Context, k *mutexKit) {
			const callers, attempts = 5, 3
			var order []int
			for range attempts { // one may be late to ask, on a machine that is busy
				if order = k.order(ctx, callers); slices.IsSorted(order) {
					return
				}
			}
			k.Errorf("those who came in the order 0 to %d got the mutex in the order %v", callers-1, order)
		},
	},
}

// order has callers wait for the mutex, one after the other, and returns them
// as they got it.
func (k *mutexKit) order(ctx context.Context, callers int) (order []int) {
	lease := k.take(ctx, k.mutex(), longLease)
	var (
		mu   sync.Mutex
		errs []error
		work sync.WaitGroup
	)
	for i := range callers {
		mutex := k.either(i)
		work.Go(func() {
			got, err := mutex.Acquire(ctx, longLease)
			mu.Lock()
			order = append(order, i)
			errs = append(errs, err)
			mu.Unlock()
			if err == nil {
				_ = got.Release(ctx)
			}
		})
		time.Sleep(k.Lease / 6) // so that it is known who came first
	}
	k.release(ctx, lease, "while others wait")
	work.Wait()
	if err := errors.Join(errs...); err != nil {
		k.Errorf("Acquire: %w", err)
	}
	return order
}
