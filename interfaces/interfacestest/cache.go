package interfacestest

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// CacheHarness is one cache to test and what can be done to its backend. Only
// Cache is required.
//
// The cache may share its backend with others: the kit works under keys of its
// own and leaves what it stored to expire. It must have room for 2,000 small
// values. The kit closes it, if it has a Close, once and with nothing to
// follow but what tests closing.
type CacheHarness struct {
	Cache interfaces.ICache

	// Advance moves the backend's clock forward, by at least d. Without it
	// the kit sleeps, which is what is right in testing/synctest too.
	Advance func(d time.Duration)

	// Break has the backend refuse all calls, at once, until repair is
	// called. repair may be nil: then recovery is not tested.
	Break func() (repair func())

	// Hang has the backend take calls and never answer, until repair is
	// called.
	Hang func() (repair func())

	// StoreForeign puts a value under key that a cache cannot have stored,
	// such as a Redis list.
	StoreForeign func(key string) error

	// StoreForever puts value under key without expiry.
	StoreForever func(key string, value []byte) error

	// Patience is how long the kit waits for what should happen at once, such
	// as a recovery or a call that must not block. Zero is ten seconds.
	Patience time.Duration

	// Skip names checks that this backend cannot pass, and why: for a
	// stand-in that does not do all that the real one does.
	Skip map[string]string
}

func (h CacheHarness) subject() any { return h.Cache }

// TestCache makes one subtest of t for each promise of interfaces.ICache.
// open is called by each subtest for a harness of its own; what it opens
// beside the cache it gives back with t.Cleanup.
func TestCache(t *testing.T, open func(t *testing.T) CacheHarness) {
	t.Helper()
	runTests(t, cacheChecks(), open, skippedCacheChecks)
}

// CheckCache returns nil if the caches that open gives keep all promises of
// interfaces.ICache, else a *Failure for each that they do not, joined with
// errors.Join. open is called once per check.
func CheckCache(ctx context.Context, open func() (CacheHarness, error)) error {
	return runChecks(ctx, cacheChecks(), open, skippedCacheChecks)
}

func skippedCacheChecks(h CacheHarness) map[string]string { return h.Skip }

func cacheChecks() []check[CacheHarness] {
	var checks []check[CacheHarness]
	for _, c := range slices.Concat(
		cacheValueChecks, cacheKeyChecks, cacheBatchChecks, cacheAddChecks, cacheExpiryChecks,
		cacheScanChecks, cacheStatsChecks, cacheContextChecks, cacheFailureChecks,
	) {
		checks = append(checks, check[CacheHarness]{
			name: c.name, promise: c.promise, needs: c.needs,
			run: func(ctx context.Context, r *recorder, h CacheHarness) {
				c.run(ctx, newCacheKit(r, h))
			},
		})
	}
	return checks
}

// cacheCheck is a check written against a cacheKit.
type cacheCheck struct {
	name    string
	promise string
	needs   func(CacheHarness) string
	run     func(ctx context.Context, k *cacheKit)
}

// cacheKit is what a check works with: a recorder, a cache, keys that nobody
// else uses, and a clock.
type cacheKit struct {
	*recorder
	CacheHarness
	prefix   string
	advanced time.Duration // by Advance, so far
}

// longExpire is the expiry of what must not expire during a check.
const longExpire = time.Hour

func newCacheKit(r *recorder, h CacheHarness) *cacheKit {
	if h.Patience <= 0 {
		h.Patience = 10 * time.Second
	}
	return &cacheKit{recorder: r, CacheHarness: h, prefix: "kit-" + rand.Text() + ":"}
}

// key returns a key of this check alone. Its prefix holds no character that
// means anything in a pattern.
func (k *cacheKit) key(name string) string { return k.prefix + name }

// set stores a value that has to be stored.
func (k *cacheKit) set(ctx context.Context, key, value string) {
	k.setFor(ctx, key, value, longExpire)
}

func (k *cacheKit) setFor(ctx context.Context, key, value string, expire time.Duration) {
	if err := k.Cache.SetValue(ctx, key, []byte(value), expire); err != nil {
		k.Fatalf("SetValue(%s, expire %v): %w", short(key), expire, err)
	}
}

// wantHit asks for a value that has to be there.
func (k *cacheKit) wantHit(ctx context.Context, key, want, when string) {
	switch got, err := k.Cache.GetValue(ctx, key); {
	case err != nil:
		k.Errorf("GetValue %s: %w; want a hit", when, err)
	case string(got) != want:
		k.Errorf("GetValue %s = %s, want %s", when, short(string(got)), short(want))
	}
}

// wantMiss asks for a value that must not be there.
func (k *cacheKit) wantMiss(ctx context.Context, key, when string) {
	got, err := k.Cache.GetValue(ctx, key)
	switch {
	case err == nil:
		k.Errorf("GetValue %s = %s, want ErrMiss", when, short(string(got)))
	case !errors.Is(err, interfaces.ErrMiss):
		k.Errorf("GetValue %s: %w; want ErrMiss", when, err)
	}
}

// wantError notes an error that is not the one that was wanted, and any error
// that passes for a miss though it is none.
func (k *cacheKit) wantError(err, want error, call string) {
	switch {
	case err == nil:
		k.Errorf("%s gave no error, want: %v", call, want)
	case !errors.Is(err, want):
		k.Errorf("%s: %w; want: %v", call, err, want)
	case !errors.Is(want, interfaces.ErrMiss) && errors.Is(err, interfaces.ErrMiss):
		k.Errorf("%s gave an error that is a miss as well: %w", call, err)
	}
}
