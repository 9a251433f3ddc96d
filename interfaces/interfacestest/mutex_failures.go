package interfacestest

import (
	"context"
	"errors"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var mutexFailureChecks = []mutexCheck{
	{
		name:    "failure/closed",
		promise: "after Close every call is ErrClosed, for those who wait too, and the leases are over",
		needs:   func(h MutexHarness) string { return lacks(!closable(h.Site), "Close at its site") },
		run: func(ctx context.Context, k *mutexKit) {
			mutex := k.mutex()
			lease, released := k.take(ctx, mutex, longLease), k.take(ctx, k.mutexOf(k.Site, k.name+"2"), longLease)
			k.release(ctx, released, "before Close")
			waiting := k.acquire(ctx, mutex, longLease)
			k.wantWaiting(waiting, "while another holds the mutex")

			if _, err := closeComponent(ctx, k.Site); err != nil {
				k.Errorf("Close: %w", err)
			}
			_, err := k.end(waiting, "after Close")
			k.wantError(err, interfaces.ErrClosed, "Acquire that waited")
			_, err = mutex.Acquire(ctx, longLease)
			k.wantError(err, interfaces.ErrClosed, "Acquire after Close")
			_, err = mutex.TryAcquire(ctx, longLease)
			k.wantError(err, interfaces.ErrClosed, "TryAcquire after Close")
			_, err = k.Site.GetMutex(k.name)
			k.wantError(err, interfaces.ErrClosed, "GetMutex after Close")

			k.wantEnded(lease, "after Close")
			k.wantError(lease.Extend(ctx, longLease), interfaces.ErrClosed, "Extend after Close")
			k.wantError(lease.Release(ctx), interfaces.ErrClosed, "Release after Close")
			k.release(ctx, released, "again after Close, of a lease that was released before")
		},
	},
	{
		name:    "failure/unavailable",
		promise: "a backend that cannot be asked is ErrUnavailable, not a mutex that is held or free",
		needs:   func(h MutexHarness) string { return lacks(h.Break == nil, "Break") },
		run: func(ctx context.Context, k *mutexKit) {
			repair := k.Break()
			_, err := k.mutex().TryAcquire(ctx, longLease)
			k.wantUnavailable(err, "TryAcquire")
			short, cancel := context.WithTimeout(ctx, k.Patience)
			defer cancel()
			_, err = k.mutex().Acquire(short, longLease)
			k.wantUnavailable(err, "Acquire")
			if repair == nil {
				return
			}
			repair()
			for deadline := time.Now().Add(k.Patience); ; {
				lease, err := k.mutex().TryAcquire(ctx, longLease)
				if err == nil {
					k.release(ctx, lease, "after the backend came back")
					return
				}
				if time.Now().After(deadline) {
					k.Fatalf("TryAcquire after the backend came back: %w", err)
				}
				time.Sleep(5 * time.Millisecond)
			}
		},
	},
	{
		name:    "failure/renewal",
		promise: "a lease that cannot be renewed ends in its time",
		needs: func(h MutexHarness) string {
			return lacks(h.Renewing == nil || h.Break == nil, "Renewing and Break")
		},
		run: func(ctx context.Context, k *mutexKit) {
			lease := k.take(ctx, k.renewing(), k.Lease)
			repair := k.Break()
			// The last renewal may have been just before. What is allowed
			// beyond is for a machine that is busy, and counted in steps,
			// since one that stands still ends nothing.
			const step = 5 * time.Millisecond
			for waited := time.Duration(0); lease.Context().Err() == nil; waited += step {
				if waited > k.Lease+k.Patience/4 {
					k.Errorf("a lease of %v goes on %v after it could not be renewed any more", k.Lease, waited)
					break
				}
				time.Sleep(step)
			}
			if repair != nil {
				repair()
			}
			k.wantLost(ctx, lease, "after it could not be renewed")
		},
	},
}

func (k *mutexKit) wantUnavailable(err error, call string) {
	k.wantError(err, interfaces.ErrUnavailable, call+" without the backend")
	if errors.Is(err, interfaces.ErrHeld) {
		k.Errorf("%s without the backend passes for a mutex that is held: %w", call, err)
	}
}
