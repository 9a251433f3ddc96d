package redis_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func TestCallersThatShareRoundTripsGetTheirOwnAnswers(t *testing.T) {
	redistest.Each(t, func(t *testing.T, b redistest.Backend) {
		proxy := redistest.NewProxy(t, b.Addr)
		cache := newCache(t, proxy.Addr())
		const callers, rounds = 64, 50
		values := map[string][]byte{}
		for i := range callers / 2 { // the others miss
			values[fmt.Sprint("key:", i)] = fmt.Append(nil, "value:", i)
		}
		if err := cache.SetValues(t.Context(), values, time.Hour); err != nil {
			t.Fatal(err)
		}
		before := proxy.RoundTrips()
		var work sync.WaitGroup

		for i := range callers {
			work.Go(func() {
				key := fmt.Sprint("key:", i)
				for range rounds {
					got, err := cache.GetValue(t.Context(), key)
					switch want, there := values[key]; {
					case there && (err != nil || string(got) != string(want)):
						t.Errorf("GetValue(%s) = %q, %v; want %q", key, got, err, want)
					case !there && !errors.Is(err, interfaces.ErrMiss):
						t.Errorf("GetValue(%s) = %q, %v; want a miss", key, got, err)
					}
				}
			})
		}
		work.Wait()
		if trips := proxy.RoundTrips() - before; trips > callers*rounds/2 {
			t.Errorf("%d calls of %d callers at once took %d round trips", callers*rounds, callers, trips)
		}
		if stats := cache.Stats(); stats.Hits != callers*rounds/2 || stats.Misses != callers*rounds/2 {
			t.Errorf("Stats = %+v", stats)
		}
	})
}

func TestOneKeyOfAnotherTypeDoesNotSpoilTheOthers(t *testing.T) {
	mini := redistest.Mini(t)
	cache := newCache(t, mini.Addr())
	wantWorking(t, cache)
	if _, err := mini.Push("list", "element"); err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup

	for i := range 32 {
		work.Go(func() {
			for range 20 {
				if i%2 == 0 {
					if _, err := cache.GetValue(t.Context(), "k"); err != nil {
						t.Errorf("GetValue(k): %v", err)
					}
				} else if _, err := cache.GetValue(t.Context(), "list"); !errors.Is(err, interfaces.ErrInvalid) {
					t.Errorf("GetValue(list): %v", err)
				}
			}
		})
	}
	work.Wait()
}

// Each of the callers that share a round trip has its own deadline.
func TestDeadlineOfOneCallerIsNotTheOthers(t *testing.T) {
	proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
	cache := newCache(t, proxy.Addr())
	wantWorking(t, cache)
	proxy.Delay(100 * time.Millisecond)
	var work sync.WaitGroup

	for i := range 20 {
		work.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if i%2 == 0 {
				cancel()
				ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
				defer cancel()
			}
			_, err := cache.GetValue(ctx, "k")
			if short := i%2 == 0; short != errors.Is(err, context.DeadlineExceeded) || !short && err != nil {
				t.Errorf("short deadline %v: %v", short, err)
			}
		})
	}
	work.Wait()
}
