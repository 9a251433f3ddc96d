package redis

import (
	"context"
	"hash/maphash"
	"iter"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// scanCount is how many keys the server looks at in one step of a scan.
const scanCount = 1000

// ScanKeys yields the keys that match pattern, each once.
//
// The server repeats keys when its tables grow or shrink meanwhile. What was
// yielded is remembered as a hash of 16 bytes, not as the key, for as long as
// the scan goes on: some 40 bytes for each key that matches. Which of the keys
// are there from beginning to end the server does not know either once it has
// been restarted.
func (c *Cache) ScanKeys(ctx context.Context, pattern string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		seen := newSeen()
		if c.connection.clustered() {
			c.scanCluster(ctx, pattern, seen, yield)
			return
		}
		for page, err := range c.pages(ctx, "scan keys", pattern) {
			if err != nil {
				yield("", c.failed(err))
				return
			}
			for _, key := range page {
				if seen.add(key) && !yield(key[len(c.prefix):], nil) {
					return
				}
			}
		}
	}
}

// DeletePattern removes the keys that match pattern, page by page as the scan
// finds them. A key that the scan finds twice is gone by then and counts once.
func (c *Cache) DeletePattern(ctx context.Context, pattern string) (int, error) {
	if c.connection.clustered() {
		return c.deleteInCluster(ctx, pattern)
	}
	deleted := 0
	for page, err := range c.pages(ctx, "delete pattern", pattern) {
		if err != nil {
			return deleted, c.failed(err)
		}
		n, err := c.unlink(ctx, "delete pattern", page)
		deleted += n
		if err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}

// pages yields the keys that match pattern, in full and as the server gives
// them. Pages are never empty, but keys may come twice.
func (c *Cache) pages(ctx context.Context, op, pattern string) iter.Seq2[[]string, error] {
	return c.pagesOf(ctx, op, pattern, func(client goredis.UniversalClient) goredis.Cmdable { return client })
}

// pagesOf does as pages, with the client that of gives.
func (c *Cache) pagesOf(
	ctx context.Context, op, pattern string, of func(goredis.UniversalClient) goredis.Cmdable,
) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		match := escapeGlob(c.prefix) + pattern
		if match == "" { // which go-redis takes for every key
			if err := c.connection.admit(ctx, op); err != nil {
				yield(nil, err)
			}
			return
		}

		for cursor := uint64(0); ; {
			var (
				page []string
				next uint64
			)

			err := c.connection.do(ctx, op, true, func(ctx context.Context, client goredis.UniversalClient) (err error) {
				page, next, err = of(client).Scan(ctx, cursor, match, scanCount).Result()
				return err
			})
			if err != nil {
				yield(nil, err)
				return
			}
			if len(page) > 0 && !yield(page, nil) {
				return
			}
			if next == 0 {
				return
			}
			cursor = next
		}
	}
}

// escapeGlob returns a pattern that matches text alone.
func escapeGlob(text string) string {
	if !strings.ContainsAny(text, `*?[]^-\`) {
		return text
	}
	var escaped strings.Builder
	for i := range len(text) {
		if strings.IndexByte(`*?[]^-\`, text[i]) >= 0 {
			escaped.WriteByte('\\')
		}
		escaped.WriteByte(text[i])
	}
	return escaped.String()
}

// seen tells keys that come again. With 128 bits of hash, seeded for each
// scan, no two keys are taken for one another.
type seen struct {
	seeds  [2]maphash.Seed
	hashes map[[2]uint64]struct{}
}

func newSeen() *seen {
	return &seen{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, hashes: map[[2]uint64]struct{}{}}
}

func (s *seen) add(key string) (first bool) {
	hash := [2]uint64{maphash.String(s.seeds[0], key), maphash.String(s.seeds[1], key)}
	before := len(s.hashes)
	s.hashes[hash] = struct{}{}
	return len(s.hashes) > before
}
