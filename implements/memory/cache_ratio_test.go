package memory_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/maypok86/otter/v2"
)

// The component asks of otter what a program would ask of it by itself, so
// that it hits as often.
func TestCacheHitRatioIsOtters(t *testing.T) {
	const (
		maxSize  = 500
		keys     = 20_000
		requests = 40_000
		slack    = requests / 20 // what is dropped depends on when maintenance runs
	)
	cache := newCache(t, maxSize)
	bare := otter.Must(&otter.Options[string, []byte]{
		MaximumSize:      maxSize,
		ExpiryCalculator: otter.ExpiryWriting[string, []byte](time.Hour),
	})
	t.Cleanup(func() { bare.StopAllGoroutines() })

	zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.01, 1, keys-1)
	bareHits := 0
	for range requests {
		key := strconv.FormatUint(zipf.Uint64(), 10)
		if _, err := cache.GetValue(t.Context(), key); err != nil {
			if err := cache.SetValue(t.Context(), key, nil, time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		if _, ok := bare.GetIfPresent(key); ok {
			bareHits++
		} else {
			bare.Set(key, nil)
		}
	}
	hits := int(cache.Stats().Hits)
	if hits < bareHits-slack {
		t.Errorf("of %d requests %d are hits, of otter's own %d", requests, hits, bareHits)
	}
	if bareHits < requests/4 || bareHits > requests*9/10 {
		t.Errorf("otter's own hits are %d of %d: these keys compare nothing", bareHits, requests)
	}
	t.Logf("hits of %d requests: %d, of otter's own %d", requests, hits, bareHits)
}
