package interfacestest_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redisglob"
)

// tiny is the smallest cache that keeps every promise, and what the broken
// ones are made of.
type tiny struct {
	mu      sync.Mutex
	entries map[string]tinyEntry
	stats   interfaces.CacheStats
	state   error // given by every call once it is set
	hung    bool  // have calls wait for their context

	// What a broken cache may replace.
	match     func(pattern, key string) bool
	now       func() time.Time
	expires   func(now time.Time, expire time.Duration) time.Time
	cloneIn   func([]byte) []byte
	cloneOut  func([]byte) []byte
	translate func(error) error // of every call that is refused
}

type tinyEntry struct {
	value   []byte
	expires time.Time // zero for never
	foreign bool      // of a type that is not a cache's
}

func newTiny() *tiny {
	return &tiny{
		entries:   make(map[string]tinyEntry),
		match:     redisglob.Match,
		now:       time.Now,
		expires:   func(now time.Time, expire time.Duration) time.Time { return now.Add(expire) },
		cloneIn:   bytes.Clone,
		cloneOut:  bytes.Clone,
		translate: func(err error) error { return err },
	}
}

func (c *tiny) GetValue(ctx context.Context, key string) ([]byte, error) {
	values, err := c.GetValues(ctx, key)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	foreign := c.entries[key].foreign
	c.mu.Unlock()
	if foreign {
		return nil, fmt.Errorf("get %q: another type: %w", key, interfaces.ErrInvalid)
	}
	value, ok := values[key]
	if !ok {
		return nil, fmt.Errorf("get %q: %w", key, interfaces.ErrMiss)
	}
	return value, nil
}

func (c *tiny) GetValues(ctx context.Context, keys ...string) (map[string][]byte, error) {
	values := make(map[string][]byte)
	err := c.do(ctx, keys, func() {
		for _, key := range keys {
			if entry, ok := c.live(key); ok && !entry.foreign {
				values[key] = c.cloneOut(entry.value)
				c.stats.Hits++
			} else {
				c.stats.Misses++
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return values, nil
}

func (c *tiny) SetValue(ctx context.Context, key string, value []byte, expire time.Duration) error {
	return c.SetValues(ctx, map[string][]byte{key: value}, expire)
}

func (c *tiny) SetValues(ctx context.Context, values map[string][]byte, expire time.Duration) error {
	if len(values) == 0 {
		return c.do(ctx, nil, func() {})
	}
	var keys []string
	for key := range values {
		keys = append(keys, key)
	}
	return c.do(ctx, keys, func() {
		for key, value := range values {
			c.store(key, value, expire)
		}
	}, expire)
}

func (c *tiny) AddValue(ctx context.Context, key string, value []byte, expire time.Duration) (added bool, err error) {
	err = c.do(ctx, []string{key}, func() {
		if _, ok := c.live(key); !ok {
			c.store(key, value, expire)
			added = true
		}
	}, expire)
	return added, err
}

func (c *tiny) DeleteValues(ctx context.Context, keys ...string) (n int, err error) {
	err = c.do(ctx, keys, func() {
		for _, key := range keys {
			if _, ok := c.live(key); ok {
				delete(c.entries, key)
				n++
			}
		}
		c.stats.Deletes += uint64(n)
	})
	return n, err
}

func (c *tiny) GetExpire(ctx context.Context, key string) (left time.Duration, err error) {
	err = c.do(ctx, []string{key}, func() {
		entry, ok := c.live(key)
		switch {
		case !ok:
			left = 0
		case entry.expires.IsZero():
			left = interfaces.NoExpire
		default:
			left = entry.expires.Sub(c.now())
		}
	})
	if err == nil && left == 0 {
		return 0, interfaces.ErrMiss
	}
	return left, err
}

func (c *tiny) ScanKeys(ctx context.Context, pattern string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		var found []string
		err := c.do(ctx, nil, func() {
			for key := range c.entries {
				if _, ok := c.live(key); ok && c.match(pattern, key) {
					found = append(found, key)
				}
			}
		})
		if err != nil {
			yield("", err)
			return
		}
		for _, key := range found {
			if !yield(key, nil) {
				return
			}
		}
	}
}

func (c *tiny) DeletePattern(ctx context.Context, pattern string) (int, error) {
	var keys []string
	for key, err := range c.ScanKeys(ctx, pattern) {
		if err != nil {
			return 0, err
		}
		keys = append(keys, key)
	}
	return c.DeleteValues(ctx, keys...)
}

func (c *tiny) Stats() interfaces.CacheStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	stats := c.stats
	for key := range c.entries {
		if _, ok := c.live(key); ok {
			stats.Size++
		}
	}
	return stats
}

func (c *tiny) Close() error {
	c.setState(interfaces.ErrClosed)
	return nil
}

func (c *tiny) setState(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = err
}

// do runs f with the lock held if the call is a valid one.
func (c *tiny) do(ctx context.Context, keys []string, f func(), expire ...time.Duration) error {
	err := c.admit(ctx, keys, expire...)
	if err != nil {
		err = c.translate(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.stats.Errors++
		return err
	}
	f()
	return nil
}

func (c *tiny) admit(ctx context.Context, keys []string, expire ...time.Duration) error {
	c.mu.Lock()
	state, hung := c.state, c.hung
	c.mu.Unlock()
	if hung {
		<-ctx.Done()
		return errors.Join(ctx.Err(), interfaces.ErrUnavailable)
	}
	if err := cmp.Or(state, ctx.Err()); err != nil {
		return err
	}
	return cmp.Or(c.checkKeys(keys), c.checkExpires(expire...))
}

func (c *tiny) checkKeys(keys []string) error {
	for _, key := range keys {
		if key == "" || len(key) > interfaces.MaxKeySize {
			return fmt.Errorf("key of %d bytes: %w", len(key), interfaces.ErrInvalid)
		}
	}
	return nil
}

func (c *tiny) checkExpires(expires ...time.Duration) error {
	for _, expire := range expires {
		if expire < time.Millisecond {
			return fmt.Errorf("expire %v: %w", expire, interfaces.ErrInvalid)
		}
	}
	return nil
}

// refuse counts a call that fails with err.
func (c *tiny) refuse(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Errors++
	return err
}

func (c *tiny) isHung() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hung
}

func (c *tiny) store(key string, value []byte, expire time.Duration) {
	c.entries[key] = tinyEntry{value: c.cloneIn(value), expires: c.expires(c.now(), expire)}
	c.stats.Sets++
}

func (c *tiny) live(key string) (tinyEntry, bool) {
	entry, ok := c.entries[key]
	if ok && !entry.expires.IsZero() && !c.now().Before(entry.expires) {
		return tinyEntry{}, false
	}
	return entry, ok
}
