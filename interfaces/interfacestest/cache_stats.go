package interfacestest

import (
	"context"
	"strings"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var cacheStatsChecks = []cacheCheck{
	{
		name: "stats/counts", promise: "Stats counts what this component has done since it was built",
		run: checkCounts,
	},
	{
		name: "stats/size", promise: "Size is the number of values held, or -1 if that is not known",
		run: func(ctx context.Context, k *cacheKit) {
			before := k.Cache.Stats().Size
			if before == -1 {
				return
			}
			keys := k.fill(ctx, 10)
			k.wantSize("with ten values more", before+10)
			k.fill(ctx, 10)
			k.wantSize("with ten values replaced", before+10)
			if _, err := k.Cache.DeleteValues(ctx, keys[:4]...); err != nil {
				k.Fatalf("DeleteValues: %w", err)
			}
			k.wantSize("with four of ten values deleted", before+6)
		},
	},
}

func checkCounts(ctx context.Context, k *cacheKit) {
	var want interfaces.CacheStats
	before := k.Cache.Stats()
	step := func(what string, more interfaces.CacheStats, do func() error) {
		if err := do(); err != nil {
			k.Errorf("%s: %w", what, err)
		}
		want.Hits += more.Hits
		want.Misses += more.Misses
		want.Sets += more.Sets
		want.Deletes += more.Deletes
		want.Errors += more.Errors
		if got := gained(before, k.Cache.Stats()); got != want {
			k.Fatalf("after %s Stats counts %+v since the check began, want %+v", what, got, want)
		}
	}
	cache := k.Cache

	step("SetValue", interfaces.CacheStats{Sets: 1}, func() error {
		return cache.SetValue(ctx, k.key("a"), nil, longExpire)
	})
	step("SetValue of the same key", interfaces.CacheStats{Sets: 1}, func() error {
		return cache.SetValue(ctx, k.key("a"), nil, longExpire)
	})
	step("GetValue of a key that is there", interfaces.CacheStats{Hits: 1}, func() error {
		_, err := cache.GetValue(ctx, k.key("a"))
		return err
	})
	step("GetValue of an absent key", interfaces.CacheStats{Misses: 1}, func() error {
		k.wantMiss(ctx, k.key("absent"), "of an absent key")
		return nil
	})
	step("SetValues of two", interfaces.CacheStats{Sets: 2}, func() error {
		return cache.SetValues(ctx, map[string][]byte{k.key("b"): nil, k.key("c"): nil}, longExpire)
	})
	step("GetValues of two that are there and an absent one", interfaces.CacheStats{Hits: 2, Misses: 1}, func() error {
		_, err := cache.GetValues(ctx, k.key("a"), k.key("b"), k.key("absent"))
		return err
	})
	step("AddValue of an absent key", interfaces.CacheStats{Sets: 1}, func() error {
		_, err := cache.AddValue(ctx, k.key("d"), nil, longExpire)
		return err
	})
	step("AddValue of a key that is there", interfaces.CacheStats{}, func() error {
		_, err := cache.AddValue(ctx, k.key("d"), nil, longExpire)
		return err
	})
	step("DeleteValues of one that is there and an absent one", interfaces.CacheStats{Deletes: 1}, func() error {
		_, err := cache.DeleteValues(ctx, k.key("a"), k.key("absent"))
		return err
	})
	step("DeletePattern over three", interfaces.CacheStats{Deletes: 3}, func() error {
		_, err := cache.DeletePattern(ctx, k.prefix+"*")
		return err
	})
	step("invalid calls", interfaces.CacheStats{Errors: 3}, func() error {
		_, err := cache.GetValue(ctx, "")
		k.wantError(err, interfaces.ErrInvalid, "GetValue of the empty key")
		_, err = cache.GetValues(ctx, strings.Repeat("k", interfaces.MaxKeySize+1))
		k.wantError(err, interfaces.ErrInvalid, "GetValues of a key that is too large")
		k.wantError(cache.SetValue(ctx, k.key("a"), nil, 0), interfaces.ErrInvalid, "SetValue with expire 0")
		return nil
	})
	step("calls of nothing", interfaces.CacheStats{}, func() error {
		_, err := cache.GetValues(ctx)
		return err
	})
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	step("a cancelled call", interfaces.CacheStats{Errors: 1}, func() error {
		_, err := cache.GetValue(cancelled, k.key("a"))
		k.wantError(err, context.Canceled, "GetValue with a cancelled context")
		return nil
	})
}

// gained is what was counted between two answers of Stats. Evictions are left
// in: nothing that a check does here is one.
func gained(before, after interfaces.CacheStats) interfaces.CacheStats {
	return interfaces.CacheStats{
		Hits:      after.Hits - before.Hits,
		Misses:    after.Misses - before.Misses,
		Sets:      after.Sets - before.Sets,
		Deletes:   after.Deletes - before.Deletes,
		Errors:    after.Errors - before.Errors,
		Evictions: after.Evictions - before.Evictions,
	}
}

func (k *cacheKit) wantSize(when string, want int64) {
	if got := k.Cache.Stats().Size; got != want {
		k.Errorf("Stats().Size %s = %d, want %d", when, got, want)
	}
}
