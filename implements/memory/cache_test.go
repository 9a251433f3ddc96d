package memory_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/memory"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
)

func newCache(t testing.TB, maxSize int) *memory.Cache {
	t.Helper()
	cache, err := memory.NewCache(t.Context(), nil, memory.CacheConfig{MaxSize: maxSize})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cache.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return cache
}

func TestCacheConforms(t *testing.T) {
	interfacestest.TestCache(t, func(t *testing.T) interfacestest.CacheHarness {
		t.Helper()
		return interfacestest.CacheHarness{Cache: newCache(t, 10_000)}
	})
}

func TestCacheConformsInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := interfacestest.CheckCache(t.Context(), func() (interfacestest.CacheHarness, error) {
			return interfacestest.CacheHarness{Cache: newCache(t, 10_000)}, nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// A bubble's clock moves only when it is told to, so that expiry can be seen
// to be exact.
func TestCacheExpiryIsExact(t *testing.T) {
	tests := []struct{ expire, stored time.Duration }{
		{time.Millisecond, time.Millisecond},
		{time.Millisecond + 1, 2 * time.Millisecond},
		{1500 * time.Millisecond, 1500 * time.Millisecond},
		{1500*time.Millisecond + 999_999, 1501 * time.Millisecond},
		{24 * time.Hour, 24 * time.Hour},
	}
	for _, test := range tests {
		t.Run(test.expire.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cache := newCache(t, 10)
				if err := cache.SetValue(t.Context(), "k", []byte("v"), test.expire); err != nil {
					t.Fatal(err)
				}
				if left, err := cache.GetExpire(t.Context(), "k"); err != nil || left != test.stored {
					t.Errorf("GetExpire = %v, %v; want %v", left, err, test.stored)
				}
				time.Sleep(test.stored - time.Nanosecond)
				if _, err := cache.GetValue(t.Context(), "k"); err != nil {
					t.Errorf("GetValue a nanosecond before: %v", err)
				}
				if left, err := cache.GetExpire(t.Context(), "k"); err != nil || left != 1 {
					t.Errorf("GetExpire a nanosecond before = %v, %v; want 1ns", left, err)
				}
				time.Sleep(time.Nanosecond)
				if _, err := cache.GetValue(t.Context(), "k"); !errors.Is(err, interfaces.ErrMiss) {
					t.Errorf("GetValue at its time: %v, want ErrMiss", err)
				}
			})
		})
	}
}

// What has expired is removed though nobody asks for it.
func TestCacheRemovesExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := newCache(t, 100)
		for i := range 10 {
			if err := cache.SetValue(t.Context(), strconv.Itoa(i), nil, time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		if err := cache.SetValue(t.Context(), "stays", nil, time.Hour); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute + 5*time.Second)
		synctest.Wait()
		if stats := cache.Stats(); stats.Size != 1 || stats.Evictions != 10 {
			t.Errorf("Stats = %+v, want a size of 1 and 10 evictions", stats)
		}
	})
}

func TestCacheIsBounded(t *testing.T) {
	for _, maxSize := range []int{1, 2, 100} {
		t.Run(strconv.Itoa(maxSize), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cache := newCache(t, maxSize)
				const stored = 5000
				for i := range stored {
					if err := cache.SetValue(t.Context(), strconv.Itoa(i), nil, time.Hour); err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait() // for what was begun by the last of them
				stats := cache.Stats()
				if stats.Size != int64(maxSize) {
					t.Errorf("it holds %d values, want %d", stats.Size, maxSize)
				}
				if got := int64(stats.Evictions) + stats.Size; got != stored {
					t.Errorf("%d evictions and %d values, want %d in all", stats.Evictions, stats.Size, stored)
				}
			})
		})
	}
}

// What is asked for often outlives a flood of what is never asked for.
func TestCacheKeepsWhatIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const hot, flood = 50, 5000
		cache := newCache(t, 100)
		for i := range flood {
			for _, key := range []string{fmt.Sprint("hot", i%hot), fmt.Sprint("cold", i)} {
				if _, err := cache.GetValue(t.Context(), key); err == nil {
					continue
				}
				if err := cache.SetValue(t.Context(), key, nil, time.Hour); err != nil {
					t.Fatal(err)
				}
			}
		}
		if hits := cache.Stats().Hits; hits < flood*8/10 {
			t.Errorf("of %d requests for %d hot keys %d were hits", flood, hot, hits)
		}
	})
}

func TestCacheMissNamesKey(t *testing.T) {
	_, err := newCache(t, 10).GetValue(t.Context(), "user:1")
	if want := `cache key "user:1": no such key`; err == nil || err.Error() != want {
		t.Errorf("GetValue of an absent key: %v, want %s", err, want)
	}
}

// A value that is there is never missed because Close empties the cache.
func TestCacheCloseWhileReading(t *testing.T) {
	reads := map[string]func(*memory.Cache) error{
		"GetValue": func(cache *memory.Cache) error {
			_, err := cache.GetValue(t.Context(), "k")
			return err
		},
		"GetValues": func(cache *memory.Cache) error {
			values, err := cache.GetValues(t.Context(), "k")
			if err == nil && len(values) == 0 {
				return interfaces.ErrMiss
			}
			return err
		},
		"GetExpire": func(cache *memory.Cache) error {
			_, err := cache.GetExpire(t.Context(), "k")
			return err
		},
	}
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			for range 300 {
				cache := newCache(t, 10)
				if err := cache.SetValue(t.Context(), "k", nil, time.Hour); err != nil {
					t.Fatal(err)
				}
				var reader sync.WaitGroup
				begun := make(chan struct{})
				reader.Go(func() {
					close(begun)
					for {
						switch err := read(cache); {
						case errors.Is(err, interfaces.ErrClosed):
							return
						case err != nil:
							t.Errorf("beside Close: %v, want the value or ErrClosed", err)
							return
						}
					}
				})
				<-begun
				if err := cache.Close(t.Context()); err != nil {
					t.Error(err)
				}
				reader.Wait()
			}
		})
	}
}

func TestCacheClose(t *testing.T) {
	cache := newCache(t, 10)
	if err := cache.SetValue(t.Context(), "k", []byte("v"), time.Hour); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := cache.Close(t.Context()); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	group.Wait()
	if stats := cache.Stats(); stats.Size != 0 || stats.Sets != 1 || stats.Evictions != 0 {
		t.Errorf("Stats after Close = %+v, want nothing held, one set and no evictions", stats)
	}
}

// A scan that is cut short must not look complete.
func TestCacheScanCutShort(t *testing.T) {
	tests := []struct {
		name string
		cut  func(cache *memory.Cache, cancel func()) error
		want error
	}{
		{"cancelled", func(_ *memory.Cache, cancel func()) error { cancel(); return nil }, context.Canceled},
		{"closed", func(cache *memory.Cache, _ func()) error { return cache.Close(context.Background()) }, interfaces.ErrClosed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			cache := newCache(t, 100)
			for i := range 100 {
				if err := cache.SetValue(ctx, strconv.Itoa(i), nil, time.Hour); err != nil {
					t.Fatal(err)
				}
			}
			var yielded int
			var last error
			for _, err := range cache.ScanKeys(ctx, "*") {
				yielded++
				last = err
				if yielded == 1 {
					if err := test.cut(cache, cancel); err != nil {
						t.Error(err)
					}
				}
			}
			if yielded != 2 || !errors.Is(last, test.want) {
				t.Errorf("the scan ended with yield %d, error %v; want one key and then %v", yielded, last, test.want)
			}
		})
	}
}

func TestCacheMissNamesTheKey(t *testing.T) {
	cache, err := memory.NewCache(t.Context(), nil, memory.DefaultCacheConfig())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cache.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	_, missing := cache.GetValue(t.Context(), "user:1")
	_, timeless := cache.GetExpire(t.Context(), "user:1")
	for call, err := range map[string]error{"GetValue": missing, "GetExpire": timeless} {
		if !errors.Is(err, interfaces.ErrMiss) || err.Error() != `cache key "user:1": no such key` {
			t.Errorf("%s of an absent key: %v, want a miss that names it", call, err)
		}
	}
}

func TestCacheConfigValidate(t *testing.T) {
	tests := []struct {
		name   string
		config memory.CacheConfig
		keys   []string
	}{
		{"defaults", memory.DefaultCacheConfig(), nil},
		{"one", memory.CacheConfig{MaxSize: 1, CleanupInterval: time.Minute}, nil},
		{"zero", memory.CacheConfig{}, []string{"max_size"}},
		{"negative", memory.CacheConfig{MaxSize: -1, CleanupInterval: -1}, []string{"max_size", "cleanup_interval"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.config.Validate()
			var keys []string
			if joined, ok := err.(interface{ Unwrap() []error }); ok {
				for _, err := range joined.Unwrap() {
					var keyErr component.KeyError
					if errors.As(err, &keyErr) {
						keys = append(keys, keyErr.Key)
					}
				}
			}
			if fmt.Sprint(keys) != fmt.Sprint(test.keys) {
				t.Errorf("Validate names %v, want %v: %v", keys, test.keys, err)
			}
			cache, newErr := memory.NewCache(t.Context(), nil, test.config)
			if (newErr == nil) != (err == nil) {
				t.Errorf("NewCache: %v, Validate: %v", newErr, err)
			}
			if cache != nil {
				if err := cache.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestCacheIsAClass(t *testing.T) {
	registry := component.NewRegistry()
	if err := memory.Register(registry); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"memory.Cache", "fivcglue.implements.caches_mem.CacheImpl"} {
		class, ok := registry.Class(name)
		if !ok || class.Name != "memory.Cache" {
			t.Fatalf("Class(%q) = %v, %t", name, class, ok)
		}
		if config := class.NewConfig(); *config.(*memory.CacheConfig) != memory.DefaultCacheConfig() {
			t.Errorf("NewConfig = %+v, want the defaults", config)
		}
	}
	site := component.NewSite()
	if err := component.RegisterInterface[interfaces.ICache](registry, "interfaces.ICache"); err != nil {
		t.Fatal(err)
	}
	class, _ := registry.Class("memory.Cache")
	caches, _ := registry.Interface("interfaces.ICache")
	err := site.Build(t.Context(), []component.Item{{
		Class:   class,
		Entries: []component.ItemEntry{{Interface: caches, Name: "Memory"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	cache, err := component.Get[interfaces.ICache](site, "Memory")
	if err != nil {
		t.Fatal(err)
	}
	if err := cache.SetValue(t.Context(), "k", nil, time.Hour); err != nil {
		t.Error(err)
	}
	if err := site.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := cache.SetValue(t.Context(), "k", nil, time.Hour); !errors.Is(err, interfaces.ErrClosed) {
		t.Errorf("SetValue after the site was closed: %v, want ErrClosed", err)
	}
}
