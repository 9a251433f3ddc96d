package interfacestest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

var cacheBatchChecks = []cacheCheck{
	{
		name: "batch/nothing to do", promise: "no keys and a nil or empty map are nothing to do, and no error, whatever the expire",
		run: func(ctx context.Context, k *cacheKit) {
			if got, err := k.Cache.GetValues(ctx); err != nil || got == nil || len(got) != 0 {
				k.Errorf("GetValues of no keys = %v, %w; want an empty map that is not nil", got, err)
			}
			if n, err := k.Cache.DeleteValues(ctx); err != nil || n != 0 {
				k.Errorf("DeleteValues of no keys = %d, %w; want 0", n, err)
			}
			for name, values := range map[string]map[string][]byte{"nil": nil, "empty": {}} {
				for _, expire := range []time.Duration{longExpire, 0, -1} {
					if err := k.Cache.SetValues(ctx, values, expire); err != nil {
						k.Errorf("SetValues of a map that is %s, with expire %v: %w; want no error", name, expire, err)
					}
				}
			}
		},
	},
	{
		name: "batch/get", promise: "GetValues gives the values that are there; misses are absent from a map that is never nil",
		run: func(ctx context.Context, k *cacheKit) {
			k.set(ctx, k.key("a"), "1")
			k.set(ctx, k.key("b"), "2")
			got, err := k.Cache.GetValues(ctx, k.key("a"), k.key("absent"), k.key("b"), k.key("a"))
			if err != nil {
				k.Fatalf("GetValues: %w", err)
			}
			if len(got) != 2 || string(got[k.key("a")]) != "1" || string(got[k.key("b")]) != "2" {
				k.Errorf("GetValues of a, an absent key, b and a again = %q, want a: 1 and b: 2", got)
			}
			if none, err := k.Cache.GetValues(ctx, k.key("absent")); err != nil || none == nil || len(none) != 0 {
				k.Errorf("GetValues of an absent key = %v, %w; want an empty map that is not nil", none, err)
			}
		},
	},
	{
		name: "batch/set", promise: "SetValues stores all of its values",
		run: func(ctx context.Context, k *cacheKit) {
			values := make(map[string][]byte)
			var keys []string
			for i := range 300 {
				key := k.key(fmt.Sprint(i))
				keys = append(keys, key)
				values[key] = fmt.Append(nil, "value ", i)
			}
			if err := k.Cache.SetValues(ctx, values, longExpire); err != nil {
				k.Fatalf("SetValues: %w", err)
			}
			got, err := k.Cache.GetValues(ctx, keys...)
			if err != nil {
				k.Fatalf("GetValues: %w", err)
			}
			for _, key := range keys {
				if string(got[key]) != string(values[key]) {
					k.Fatalf("GetValues after SetValues of 300 gave %s for %s, want %s", short(string(got[key])), key, values[key])
				}
			}
		},
	},
	{
		name: "batch/delete", promise: "DeleteValues removes keys and returns how many of them were there",
		run: func(ctx context.Context, k *cacheKit) {
			k.set(ctx, k.key("a"), "1")
			k.set(ctx, k.key("b"), "2")
			k.set(ctx, k.key("stays"), "3")
			if n, err := k.Cache.DeleteValues(ctx, k.key("a"), k.key("absent"), k.key("a"), k.key("b")); err != nil || n != 2 {
				k.Errorf("DeleteValues of two keys, one of them twice, and of an absent one = %d, %w; want 2", n, err)
			}
			k.wantMiss(ctx, k.key("a"), "after DeleteValues")
			k.wantMiss(ctx, k.key("b"), "after DeleteValues")
			k.wantHit(ctx, k.key("stays"), "3", "of a key that was not deleted")
			if n, err := k.Cache.DeleteValues(ctx, k.key("a")); err != nil || n != 0 {
				k.Errorf("DeleteValues of a key that is no longer there = %d, %w; want 0", n, err)
			}
		},
	},
}

var cacheAddChecks = []cacheCheck{
	{
		name: "add/absent only", promise: "AddValue stores only if the key is absent, and reports whether it did",
		run: func(ctx context.Context, k *cacheKit) {
			key := k.key("add")
			if added, err := k.Cache.AddValue(ctx, key, []byte("first"), longExpire); err != nil || !added {
				k.Fatalf("AddValue of an absent key = %t, %w; want true", added, err)
			}
			if added, err := k.Cache.AddValue(ctx, key, []byte("second"), 2*longExpire); err != nil || added {
				k.Errorf("AddValue of a key that is there = %t, %w; want false", added, err)
			}
			k.wantHit(ctx, key, "first", "after AddValue of a key that is there")
			if left, err := k.Cache.GetExpire(ctx, key); err != nil || left > longExpire {
				k.Errorf("GetExpire after AddValue of a key that is there = %v, %w; want the expiry that it had", left, err)
			}
			if _, err := k.Cache.DeleteValues(ctx, key); err != nil {
				k.Fatalf("DeleteValues: %w", err)
			}
			if added, err := k.Cache.AddValue(ctx, key, []byte("third"), longExpire); err != nil || !added {
				k.Errorf("AddValue of a deleted key = %t, %w; want true", added, err)
			}
		},
	},
	{
		name: "add/exclusive", promise: "of several callers of AddValue at once at most one is told true",
		run: func(ctx context.Context, k *cacheKit) {
			const rounds, callers = 40, 16
			for round := range rounds {
				key := k.key(fmt.Sprint(round))
				var winners atomic.Int32
				var winner atomic.Int64
				failures := make(chan error, callers)
				var group sync.WaitGroup
				start := make(chan struct{})
				for caller := range callers {
					group.Go(func() {
						<-start
						added, err := k.Cache.AddValue(ctx, key, fmt.Append(nil, caller), longExpire)
						if err != nil {
							failures <- err
						}
						if added {
							winners.Add(1)
							winner.Store(int64(caller))
						}
					})
				}
				close(start)
				group.Wait()
				close(failures)
				for err := range failures {
					k.Fatalf("AddValue among %d callers: %w", callers, err)
				}
				if n := winners.Load(); n != 1 {
					k.Fatalf("of %d callers of AddValue at once %d were told true, want 1", callers, n)
				}
				k.wantHit(ctx, key, fmt.Sprint(winner.Load()), "of the value of the caller who was told true")
			}
		},
	},
}
