package interfacestest

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

const (
	// shortExpire is the expiry of what is to expire during a check.
	shortExpire = 120 * time.Millisecond

	// overdue is how much later than promised a value may still be there: a
	// backend's clock ticks in milliseconds, and a second would hide one that
	// counts in seconds.
	overdue = 250 * time.Millisecond

	// grain is the finest time that a backend need know.
	grain = 2 * time.Millisecond
)

var cacheExpiryChecks = []cacheCheck{
	{
		name: "expire/too short", promise: "an expire of less than a millisecond is ErrInvalid, and nothing is stored",
		run: func(ctx context.Context, k *cacheKit) {
			for _, expire := range []time.Duration{
				0, -1, 1, time.Millisecond - 1, -time.Millisecond, -time.Hour, math.MinInt64,
				// 999 µs, in case somebody rounds to the nearest.
				999 * time.Microsecond,
			} {
				key := k.key(expire.String())
				k.wantError(k.Cache.SetValue(ctx, key, nil, expire), interfaces.ErrInvalid, "SetValue with expire "+expire.String())
				k.wantMiss(ctx, key, "after SetValue with expire "+expire.String())
				added, err := k.Cache.AddValue(ctx, key, nil, expire)
				k.wantError(err, interfaces.ErrInvalid, "AddValue with expire "+expire.String())
				if added {
					k.Errorf("AddValue with expire %v reports that it stored", expire)
				}
				err = k.Cache.SetValues(ctx, map[string][]byte{key: nil}, expire)
				k.wantError(err, interfaces.ErrInvalid, "SetValues with expire "+expire.String())
				k.wantMiss(ctx, key, "after calls with expire "+expire.String())
			}
			key := k.key("kept")
			k.set(ctx, key, "v")
			k.wantError(k.Cache.SetValue(ctx, key, nil, 0), interfaces.ErrInvalid, "SetValue with expire 0")
			k.wantHit(ctx, key, "v", "of a key that an invalid SetValue was to replace")
		},
	},
	{
		name: "expire/shortest", promise: "an expire of one millisecond is stored and expires",
		run: func(ctx context.Context, k *cacheKit) {
			for _, expire := range []time.Duration{time.Millisecond, time.Millisecond + 1} {
				k.watchExpiry(ctx, k.key(expire.String()), expire, func(key string) error {
					return k.Cache.SetValue(ctx, key, []byte("v"), expire)
				})
			}
		},
	},
	{
		name: "expire/longest", promise: "the largest Duration is a valid expire, and as good as for ever",
		run: func(ctx context.Context, k *cacheKit) {
			const century = 100 * 365 * 24 * time.Hour
			key := k.key("longest")
			k.setFor(ctx, key, "v", math.MaxInt64)
			k.wantHit(ctx, key, "v", "of the longest expire")
			left, err := k.Cache.GetExpire(ctx, key)
			if err != nil || left < century {
				k.Errorf("GetExpire of the longest expire = %v, %w; want more than a century", left, err)
			}
			k.wait(ctx, grain)
			k.wantHit(ctx, key, "v", "of the longest expire, a moment later")
			added, err := k.Cache.AddValue(ctx, k.key("added"), nil, math.MaxInt64)
			if err != nil || !added {
				k.Errorf("AddValue with the longest expire = %t, %w; want true", added, err)
			}
			k.wantHit(ctx, k.key("added"), "", "of the longest expire given to AddValue")
		},
	},
	{
		name: "expire/on time", promise: "a value is there until its expire has passed, and not longer",
		run: func(ctx context.Context, k *cacheKit) {
			k.watchExpiry(ctx, k.key("set"), shortExpire, func(key string) error {
				return k.Cache.SetValue(ctx, key, []byte("v"), shortExpire)
			})
			k.watchExpiry(ctx, k.key("add"), shortExpire, func(key string) error {
				_, err := k.Cache.AddValue(ctx, key, []byte("v"), shortExpire)
				return err
			})
			k.watchExpiry(ctx, k.key("batch"), shortExpire, func(key string) error {
				return k.Cache.SetValues(ctx, map[string][]byte{key: []byte("v")}, shortExpire)
			})
		},
	},
	{
		name: "expire/fraction of a second", promise: "an expire of 1.5 s is 1.5 s",
		run: func(ctx context.Context, k *cacheKit) {
			const expire = 1500 * time.Millisecond
			k.watchExpiry(ctx, k.key("fraction"), expire, func(key string) error {
				return k.Cache.SetValue(ctx, key, []byte("v"), expire)
			})
		},
	},
	{
		name: "expire/gone everywhere", promise: "an expired value is there for no call, and its key is free",
		run: func(ctx context.Context, k *cacheKit) {
			key := k.key("gone")
			k.setFor(ctx, key, "v", shortExpire)
			k.wait(ctx, shortExpire+grain)
			if got, err := k.Cache.GetValues(ctx, key); err != nil || len(got) != 0 {
				k.Errorf("GetValues of an expired key = %q, %w; want none", got, err)
			}
			_, err := k.Cache.GetExpire(ctx, key)
			k.wantError(err, interfaces.ErrMiss, "GetExpire of an expired key")
			if keys, err := scan(ctx, k.Cache, k.prefix+"*"); err != nil || len(keys) != 0 {
				k.Errorf("ScanKeys over an expired key = %q, %w; want none", keys, err)
			}
			if n, err := k.Cache.DeleteValues(ctx, key); err != nil || n != 0 {
				k.Errorf("DeleteValues of an expired key = %d, %w; want 0", n, err)
			}
			k.setFor(ctx, key, "v", shortExpire)
			k.wait(ctx, shortExpire+grain)
			if n, err := k.Cache.DeletePattern(ctx, k.prefix+"*"); err != nil || n != 0 {
				k.Errorf("DeletePattern over an expired key = %d, %w; want 0", n, err)
			}
			k.setFor(ctx, key, "v", shortExpire)
			k.wait(ctx, shortExpire+grain)
			if added, err := k.Cache.AddValue(ctx, key, []byte("new"), longExpire); err != nil || !added {
				k.Errorf("AddValue of an expired key = %t, %w; want true", added, err)
			}
			k.wantHit(ctx, key, "new", "after AddValue of an expired key")
		},
	},
	{
		name: "expire/replaced", promise: "SetValue stores in the place of any expiry that the key had",
		run: func(ctx context.Context, k *cacheKit) {
			k.setFor(ctx, k.key("longer"), "first", shortExpire)
			k.set(ctx, k.key("longer"), "second")
			k.set(ctx, k.key("shorter"), "first")
			k.setFor(ctx, k.key("shorter"), "second", shortExpire)
			k.set(ctx, k.key("batch"), "first")
			if err := k.Cache.SetValues(ctx, map[string][]byte{k.key("batch"): nil}, shortExpire); err != nil {
				k.Fatalf("SetValues: %w", err)
			}
			k.wait(ctx, shortExpire+grain)
			k.wantHit(ctx, k.key("longer"), "second", "of a key that got a longer expire")
			k.wantMiss(ctx, k.key("shorter"), "of a key that got a shorter expire")
			k.wantMiss(ctx, k.key("batch"), "of a key that got a shorter expire by SetValues")
		},
	},
	{
		name: "expire/not by reading", promise: "reading a value does not prolong it",
		run: func(ctx context.Context, k *cacheKit) {
			key := k.key("read")
			k.setFor(ctx, key, "v", shortExpire)
			for range 6 {
				if _, err := k.Cache.GetValue(ctx, key); err != nil && !errors.Is(err, interfaces.ErrMiss) {
					k.Fatalf("GetValue: %w", err)
				}
				k.wait(ctx, shortExpire/4)
			}
			k.wantMiss(ctx, key, "of a key that was read until after its expire")
		},
	},
	{
		name: "expire/remaining", promise: "GetExpire returns how long a key has left",
		run: func(ctx context.Context, k *cacheKit) {
			for _, expire := range []time.Duration{1500 * time.Millisecond, 90 * time.Second, 1234567 * time.Millisecond, longExpire} {
				key := k.key(expire.String())
				watch := k.start()
				k.setFor(ctx, key, "v", expire)
				k.wantLeft(ctx, key, expire, watch)
				k.wait(ctx, 20*time.Millisecond)
				k.wantLeft(ctx, key, expire, watch)
			}
			watch := k.start()
			values := map[string][]byte{k.key("a"): nil, k.key("b"): nil}
			if err := k.Cache.SetValues(ctx, values, 90*time.Second); err != nil {
				k.Fatalf("SetValues: %w", err)
			}
			k.wantLeft(ctx, k.key("a"), 90*time.Second, watch)
			k.wantLeft(ctx, k.key("b"), 90*time.Second, watch)
			watch = k.start()
			if _, err := k.Cache.AddValue(ctx, k.key("c"), nil, 90*time.Second); err != nil {
				k.Fatalf("AddValue: %w", err)
			}
			k.wantLeft(ctx, k.key("c"), 90*time.Second, watch)
		},
	},
	{
		name: "expire/none", promise: "GetExpire returns NoExpire for a key that somebody stored without expiry",
		needs: func(h CacheHarness) string { return lacks(h.StoreForever == nil, "StoreForever") },
		run: func(ctx context.Context, k *cacheKit) {
			key := k.key("for ever")
			if err := k.StoreForever(key, []byte("v")); err != nil {
				k.Fatalf("StoreForever: %w", err)
			}
			k.wantHit(ctx, key, "v", "of a key without expiry")
			if left, err := k.Cache.GetExpire(ctx, key); err != nil || left != interfaces.NoExpire {
				k.Errorf("GetExpire of a key without expiry = %d ns, %w; want NoExpire, -1 ns", left, err)
			}
			watch := k.start()
			k.setFor(ctx, key, "v", 90*time.Second)
			k.wantLeft(ctx, key, 90*time.Second, watch)
		},
	},
}

func lacks(missing bool, hook string) string {
	if missing {
		return hook
	}
	return ""
}

// watchExpiry stores a value, sees that it is there for as long as it must be
// and sees it go. It is as strict as it can be without judging by when this
// goroutine happens to run: too early is by the time since before the call,
// too late by the time since after it, of which a backend whose clock is moved
// by Advance need know no more than that.
func (k *cacheKit) watchExpiry(ctx context.Context, key string, expire time.Duration, store func(key string) error) {
	before := k.start()
	if err := store(key); err != nil {
		k.Fatalf("store with expire %v: %w", expire, err)
	}
	after := k.start()
	for {
		asked := k.since(after)
		if k.Advance != nil {
			asked = k.advanced - after.advanced
		}
		_, err := k.Cache.GetValue(ctx, key)
		switch {
		case err != nil && !errors.Is(err, interfaces.ErrMiss):
			k.Fatalf("GetValue of a key with expire %v: %w", expire, err)
		case err != nil:
			if life := k.since(before); life+grain < expire {
				k.Errorf("a value with expire %v was gone after %v", expire, life)
			}
			return
		case asked > expire+overdue:
			k.Errorf("a value with expire %v was still there after %v", expire, asked)
			return
		}
		k.wait(ctx, max(time.Millisecond, expire/10))
	}
}

// wantLeft checks the answer of GetExpire against the time since before a key
// was stored, which may be more than it had on a machine that stood still.
func (k *cacheKit) wantLeft(ctx context.Context, key string, expire time.Duration, since stopwatch) {
	left, err := k.Cache.GetExpire(ctx, key)
	least := expire - k.since(since) - grain
	switch {
	case errors.Is(err, interfaces.ErrMiss) && least <= 0:
	case err != nil:
		k.Errorf("GetExpire of a key with expire %v: %w", expire, err)
	case left > expire:
		k.Errorf("GetExpire of a key with expire %v = %v, which is more than it had", expire, left)
	case left < least:
		k.Errorf("GetExpire of a key with expire %v = %v, want at least %v", expire, left, least)
	}
}

// wait has d pass on the backend's clock.
func (k *cacheKit) wait(ctx context.Context, d time.Duration) {
	if k.Advance != nil {
		k.advanced += d
		k.Advance(d)
		return
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
		k.Fatalf("wait for %v to pass: %w", d, ctx.Err())
	}
}

// stopwatch is a moment on the backend's clock.
type stopwatch struct {
	at       time.Time
	advanced time.Duration
}

func (k *cacheKit) start() stopwatch { return stopwatch{at: time.Now(), advanced: k.advanced} }

func (k *cacheKit) since(s stopwatch) time.Duration {
	return time.Since(s.at) + k.advanced - s.advanced
}
