package memory

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/internal/cacherule"
	"github.com/fivcglue/fivcglue-go/implements/internal/sitelog"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// CacheConfig is the configuration of a Cache.
type CacheConfig struct {
	// MaxSize is how many values the cache holds at most, at least one.
	MaxSize int `mapstructure:"max_size" min:"1" doc:"how many values the cache holds at most"`

	// CleanupInterval is accepted, for files that have it, and has no effect:
	// a value that has expired is never given, and the room that it takes is
	// free about a second later. It must not be negative.
	CleanupInterval time.Duration `mapstructure:"cleanup_interval" doc:"accepted and without effect: expired values are never given, and are removed within about a second"`
}

// DefaultCacheConfig returns the configuration of an item that has no keys:
// room for 10,000 values.
func DefaultCacheConfig() CacheConfig { return CacheConfig{MaxSize: 10_000} }

// Validate joins a component.KeyError for each key that is wrong.
func (c CacheConfig) Validate() error {
	var problems []error
	if c.MaxSize < 1 {
		problems = append(problems, component.KeyError{Key: "max_size", Err: fmt.Errorf("%d is less than 1", c.MaxSize)})
	}
	if c.CleanupInterval < 0 {
		problems = append(problems, component.KeyError{Key: "cleanup_interval", Err: fmt.Errorf("%v is negative", c.CleanupInterval)})
	}
	return errors.Join(problems...)
}

// Cache is an interfaces.ICache within this process: what it holds ends with
// the process, or with Close.
//
// It holds max_size values at most, soon after each call that stores, not at
// its end. When it is full it drops what is least likely to be asked for
// again, by how often and how lately it was asked for; that may well be the
// value that was just stored. So nothing but a cache can be built on it: no
// lock, no counter.
//
// Expiry goes by the monotonic clock and is exact to the nanosecond once the
// expire was rounded up: an expired value is never given, counted or scanned,
// though it may take room, and count in Stats().Size, for about a second more.
type Cache struct {
	entries *otter.Cache[string, entry]
	counts  cacheCounts
	closed  atomic.Bool
}

var _ interfaces.ICache = (*Cache)(nil)

// entry is a stored value. A string is a copy that nobody can change, and
// smaller than a slice.
type entry struct {
	value  string
	expire time.Duration
}

// NewCache returns an empty cache, which holds one goroutine until it is
// closed. site is where its logger is found and may be nil.
func NewCache(_ context.Context, site *component.Site, config CacheConfig) (*Cache, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("memory cache: %w", err)
	}
	c := &Cache{}
	entries, err := otter.New(&otter.Options[string, entry]{
		MaximumSize: config.MaxSize,
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[string, entry]) time.Duration {
			return e.Value.expire
		}),
		OnAtomicDeletion: c.counts.deletion,
		Logger:           cacheLogger{sitelog.For(site, "fivcglue.memory")},
	})
	if err != nil {
		return nil, fmt.Errorf("memory cache: %w", err)
	}
	c.entries = entries
	return c, nil
}

// Close empties the cache and ends its goroutine. Every call but Stats is
// interfaces.ErrClosed afterwards. Closing it again does nothing.
func (c *Cache) Close(context.Context) error {
	c.closed.Store(true)
	c.entries.InvalidateAll()
	c.entries.StopAllGoroutines()
	return nil
}

// GetValue implements interfaces.ICache.
func (c *Cache) GetValue(ctx context.Context, key string) ([]byte, error) {
	if err := c.admit(ctx, key); err != nil {
		return nil, err
	}
	found, ok := c.entries.GetIfPresent(key)
	if !ok {
		if err := c.closing(); err != nil {
			return nil, err
		}
		c.counts.misses.add(1)
		return nil, cacherule.Miss(key)
	}
	c.counts.hits.add(1)
	return []byte(found.value), nil
}

// GetValues implements interfaces.ICache.
func (c *Cache) GetValues(ctx context.Context, keys ...string) (map[string][]byte, error) {
	if err := c.admit(ctx, keys...); err != nil {
		return nil, err
	}
	values := make(map[string][]byte, len(keys))
	misses := 0
	for _, key := range keys {
		if found, ok := c.entries.GetIfPresent(key); ok {
			values[key] = []byte(found.value)
		} else {
			misses++
		}
	}
	if misses > 0 {
		if err := c.closing(); err != nil {
			return nil, err
		}
	}
	c.counts.hits.add(len(keys) - misses)
	c.counts.misses.add(misses)
	return values, nil
}

// SetValue implements interfaces.ICache.
func (c *Cache) SetValue(ctx context.Context, key string, value []byte, expire time.Duration) error {
	expire, err := c.admitStore(ctx, key, expire)
	if err != nil {
		return err
	}
	c.entries.Set(key, entry{string(value), expire})
	c.counts.sets.add(1)
	return nil
}

// SetValues implements interfaces.ICache. It stores all of values or, when it
// fails, none.
func (c *Cache) SetValues(ctx context.Context, values map[string][]byte, expire time.Duration) error {
	if err := c.usable(ctx); err != nil {
		return c.failed(err)
	}
	expire, err := cacherule.CheckStoreAll(values, expire)
	if err != nil {
		return c.failed(err)
	}
	for key, value := range values {
		c.entries.Set(key, entry{string(value), expire})
	}
	c.counts.sets.add(len(values))
	return nil
}

// AddValue implements interfaces.ICache. True does not mean that the value is
// still there: see Cache.
func (c *Cache) AddValue(ctx context.Context, key string, value []byte, expire time.Duration) (bool, error) {
	expire, err := c.admitStore(ctx, key, expire)
	if err != nil {
		return false, err
	}
	_, added := c.entries.SetIfAbsent(key, entry{string(value), expire})
	if added {
		c.counts.sets.add(1)
	}
	return added, nil
}

// DeleteValues implements interfaces.ICache.
func (c *Cache) DeleteValues(ctx context.Context, keys ...string) (int, error) {
	if err := c.admit(ctx, keys...); err != nil {
		return 0, err
	}
	deleted := 0
	for _, key := range keys {
		if _, was := c.entries.Invalidate(key); was {
			deleted++
		}
	}
	c.counts.deletes.add(deleted)
	return deleted, nil
}

// GetExpire implements interfaces.ICache. It does not count as asking for the
// value, neither in Stats nor for what is dropped when the cache is full.
func (c *Cache) GetExpire(ctx context.Context, key string) (time.Duration, error) {
	if err := c.admit(ctx, key); err != nil {
		return 0, err
	}
	found, ok := c.entries.GetEntryQuietly(key)
	if !ok {
		if err := c.closing(); err != nil {
			return 0, err
		}
		return 0, cacherule.Miss(key)
	}
	return found.ExpiresAfter(), nil
}

// admit returns the error of a call that may not be made, and counts it.
func (c *Cache) admit(ctx context.Context, keys ...string) error {
	if err := c.usable(ctx); err != nil {
		return c.failed(err)
	}
	if err := cacherule.CheckKeys(keys); err != nil {
		return c.failed(err)
	}
	return nil
}

// admitStore is admit for a call that stores. It returns the expire to store
// with.
func (c *Cache) admitStore(ctx context.Context, key string, expire time.Duration) (time.Duration, error) {
	if err := c.usable(ctx); err != nil {
		return 0, c.failed(err)
	}
	expire, err := cacherule.CheckStore(key, expire)
	if err != nil {
		return 0, c.failed(err)
	}
	return expire, nil
}

func (c *Cache) usable(ctx context.Context) error {
	if c.closed.Load() {
		return errClosed
	}
	return ctx.Err()
}

// closing returns the error of a call that does not find what it looks for,
// where that may be so because Close empties the cache: that is no miss.
func (c *Cache) closing() error {
	if c.closed.Load() {
		return c.failed(errClosed)
	}
	return nil
}

var errClosed = fmt.Errorf("memory cache: %w", interfaces.ErrClosed)

func (c *Cache) failed(err error) error {
	c.counts.errors.add(1)
	return err
}
