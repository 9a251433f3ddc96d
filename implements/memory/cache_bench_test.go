package memory_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/fivcglue/fivcglue-go/implements/memory"
)

var (
	benchSizes = []int{16, 1024, 65536}
	sink       []byte
	sinks      sync.Map // of *[]byte, one per goroutine
)

// newSink returns where a goroutine puts its values, so that they must be
// allocated for it as they are for a caller of GetValue.
func newSink() *[]byte {
	sink := new([]byte)
	sinks.Store(sink, nil)
	return sink
}

// bareCache is otter as a program would use it by itself, with the bound and
// the expiry that the component has.
func bareCache(b *testing.B) *otter.Cache[string, []byte] {
	b.Helper()
	cache := otter.Must(&otter.Options[string, []byte]{
		MaximumSize:      10_000,
		ExpiryCalculator: otter.ExpiryWriting[string, []byte](time.Hour),
	})
	b.Cleanup(func() { cache.StopAllGoroutines() })
	return cache
}

func benchKeys(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprint("user:", i)
	}
	return keys
}

// BenchmarkCacheGet compares a hit with otter's own and the copy of the value,
// which the contract wants. The keys are 1,000, so that there are more than
// fit in the nearest cache.
func BenchmarkCacheGet(b *testing.B) {
	keys := benchKeys(1000)
	for _, size := range benchSizes {
		b.Run(fmt.Sprintf("otter and copy/%d", size), func(b *testing.B) {
			cache := bareCache(b)
			for _, key := range keys {
				cache.Set(key, make([]byte, size))
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				value, ok := cache.GetIfPresent(keys[i%len(keys)])
				if !ok {
					b.Fatal("a miss")
				}
				sink = append([]byte(nil), value...)
				i++
			}
		})
		b.Run(fmt.Sprintf("component/%d", size), func(b *testing.B) {
			cache := filledCache(b, keys, size)
			ctx := b.Context()
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				value, err := cache.GetValue(ctx, keys[i%len(keys)])
				if err != nil {
					b.Fatal(err)
				}
				sink = value
				i++
			}
		})
	}
}

func BenchmarkCacheGetParallel(b *testing.B) {
	keys := benchKeys(1000)
	const size = 16
	b.Run("otter and copy", func(b *testing.B) {
		cache := bareCache(b)
		for _, key := range keys {
			cache.Set(key, make([]byte, size))
		}
		b.RunParallel(func(pb *testing.PB) {
			kept := newSink()
			for i := 0; pb.Next(); i++ {
				value, ok := cache.GetIfPresent(keys[i%len(keys)])
				if !ok {
					b.Error("a miss")
					return
				}
				*kept = append([]byte(nil), value...)
			}
		})
	})
	b.Run("component", func(b *testing.B) {
		cache := filledCache(b, keys, size)
		ctx := b.Context()
		b.RunParallel(func(pb *testing.PB) {
			kept := newSink()
			for i := 0; pb.Next(); i++ {
				value, err := cache.GetValue(ctx, keys[i%len(keys)])
				if err != nil {
					b.Error(err)
					return
				}
				*kept = value
			}
		})
	})
}

func BenchmarkCacheMiss(b *testing.B) {
	cache := filledCache(b, nil, 0)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cache.GetValue(ctx, "absent"); err == nil {
			b.Fatal("a hit")
		}
	}
}

func BenchmarkCacheSet(b *testing.B) {
	keys := benchKeys(1000)
	value := make([]byte, 1024)
	b.Run("otter and copy", func(b *testing.B) {
		cache := bareCache(b)
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			cache.Set(keys[i%len(keys)], append([]byte(nil), value...))
			i++
		}
	})
	b.Run("component", func(b *testing.B) {
		cache := filledCache(b, nil, 0)
		ctx := b.Context()
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			if err := cache.SetValue(ctx, keys[i%len(keys)], value, time.Hour); err != nil {
				b.Fatal(err)
			}
			i++
		}
	})
}

func BenchmarkCacheScan(b *testing.B) {
	keys := benchKeys(10_000)
	cache := filledCache(b, keys, 0)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range cache.ScanKeys(ctx, "user:*7") {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func filledCache(b *testing.B, keys []string, size int) *memory.Cache {
	b.Helper()
	cache := newCache(b, 10_000)
	for _, key := range keys {
		if err := cache.SetValue(b.Context(), key, make([]byte, size), time.Hour); err != nil {
			b.Fatal(err)
		}
	}
	return cache
}
