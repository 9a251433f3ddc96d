package interfacestest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
)

// harness gives a cache that is broken by wrap, or none, and every hook.
func harness(wrap func(*tiny) interfaces.ICache) interfacestest.CacheHarness {
	backend := newTiny()
	return interfacestest.CacheHarness{
		Cache: wrap(backend),
		Break: func() func() {
			backend.setState(interfaces.ErrUnavailable)
			return func() { backend.setState(nil) }
		},
		Hang: func() func() {
			setHung := func(hung bool) {
				backend.mu.Lock()
				defer backend.mu.Unlock()
				backend.hung = hung
			}
			setHung(true)
			return func() { setHung(false) }
		},
		StoreForever: func(key string, value []byte) error {
			backend.mu.Lock()
			defer backend.mu.Unlock()
			backend.entries[key] = tinyEntry{value: value}
			return nil
		},
		StoreForeign: func(key string) error {
			backend.mu.Lock()
			defer backend.mu.Unlock()
			backend.entries[key] = tinyEntry{foreign: true}
			return nil
		},
		Patience: time.Second,
	}
}

func correct(c *tiny) interfaces.ICache { return c }

// In subtests, with real time.
func TestCacheOfTheReference(t *testing.T) {
	t.Parallel()
	interfacestest.TestCache(t, func(*testing.T) interfacestest.CacheHarness {
		h := harness(correct)
		h.Patience = time.Minute // a machine may stand still
		return h
	})
}

// With a clock that Advance moves and nothing else does.
func TestCheckCacheAdvance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := interfacestest.CheckCache(t.Context(), func() (interfacestest.CacheHarness, error) {
			cache := newTiny()
			now := began
			cache.now = func() time.Time { return now }
			return interfacestest.CacheHarness{Cache: cache, Advance: func(d time.Duration) { now = now.Add(d) }}, nil
		})
		if err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it slept for %v, as if there were no Advance", took)
		}
	})
}

func TestCheckCacheWithoutHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := interfacestest.CheckCache(t.Context(), func() (interfacestest.CacheHarness, error) {
			return interfacestest.CacheHarness{Cache: newTiny()}, nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestCheckCacheOpenFails(t *testing.T) {
	broken := errors.New("no room")
	err := interfacestest.CheckCache(t.Context(), func() (interfacestest.CacheHarness, error) {
		return interfacestest.CacheHarness{}, broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("CheckCache = %v, want the error of open", err)
	}
}

func TestCheckCacheSkips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := interfacestest.CheckCache(t.Context(), func() (interfacestest.CacheHarness, error) {
			h := harness(wrap[neverCloses])
			h.Skip = map[string]string{"failure/closed": "it never closes", "failure/closed first": "it never closes"}
			return h, nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestFailure(t *testing.T) {
	seen := errors.New("seen\nand seen again")
	failure := &interfacestest.Failure{Check: "a/b", Promise: "it is so", Err: seen}
	if got, want := failure.Error(), "a/b: it is so: seen; and seen again"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if !errors.Is(failure, seen) {
		t.Error("it does not wrap what was seen")
	}
}

// Every fault is found by the checks that are about it, and by no others: a
// kit that fails everywhere says nothing.
func TestCheckCacheFindsFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range cacheFaults {
		t.Run(fault.name, func(t *testing.T) {
			var err error
			check := func(t *testing.T) {
				t.Helper()
				err = interfacestest.CheckCache(t.Context(), func() (interfacestest.CacheHarness, error) {
					h := harness(fault.wrap)
					if fault.blocks {
						h.Patience = 4 * time.Second // more than a machine stands still
					}
					return h, nil
				})
			}
			if fault.blocks {
				t.Parallel()
				check(t)
			} else {
				synctest.Test(t, func(t *testing.T) {
					check(t)
					time.Sleep(time.Hour) // until calls that the kit gave up on have ended
				})
			}
			got, want := failedChecks(err), slices.Sorted(slices.Values(fault.found))
			if !slices.Equal(got, want) {
				t.Errorf("found by\n\t%s\nwant\n\t%s\n%v", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"), err)
			}
		})
	}
}

// No check is idle: there is a fault that it finds.
func TestCacheFaultsFailEveryCheck(t *testing.T) {
	found := make(map[string]bool)
	for _, fault := range cacheFaults {
		for _, name := range fault.found {
			found[name] = true
		}
	}
	for _, name := range interfacestest.CacheCheckNames() {
		if !found[name] {
			t.Errorf("no fault is found by check %q", name)
		}
	}
}

// failedChecks returns the names of the checks in an answer of CheckCache.
func failedChecks(err error) []string {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var names []string
	for _, err := range joined.Unwrap() {
		var failure *interfacestest.Failure
		if errors.As(err, &failure) {
			names = append(names, failure.Check)
		}
	}
	slices.Sort(names)
	return names
}
