package interfacestest

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var cacheValueChecks = []cacheCheck{
	{
		name: "values/set and get", promise: "a value comes back as it was stored, whatever bytes it has",
		run: func(ctx context.Context, k *cacheKit) {
			every := make([]byte, 256)
			for i := range every {
				every[i] = byte(i)
			}
			for _, value := range []string{"v", string(every), strings.Repeat("x", 1<<20), "\r\n$-1\r\n"} {
				k.set(ctx, k.key("value"), value)
				k.wantHit(ctx, k.key("value"), value, "after SetValue")
			}
		},
	},
	{
		name: "values/absent", promise: "a key that was never stored is ErrMiss",
		run: func(ctx context.Context, k *cacheKit) {
			k.wantMiss(ctx, k.key("never"), "of a key that was never stored")
			_, err := k.Cache.GetExpire(ctx, k.key("never"))
			k.wantError(err, interfaces.ErrMiss, "GetExpire of a key that was never stored")
		},
	},
	{
		name: "values/replace", promise: "SetValue stores in the place of any value that the key had",
		run: func(ctx context.Context, k *cacheKit) {
			k.set(ctx, k.key("replace"), "a longer first")
			k.set(ctx, k.key("replace"), "second")
			k.wantHit(ctx, k.key("replace"), "second", "after a second SetValue")
		},
	},
	{
		name: "values/nil and empty", promise: "nil is stored as empty, and a stored empty value is a hit",
		run: func(ctx context.Context, k *cacheKit) {
			for name, value := range map[string][]byte{"nil": nil, "empty": {}} {
				key := k.key(name)
				if err := k.Cache.SetValue(ctx, key, value, longExpire); err != nil {
					k.Fatalf("SetValue of %s: %w", name, err)
				}
				k.wantHit(ctx, key, "", "of a stored "+name+" value")
				got, err := k.Cache.GetValues(ctx, key)
				if _, ok := got[key]; err != nil || !ok {
					k.Errorf("GetValues of a stored %s value: there %t, error %w; want it there", name, ok, err)
				}
				if added, err := k.Cache.AddValue(ctx, key, []byte("v"), longExpire); err != nil || added {
					k.Errorf("AddValue over a stored %s value = %t, %w; want false", name, added, err)
				}
			}
			batch := k.key("nil in a batch")
			if err := k.Cache.SetValues(ctx, map[string][]byte{batch: nil}, longExpire); err != nil {
				k.Fatalf("SetValues with a nil value: %w", err)
			}
			k.wantHit(ctx, batch, "", "of a nil value stored by SetValues")
			added := k.key("nil added")
			if ok, err := k.Cache.AddValue(ctx, added, nil, longExpire); err != nil || !ok {
				k.Errorf("AddValue of nil = %t, %w; want true", ok, err)
			}
			k.wantHit(ctx, added, "", "of a nil value stored by AddValue")
		},
	},
	{
		name: "values/copied in", promise: "a value is copied when it is stored",
		run: func(ctx context.Context, k *cacheKit) {
			buffer := []byte("before")
			spoil := func() { copy(buffer, "SPOILT") }
			if err := k.Cache.SetValue(ctx, k.key("set"), buffer, longExpire); err != nil {
				k.Fatalf("SetValue: %w", err)
			}
			spoil()
			k.wantHit(ctx, k.key("set"), "before", "after the caller changed the bytes given to SetValue")

			copy(buffer, "before")
			if _, err := k.Cache.AddValue(ctx, k.key("add"), buffer, longExpire); err != nil {
				k.Fatalf("AddValue: %w", err)
			}
			spoil()
			k.wantHit(ctx, k.key("add"), "before", "after the caller changed the bytes given to AddValue")

			copy(buffer, "before")
			if err := k.Cache.SetValues(ctx, map[string][]byte{k.key("batch"): buffer}, longExpire); err != nil {
				k.Fatalf("SetValues: %w", err)
			}
			spoil()
			k.wantHit(ctx, k.key("batch"), "before", "after the caller changed the bytes given to SetValues")
		},
	},
	{
		name: "values/copied out", promise: "a value is copied when it is given, so that the receiver may change it",
		run: func(ctx context.Context, k *cacheKit) {
			key := k.key("out")
			k.set(ctx, key, "before")
			got, err := k.Cache.GetValue(ctx, key)
			if err != nil {
				k.Fatalf("GetValue: %w", err)
			}
			copy(got, "SPOILT")
			k.wantHit(ctx, key, "before", "after a caller changed the bytes that GetValue gave")

			many, err := k.Cache.GetValues(ctx, key)
			if err != nil {
				k.Fatalf("GetValues: %w", err)
			}
			copy(many[key], "SPOILT")
			k.wantHit(ctx, key, "before", "after a caller changed the bytes that GetValues gave")
		},
	},
	{
		name: "values/concurrent", promise: "a cache is safe for concurrent use, and no reader sees half of a value",
		run: checkConcurrent,
	},
}

// checkConcurrent has several goroutines do everything at once to few keys. It
// is worth most under the race detector.
func checkConcurrent(ctx context.Context, k *cacheKit) {
	const writers, readers, rounds, size = 6, 2, 60, 512
	keys := []string{k.key("a"), k.key("b"), k.key("c")}
	complaints := make(chan error, writers+readers)
	var group sync.WaitGroup
	work := func(f func(r *recorder, round int)) {
		group.Go(func() {
			r := &recorder{}
			r.protect(func() {
				for round := range rounds {
					f(r, round)
				}
			})
			for _, err := range r.errs[:min(1, len(r.errs))] {
				complaints <- err
			}
		})
	}
	for writer := range writers {
		value := bytes.Repeat([]byte{byte('a' + writer)}, size)
		work(func(r *recorder, round int) {
			writeAmongOthers(ctx, r, k.Cache, keys[(round+writer)%len(keys)], value, round)
		})
	}
	for range readers {
		work(func(r *recorder, _ int) {
			readAmongOthers(ctx, r, k.Cache, keys, k.prefix, size)
			// Between the steps of others, in controlled time too.
			time.Sleep(time.Microsecond / 2)
		})
	}
	group.Wait()
	close(complaints)
	for err := range complaints {
		k.Errorf("%w", err)
	}
}

func writeAmongOthers(ctx context.Context, r *recorder, cache interfaces.ICache, key string, value []byte, round int) {
	if err := cache.SetValue(ctx, key, value, longExpire); err != nil {
		r.Fatalf("SetValue among others: %w", err)
	}
	switch round % 4 {
	case 0:
		if _, err := cache.DeleteValues(ctx, key); err != nil {
			r.Fatalf("DeleteValues among others: %w", err)
		}
	case 1:
		if _, err := cache.AddValue(ctx, key, value, longExpire); err != nil {
			r.Fatalf("AddValue among others: %w", err)
		}
	case 2:
		if err := cache.SetValues(ctx, map[string][]byte{key: value}, longExpire); err != nil {
			r.Fatalf("SetValues among others: %w", err)
		}
	}
}

func readAmongOthers(ctx context.Context, r *recorder, cache interfaces.ICache, keys []string, prefix string, size int) {
	many, err := cache.GetValues(ctx, keys...)
	if err != nil {
		r.Fatalf("GetValues among others: %w", err)
	}
	for _, got := range many {
		if got == nil {
			continue // a miss, which other checks are about
		}
		if len(got) != size || bytes.Count(got, got[:1]) != size {
			r.Fatalf("GetValues among others gave %s, which nobody stored", short(string(got)))
		}
	}
	if _, err := scan(ctx, cache, prefix+"*"); err != nil {
		r.Fatalf("ScanKeys among others: %w", err)
	}
	cache.Stats()
}
