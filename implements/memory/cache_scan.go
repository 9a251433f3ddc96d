package memory

import (
	"context"
	"iter"

	"github.com/fivcglue/fivcglue-go/internal/redisglob"
)

// ScanKeys implements interfaces.ICache. No lock is held while a key is
// yielded, and nothing is copied beforehand.
func (c *Cache) ScanKeys(ctx context.Context, pattern string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := c.admit(ctx); err != nil {
			yield("", err)
			return
		}
		for key := range c.entries.Keys() {
			if err := c.usable(ctx); err != nil {
				yield("", c.failed(err))
				return
			}
			if redisglob.Match(pattern, key) && !yield(key, nil) {
				return
			}
		}
		if err := c.closing(); err != nil {
			yield("", err)
		}
	}
}

// DeletePattern implements interfaces.ICache.
func (c *Cache) DeletePattern(ctx context.Context, pattern string) (int, error) {
	deleted := 0
	defer func() { c.counts.deletes.add(deleted) }()
	for key, err := range c.ScanKeys(ctx, pattern) {
		if err != nil {
			return deleted, err
		}
		if _, was := c.entries.Invalidate(key); was {
			deleted++
		}
	}
	return deleted, nil
}
