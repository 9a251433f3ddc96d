package interfacestest

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

const (
	maxMutexName = 1024
	minLease     = 10 * time.Millisecond
	maxLease     = 366 * 24 * time.Hour
)

var mutexArgumentChecks = []mutexCheck{
	{
		name:    "name/valid",
		promise: "a name is 1 to 1024 bytes of any value but braces",
		run: func(ctx context.Context, k *mutexKit) {
			tail := k.name
			for _, name := range []string{
				"a" + tail, tail + strings.Repeat("n", maxMutexName-len(tail)),
				"\x00\xff\n\r " + tail, "ключ:*?[x]" + tail, tail + ":fence", "mutex:" + tail,
			} {
				k.release(ctx, k.take(ctx, k.mutexOf(k.Site, name), longLease), "of mutex "+short(name))
			}
		},
	},
	{
		name:    "name/invalid",
		promise: "a name that is empty, longer than 1024 bytes or has a brace is ErrInvalid",
		run: func(_ context.Context, k *mutexKit) {
			for _, name := range []string{
				"", strings.Repeat("n", maxMutexName+1), "{", "}", "a{b", "a}b", "{a}", "{}",
			} {
				_, err := k.Site.GetMutex(name)
				k.wantError(err, interfaces.ErrInvalid, "GetMutex("+short(name)+")")
			}
		},
	},
	{
		name:    "expire/valid",
		promise: "a lease may be of 10 ms to 366 days",
		run: func(ctx context.Context, k *mutexKit) {
			for _, expire := range []time.Duration{maxLease, maxLease - time.Nanosecond, minLease + 1, minLease} {
				lease, err := k.mutex().Acquire(ctx, expire)
				// A backend may take longer to answer than a short one lasts.
				for deadline := time.Now().Add(k.Patience); errors.Is(err, interfaces.ErrUnavailable) && time.Now().Before(deadline); {
					time.Sleep(time.Millisecond)
					lease, err = k.mutex().Acquire(ctx, expire)
				}
				if err != nil {
					k.Errorf("Acquire for %v: %w", expire, err)
					continue
				}
				_ = lease.Release(ctx) // of the short ones the time may be over
			}
			lease := k.takeSoon(ctx, k.mutex(), longLease, "after short leases")
			if err := lease.Extend(ctx, maxLease); err != nil {
				k.Errorf("Extend for %v: %w", maxLease, err)
			}
			k.release(ctx, lease, "of a lease of a year")
		},
	},
	{
		name:    "expire/invalid",
		promise: "a lease below 10 ms or above 366 days is ErrInvalid, and changes nothing",
		run: func(ctx context.Context, k *mutexKit) {
			for _, expire := range []time.Duration{
				0, -1, -time.Second, 1, time.Millisecond, minLease - 1, maxLease + 1, math.MaxInt64, math.MinInt64,
			} {
				lease, err := k.mutex().TryAcquire(ctx, expire)
				k.wantError(err, interfaces.ErrInvalid, "TryAcquire for "+expire.String())
				if lease != nil {
					k.Fatalf("TryAcquire for %v gave a lease", expire)
				}
				_, err = k.mutex().Acquire(ctx, expire)
				k.wantError(err, interfaces.ErrInvalid, "Acquire for "+expire.String())

				lease = k.take(ctx, k.mutex(), longLease)
				k.wantError(lease.Extend(ctx, expire), interfaces.ErrInvalid, "Extend for "+expire.String())
				if lease.Context().Err() != nil {
					k.Errorf("an Extend for %v that was refused ended the lease", expire)
				}
				k.release(ctx, lease, "after an Extend that was refused")
			}
		},
	},
}
