package benchmarks

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/fivcglue/fivcglue-go/implements/memory"
)

const cacheSize = 10_000

func newMemory(t *testing.T) *memory.Cache {
	t.Helper()
	config := memory.DefaultCacheConfig()
	config.MaxSize = cacheSize
	c, err := memory.NewCache(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// newOtter is otter as a program would use it by itself, with the same bound
// and expiry.
func newOtter(t *testing.T) *otter.Cache[string, []byte] {
	t.Helper()
	c := otter.Must(&otter.Options[string, []byte]{
		MaximumSize:      cacheSize,
		ExpiryCalculator: otter.ExpiryWriting[string, []byte](time.Hour),
	})
	t.Cleanup(func() { c.StopAllGoroutines() })
	return c
}

// copied keeps the compiler from leaving out what is measured.
var copied []byte

func TestMemory(t *testing.T) {
	keys := make([]string, 1_000)
	for i := range keys {
		keys[i] = fmt.Sprint("user:", i)
	}
	for _, size := range []int{16, 1024} {
		cache, bare := newMemory(t), newOtter(t)
		value := make([]byte, size)
		for _, key := range keys {
			if err := cache.SetValue(t.Context(), key, value, time.Hour); err != nil {
				t.Fatal(err)
			}
			bare.Set(key, value)
		}
		each := func(work func(key string)) func(n int) {
			return func(n int) {
				for i := range n {
					work(keys[i%len(keys)])
				}
			}
		}
		ctx := t.Context()
		compare(t, fmt.Sprintf("memory GetValue, a hit of %d bytes", size),
			ours("memory.Cache", each(func(key string) {
				got, err := cache.GetValue(ctx, key)
				if err != nil {
					panic(err)
				}
				copied = got
			})),
			peer("otter and the copy", each(func(key string) {
				got, ok := bare.GetIfPresent(key)
				if !ok {
					panic(key)
				}
				copied = append([]byte(nil), got...)
			})).atMost(1.3),
		)
		compare(t, fmt.Sprintf("memory SetValue of %d bytes", size),
			ours("memory.Cache", each(func(key string) {
				if err := cache.SetValue(ctx, key, value, time.Hour); err != nil {
					panic(err)
				}
			})),
			peer("otter and the copy", each(func(key string) {
				bare.Set(key, append([]byte(nil), value...))
			})),
		)
	}
}

// The keys that are asked for follow Zipf's law, and are ten times as many as
// there is room for.
func TestMemoryHitRatio(t *testing.T) {
	cache, bare := newMemory(t), newOtter(t)
	zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.01, 1, 10*cacheSize)
	requests := 50 * cacheSize
	oursHit, theirsHit := 0, 0
	for range requests {
		key := fmt.Sprint("user:", zipf.Uint64())
		if _, err := cache.GetValue(t.Context(), key); err == nil {
			oursHit++
		} else if err := cache.SetValue(t.Context(), key, nil, time.Hour); err != nil {
			t.Fatal(err)
		}
		if _, ok := bare.GetIfPresent(key); ok {
			theirsHit++
		} else {
			bare.Set(key, nil)
		}
	}
	report("memory hits, Zipf's law over 10 times the room", "hits",
		figure{name: "memory.Cache", value: float64(oursHit) / float64(requests)},
		figure{name: "otter", value: float64(theirsHit) / float64(requests), atLeast: 0.99},
	)
}
