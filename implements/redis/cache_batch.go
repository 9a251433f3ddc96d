package redis

import (
	"context"
	"iter"
	"slices"
	"time"
	"unsafe"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/implements/internal/cacherule"
)

const (
	// batchKeys bounds what one command or pipeline is about, so that one call
	// does not hold up the server for all others.
	batchKeys = 1000

	// batchBytes bounds what one pipeline sends.
	batchBytes = 1 << 20
)

// GetValues returns the values of those keys that are there, with one MGET for
// every thousand keys; of a Cluster with as many GETs, in a pipeline to each
// node. If nodes are out of order it returns what the others have, and an
// error.
func (c *Cache) GetValues(ctx context.Context, keys ...string) (map[string][]byte, error) {
	const op = "get values"
	if err := cacherule.CheckKeys(keys); err != nil {
		return nil, c.refuse(ctx, op, err)
	}
	values := make(map[string][]byte, len(keys))
	if len(keys) == 0 {
		return values, c.refuse(ctx, op, nil)
	}
	if c.connection.clustered() {
		return values, c.getEach(ctx, keys, values)
	}

	for part := range slices.Chunk(c.full(keys), batchKeys) {
		var got []any
		err := c.connection.do(ctx, op, true, func(ctx context.Context, client goredis.UniversalClient) (err error) {
			got, err = client.MGet(ctx, part...).Result()
			return err
		})
		if err != nil {
			return nil, c.failed(err)
		}

		for i, value := range got {
			if text, there := value.(string); there {
				values[part[i][len(c.prefix):]] = bytesOf(text)
				c.counts.hits.Add(1)
			} else {
				c.counts.misses.Add(1)
			}
		}
	}
	return values, nil
}

// SetValues stores all of values with one expire, in pipelines of a thousand
// keys or a megabyte.
func (c *Cache) SetValues(ctx context.Context, values map[string][]byte, expire time.Duration) error {
	expire, err := cacherule.CheckStoreAll(values, expire)
	if err != nil || len(values) == 0 {
		return c.refuse(ctx, "set values", err)
	}
	if c.connection.clustered() {
		return c.setAll(ctx, values, expire)
	}
	for batch := range batches(c.prefix, values) {
		if err := c.setBatch(ctx, batch, expire); err != nil {
			return err
		}
	}
	return nil
}

// DeleteValues removes keys and returns how many of them were there. It is not
// tried again when the server's answer was lost: the second would not count
// what the first has removed.
func (c *Cache) DeleteValues(ctx context.Context, keys ...string) (int, error) {
	const op = "delete values"
	if err := cacherule.CheckKeys(keys); err != nil || len(keys) == 0 {
		return 0, c.refuse(ctx, op, err)
	}
	if c.connection.clustered() {
		return c.deleteAll(ctx, c.full(keys))
	}
	deleted := 0
	for part := range slices.Chunk(c.full(keys), batchKeys) {
		n, err := c.unlink(ctx, op, part)
		deleted += n
		if err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}

// bytesOf returns the bytes of a value from go-redis, which nobody else has.
// Copying them would double what a large batch costs in memory.
func bytesOf(text string) []byte {
	if text == "" {
		return []byte{}
	}
	return unsafe.Slice(unsafe.StringData(text), len(text))
}

// entry is a value and the whole of its key.
type entry struct {
	key   string
	value []byte
}

// batches splits values up into what one pipeline stores. A batch is good until
// the next.
func batches(prefix string, values map[string][]byte) iter.Seq[[]entry] {
	return func(yield func([]entry) bool) {
		batch := make([]entry, 0, min(len(values), batchKeys))
		size := 0
		for key, value := range values {
			batch = append(batch, entry{prefix + key, value})
			size += len(key) + len(value)
			if len(batch) < batchKeys && size < batchBytes {
				continue
			}
			if !yield(batch) {
				return
			}
			batch, size = batch[:0], 0
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}

func (c *Cache) setBatch(ctx context.Context, batch []entry, expire time.Duration) error {
	err := c.connection.do(ctx, "set values", true, func(ctx context.Context, client goredis.UniversalClient) error {
		_, err := client.Pipelined(ctx, func(pipeline goredis.Pipeliner) error {
			for _, e := range batch {
				pipeline.Set(ctx, e.key, e.value, expire)
			}
			return nil
		})
		return err
	})
	if err != nil {
		return c.failed(err)
	}
	c.counts.sets.Add(uint64(len(batch)))
	return nil
}

// unlink removes keys given in full and counts those that were there.
func (c *Cache) unlink(ctx context.Context, op string, keys []string) (int, error) {
	var removed int64
	err := c.connection.do(ctx, op, false, func(ctx context.Context, client goredis.UniversalClient) (err error) {
		removed, err = client.Unlink(ctx, keys...).Result()
		return err
	})
	if err != nil {
		return 0, c.failed(err)
	}
	c.counts.deletes.Add(uint64(removed))
	return int(removed), nil
}

// full returns keys with the prefix.
func (c *Cache) full(keys []string) []string {
	if c.prefix == "" {
		return keys
	}
	full := make([]string, len(keys))
	for i, key := range keys {
		full[i] = c.prefix + key
	}
	return full
}
