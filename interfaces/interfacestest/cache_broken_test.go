package interfacestest_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// wrapper is what the broken caches are: the reference with some methods of
// their own.
type wrapper[T any] interface {
	*T
	interfaces.ICache
	breakUp(c *tiny)
}

func wrap[T any, P wrapper[T]](c *tiny) interfaces.ICache {
	var broken P = new(T)
	broken.breakUp(c)
	return broken
}

// base is embedded by the broken caches.
type base struct{ *tiny }

func (b *base) breakUp(c *tiny) { b.tiny = c }

type foreverOnZero struct{ base }

func (c *foreverOnZero) SetValue(ctx context.Context, key string, value []byte, expire time.Duration) error {
	if expire == 0 {
		expire = math.MaxInt64
	}
	return c.tiny.SetValue(ctx, key, value, expire)
}

type prolongsOnRead struct{ base }

func (c *prolongsOnRead) GetValue(ctx context.Context, key string) ([]byte, error) {
	value, err := c.tiny.GetValue(ctx, key)
	c.mu.Lock()
	defer c.mu.Unlock()
	if entry, ok := c.live(key); ok && err == nil {
		entry.expires = entry.expires.Add(50 * time.Millisecond)
		c.entries[key] = entry
	}
	return value, err
}

type zeroForNone struct{ base }

func (c *zeroForNone) GetExpire(ctx context.Context, key string) (time.Duration, error) {
	left, err := c.tiny.GetExpire(ctx, key)
	return max(left, 0), err
}

type expireOfAbsent struct{ base }

func (c *expireOfAbsent) GetExpire(ctx context.Context, key string) (time.Duration, error) {
	left, err := c.tiny.GetExpire(ctx, key)
	if errors.Is(err, interfaces.ErrMiss) {
		return -2, nil
	}
	return left, err
}

type addSeesExpired struct{ base }

func (c *addSeesExpired) AddValue(ctx context.Context, key string, value []byte, expire time.Duration) (bool, error) {
	c.mu.Lock()
	_, there := c.entries[key]
	c.mu.Unlock()
	if err := c.admit(ctx, nil); there && err == nil {
		return false, nil
	}
	return c.tiny.AddValue(ctx, key, value, expire)
}

type losesNil struct{ base }

func (c *losesNil) SetValue(ctx context.Context, key string, value []byte, expire time.Duration) error {
	err := c.tiny.SetValue(ctx, key, value, expire)
	if err == nil && value == nil {
		_, err = c.tiny.DeleteValues(ctx, key)
	}
	return err
}

type emptyIsMiss struct{ base }

func (c *emptyIsMiss) GetValue(ctx context.Context, key string) ([]byte, error) {
	value, err := c.tiny.GetValue(ctx, key)
	if err == nil && len(value) == 0 {
		return nil, interfaces.ErrMiss
	}
	return value, err
}

type keepsFirst struct{ base }

func (c *keepsFirst) SetValue(ctx context.Context, key string, value []byte, expire time.Duration) error {
	_, err := c.tiny.AddValue(ctx, key, value, expire)
	return err
}

type tearsValues struct{ base }

func (c *tearsValues) SetValue(ctx context.Context, key string, value []byte, expire time.Duration) error {
	if half := len(value) / 2; half > 100 {
		first := append(bytes.Clone(value[:half]), make([]byte, len(value)-half)...)
		if err := c.tiny.SetValue(ctx, key, first, expire); err != nil {
			return err
		}
		time.Sleep(time.Microsecond)
	}
	return c.tiny.SetValue(ctx, key, value, expire)
}

type anyKey struct{ base }

func (c *anyKey) GetValue(ctx context.Context, key string) ([]byte, error) {
	if err := c.admit(ctx, nil); err == nil && (key == "" || len(key) > interfaces.MaxKeySize) {
		return nil, interfaces.ErrMiss
	}
	return c.tiny.GetValue(ctx, key)
}

type shortKeys struct{ base }

func (c *shortKeys) SetValue(ctx context.Context, key string, value []byte, expire time.Duration) error {
	if len(key) == interfaces.MaxKeySize {
		return interfaces.ErrInvalid
	}
	return c.tiny.SetValue(ctx, key, value, expire)
}

type trimsKeys struct{ base }

func (c *trimsKeys) SetValue(ctx context.Context, key string, value []byte, expire time.Duration) error {
	return c.tiny.SetValue(ctx, strings.TrimSpace(key), value, expire)
}

type nilMap struct{ base }

func (c *nilMap) GetValues(ctx context.Context, keys ...string) (map[string][]byte, error) {
	values, err := c.tiny.GetValues(ctx, keys...)
	if len(values) == 0 {
		return nil, err
	}
	return values, err
}

type nilForMiss struct{ base }

func (c *nilForMiss) GetValues(ctx context.Context, keys ...string) (map[string][]byte, error) {
	values, err := c.tiny.GetValues(ctx, keys...)
	if err == nil && len(keys) > 1 {
		for _, key := range keys {
			if _, ok := values[key]; !ok {
				values[key] = nil
			}
		}
	}
	return values, err
}

type setsHundred struct{ base }

func (c *setsHundred) SetValues(ctx context.Context, values map[string][]byte, expire time.Duration) error {
	if len(values) <= 100 {
		return c.tiny.SetValues(ctx, values, expire)
	}
	first := make(map[string][]byte)
	for key, value := range values {
		if first[key] = value; len(first) == 100 {
			break
		}
	}
	return c.tiny.SetValues(ctx, first, expire)
}

type emptyNeedsExpire struct{ base }

func (c *emptyNeedsExpire) SetValues(ctx context.Context, values map[string][]byte, expire time.Duration) error {
	if err := c.admit(ctx, nil, expire); err != nil {
		return c.refuse(err)
	}
	return c.tiny.SetValues(ctx, values, expire)
}

type emptyIsNothing struct{ base }

func (c *emptyIsNothing) SetValues(ctx context.Context, values map[string][]byte, expire time.Duration) error {
	if len(values) == 0 {
		return nil
	}
	return c.tiny.SetValues(ctx, values, expire)
}

// argumentsFirst looks at a key before anything else.
type argumentsFirst struct{ base }

func (c *argumentsFirst) GetValue(ctx context.Context, key string) ([]byte, error) {
	if err := c.checkKeys([]string{key}); err != nil {
		return nil, c.refuse(err)
	}
	return c.tiny.GetValue(ctx, key)
}

// expireFirst looks at an expire before anything else.
type expireFirst struct{ base }

func (c *expireFirst) AddValue(ctx context.Context, key string, value []byte, expire time.Duration) (bool, error) {
	if err := c.checkExpires(expire); err != nil {
		return false, c.refuse(err)
	}
	return c.tiny.AddValue(ctx, key, value, expire)
}

// contextFirst looks at the context before it looks whether it is closed.
type contextFirst struct{ base }

func (c *contextFirst) GetExpire(ctx context.Context, key string) (time.Duration, error) {
	if err := ctx.Err(); err != nil && !c.isHung() {
		return 0, c.refuse(err)
	}
	return c.tiny.GetExpire(ctx, key)
}

type countsGiven struct{ base }

func (c *countsGiven) DeleteValues(ctx context.Context, keys ...string) (int, error) {
	_, err := c.tiny.DeleteValues(ctx, keys...)
	return len(keys), err
}

type addInTwoSteps struct{ base }

func (c *addInTwoSteps) AddValue(ctx context.Context, key string, value []byte, expire time.Duration) (bool, error) {
	if _, err := c.GetExpire(ctx, key); !errors.Is(err, interfaces.ErrMiss) {
		return false, err
	}
	time.Sleep(time.Microsecond)
	err := c.SetValue(ctx, key, value, expire)
	return err == nil, err
}

type addOverwrites struct{ base }

func (c *addOverwrites) AddValue(ctx context.Context, key string, value []byte, expire time.Duration) (bool, error) {
	if added, err := c.tiny.AddValue(ctx, key, value, expire); err != nil || added {
		return added, err
	}
	return false, c.SetValue(ctx, key, value, expire)
}

type scansTwice struct{ base }

func (c *scansTwice) ScanKeys(ctx context.Context, pattern string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for key, err := range c.tiny.ScanKeys(ctx, pattern) {
			if !yield(key, err) || err == nil && !yield(key, nil) {
				return
			}
		}
	}
}

type onePage struct{ base }

func (c *onePage) ScanKeys(ctx context.Context, pattern string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		n := 0
		for key, err := range c.tiny.ScanKeys(ctx, pattern) {
			if n++; n > 50 || !yield(key, err) {
				return
			}
		}
	}
}

type scansOn struct{ base }

func (c *scansOn) ScanKeys(ctx context.Context, pattern string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for key, err := range c.tiny.ScanKeys(ctx, pattern) {
			if !yield(key, err) || err != nil && !yield("again", nil) {
				return
			}
		}
	}
}

type scanSwallows struct{ base }

func (c *scanSwallows) ScanKeys(ctx context.Context, pattern string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for key, err := range c.tiny.ScanKeys(ctx, pattern) {
			if err != nil || !yield(key, nil) {
				return
			}
		}
	}
}

type scanLocks struct{ base }

func (c *scanLocks) ScanKeys(ctx context.Context, pattern string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		next, stop := iter.Pull2(c.tiny.ScanKeys(ctx, pattern))
		defer stop()
		for key, err, ok := next(); ok; key, err, ok = next() {
			c.mu.Lock()
			more := yield(key, err)
			c.mu.Unlock()
			if !more {
				return
			}
		}
	}
}

type countsCalls struct{ base }

func (c *countsCalls) Stats() interfaces.CacheStats {
	stats := c.tiny.Stats()
	stats.Hits = min(stats.Hits, 1)
	return stats
}

type missIsError struct{ base }

func (c *missIsError) Stats() interfaces.CacheStats {
	stats := c.tiny.Stats()
	stats.Errors += stats.Misses
	return stats
}

type wrongSize struct{ base }

func (c *wrongSize) Stats() interfaces.CacheStats {
	stats := c.tiny.Stats()
	stats.Size = int64(stats.Sets)
	return stats
}

type statsAsks struct{ base }

func (c *statsAsks) Stats() interfaces.CacheStats {
	if c.isHung() {
		time.Sleep(time.Minute)
	}
	return c.tiny.Stats()
}

type neverCloses struct{ base }

func (c *neverCloses) Close() error { return nil }

type foreignIsMiss struct{ base }

func (c *foreignIsMiss) GetValue(ctx context.Context, key string) ([]byte, error) {
	value, err := c.tiny.GetValue(ctx, key)
	if strings.HasSuffix(key, ":foreign") && errors.Is(err, interfaces.ErrInvalid) {
		return nil, interfaces.ErrMiss
	}
	return value, err
}

type staysDown struct {
	base
	down bool
}

func (c *staysDown) GetValue(ctx context.Context, key string) ([]byte, error) {
	if c.down {
		return nil, interfaces.ErrUnavailable
	}
	value, err := c.tiny.GetValue(ctx, key)
	c.down = errors.Is(err, interfaces.ErrUnavailable)
	return value, err
}
