package interfacestest

import (
	"context"
	"fmt"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var mutexExpiryChecks = []mutexCheck{
	{
		name:    "expiry/ends",
		promise: "a lease that is neither released nor renewed ends when its time is over, its context first",
		run: func(ctx context.Context, k *mutexKit) {
			begin := time.Now()
			lease := k.take(ctx, k.mutex(), k.Lease)
			next := k.takeSoon(ctx, k.mutex(), longLease, "after the lease before has ended")
			ended := lease.Context().Err() != nil
			if took := time.Since(begin); took < k.Lease*8/10 {
				k.Errorf("a lease of %v ended after %v", k.Lease, took)
			}
			if !ended {
				k.Errorf("another holds the mutex and the context of the lease before goes on")
			}
			k.wantLost(ctx, lease, "after its time was over")
			k.wantHeld(ctx, k.mutex(), "after a lease that was lost was released")
			k.release(ctx, next, "by the next holder")
		},
	},
	{
		name:    "expiry/fraction",
		promise: "a lease's time is not rounded to whole seconds",
		run: func(ctx context.Context, k *mutexKit) {
			const attempts = 3 // on a machine that is busy it may be late
			var took time.Duration
			for range attempts {
				asked := time.Now()
				lease := k.take(ctx, k.mutex(), 1250*time.Millisecond)
				given := time.Now()
				next := k.takeSoon(ctx, k.mutex(), longLease, "after the lease before has ended")
				if least := time.Since(asked); least < 1100*time.Millisecond {
					k.Errorf("a lease of 1.25s ended after %v", least)
				}
				took = time.Since(given)
				k.wantLost(ctx, lease, "after its time was over")
				k.release(ctx, next, "at the end")
				if took <= 1900*time.Millisecond {
					return
				}
			}
			k.Errorf("a lease of 1.25s ended after %v", took)
		},
	},
	{
		name:    "expiry/alone",
		promise: "the context of a lease ends in time when nobody else wants the mutex",
		run: func(ctx context.Context, k *mutexKit) {
			begin := time.Now()
			lease := k.take(ctx, k.mutex(), k.Lease)
			select {
			case <-lease.Context().Done():
				if took := time.Since(begin); took < k.Lease/2 {
					k.Errorf("the context of a lease of %v ended after %v", k.Lease, took)
				}
			case <-time.After(k.Lease + k.Patience):
				k.Errorf("the context of a lease of %v goes on after %v", k.Lease, time.Since(begin))
			}
			k.wantLost(ctx, lease, "after its time was over")
			k.release(ctx, k.takeSoon(ctx, k.mutex(), longLease, "after the lease before has ended"), "at the end")
		},
	},
	{
		name:    "expiry/queue",
		promise: "those who wait behind a lease that ends by itself get the mutex one after the other",
		run: func(ctx context.Context, k *mutexKit) {
			k.take(ctx, k.mutex(), k.Lease)
			first := k.acquire(ctx, k.mutex(), k.Lease)
			second := k.acquire(ctx, k.mutex(), k.Lease)
			for _, a := range []*acquiring{first, second} {
				if _, err := k.end(a, "though the leases before it had ended"); err != nil {
					k.Errorf("Acquire: %w", err)
				}
			}
		},
	},
	{
		name:    "renewal/held",
		promise: "a lease that renews itself lasts as long as it is held",
		needs:   needsRenewing,
		run: func(ctx context.Context, k *mutexKit) {
			k.renewed(ctx, func() interfaces.ILease { return k.take(ctx, k.renewing(), k.renewal()) })
		},
	},
	{
		name:    "renewal/released",
		promise: "a lease that renews itself does so no more once it is released",
		needs:   needsRenewing,
		run: func(ctx context.Context, k *mutexKit) {
			k.release(ctx, k.take(ctx, k.renewing(), k.renewal()), "of a lease that renews itself")
			time.Sleep(k.renewal())
			lease := k.take(ctx, k.mutex(), k.Lease)
			next := k.takeSoon(ctx, k.renewing(), longLease, "after the lease before has ended")
			k.wantLost(ctx, lease, "after its time was over")
			k.release(ctx, next, "at the end")
		},
	},
	{
		name:    "renewal/extended",
		promise: "a lease that renews itself can be extended, and is renewed for the new time",
		needs:   needsRenewing,
		run: func(ctx context.Context, k *mutexKit) {
			lease := k.renewed(ctx, func() interfaces.ILease {
				lease := k.take(ctx, k.renewing(), longLease)
				if err := lease.Extend(ctx, k.renewal()); err != nil {
					k.Fatalf("Extend: %w", err)
				}
				return lease
			})
			k.wantError(lease.Extend(ctx, k.renewal()), interfaces.ErrLost, "Extend after Release")
		},
	},
}

// renewed wants a lease to last for twice the time of a renewal, and returns it
// once it is released. A machine that stands still for long renews nothing: then
// another lease is tried.
func (k *mutexKit) renewed(ctx context.Context, take func() interfaces.ILease) interfaces.ILease {
	const attempts = 5
	for attempt := 1; ; attempt++ {
		var problem error
		last, stood := time.Now(), time.Duration(0)
		tick := func() {
			stood = max(stood, time.Since(last))
			last = time.Now()
		}
		lease := take()
		waiting := k.acquireFor(ctx, 2*k.renewal())
		for began := time.Now(); problem == nil && time.Since(began) < 2*k.renewal(); tick() {
			select {
			case <-waiting.done:
				problem = fmt.Errorf("another got the mutex of a holder that renews its lease of %v", k.renewal())
			case <-lease.Context().Done():
				problem = fmt.Errorf("a lease of %v that renews itself ended: %w", k.renewal(), context.Cause(lease.Context()))
			case <-time.After(k.renewal() / 20):
			}
		}
		if err := lease.Release(ctx); problem == nil && err != nil {
			problem = fmt.Errorf("the release after it was renewed: %w", err)
		}
		tick()
		got, err := k.end(waiting, "after the holder released")
		if err != nil {
			k.Fatalf("Acquire: %w", err)
		}
		k.release(ctx, got, "at the end")
		if problem != nil && stood > k.renewal()/4 && attempt < attempts {
			continue
		}
		if problem != nil {
			k.Errorf("%w", problem)
		}
		return lease
	}
}

// renewal is the time of a lease that is to renew itself. It is long enough for
// a renewal to come in time on a machine that has much else to do.
func (k *mutexKit) renewal() time.Duration { return 5 * k.Lease }

// acquireFor begins an Acquire that may wait for longer than d.
func (k *mutexKit) acquireFor(ctx context.Context, d time.Duration) *acquiring {
	a := &acquiring{done: make(chan struct{})}
	mutex := k.mutex()
	go func() {
		defer close(a.done)
		ctx, cancel := context.WithTimeout(ctx, d+k.Patience)
		defer cancel()
		a.lease, a.err = mutex.Acquire(ctx, longLease)
	}()
	return a
}
