package redis

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// getEach adds the values of keys to values.
func (c *Cache) getEach(ctx context.Context, keys []string, values map[string][]byte) error {
	var errs []error
	for part := range slices.Chunk(keys, batchKeys) {
		hits := 0
		misses := 0
		err := c.connection.each(ctx, "get values", true, len(part),
			func(ctx context.Context, i int) goredis.Cmder {
				return goredis.NewStringCmd(ctx, "get", c.prefix+part[i])
			},
			func(i int, command goredis.Cmder) error {
				value, err := command.(*goredis.StringCmd).Bytes()
				switch {
				case err == nil:
					values[part[i]] = value
					hits++
				case errors.Is(err, goredis.Nil), isWrongType(err):
					misses++
				default:
					return err
				}
				return nil
			})
		c.counts.hits.Add(uint64(hits))
		c.counts.misses.Add(uint64(misses))
		if err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return c.failed(errors.Join(errs...))
}

// setAll stores all of values, those too that come after some that could not be
// stored: they may be another node's.
func (c *Cache) setAll(ctx context.Context, values map[string][]byte, expire time.Duration) error {
	var errs []error
	for batch := range batches(c.prefix, values) {
		if err := c.setEach(ctx, batch, expire); err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return c.failed(errors.Join(errs...))
}

// deleteAll removes keys given in full, those too that come after some that
// could not be removed.
func (c *Cache) deleteAll(ctx context.Context, keys []string) (int, error) {
	var errs []error
	deleted := 0
	for part := range slices.Chunk(keys, batchKeys) {
		n, err := c.unlinkEach(ctx, "delete values", part)
		deleted += n
		if err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if len(errs) == 0 {
		return deleted, nil
	}
	return deleted, c.failed(errors.Join(errs...))
}

// setEach stores a batch.
func (c *Cache) setEach(ctx context.Context, batch []entry, expire time.Duration) error {
	stored := 0
	err := c.connection.each(ctx, "set values", true, len(batch),
		func(ctx context.Context, i int) goredis.Cmder {
			return goredis.NewStatusCmd(ctx, "set", batch[i].key, batch[i].value, "px", expire.Milliseconds())
		},
		func(_ int, command goredis.Cmder) error {
			if err := command.Err(); err != nil {
				return err
			}
			stored++
			return nil
		})
	c.counts.sets.Add(uint64(stored))
	return err
}

// unlinkEach removes keys given in full and counts those that were there.
func (c *Cache) unlinkEach(ctx context.Context, op string, keys []string) (int, error) {
	removed := 0
	err := c.connection.each(ctx, op, false, len(keys),
		func(ctx context.Context, i int) goredis.Cmder { return goredis.NewIntCmd(ctx, "unlink", keys[i]) },
		func(_ int, command goredis.Cmder) error {
			n, err := command.(*goredis.IntCmd).Result()
			removed += int(n)
			return err
		})
	c.counts.deletes.Add(uint64(removed))
	return removed, err
}

// unlinkAt removes keys given in full from the master that has had them a moment
// ago, which spares splitting them up. It counts those that were there.
func (c *Cache) unlinkAt(ctx context.Context, op string, master *goredis.Client, keys []string) (int, error) {
	var commands []goredis.Cmder
	err := c.connection.do(ctx, op, false, func(ctx context.Context, _ goredis.UniversalClient) error {
		pipeline := master.Pipeline()
		for _, key := range keys {
			pipeline.Unlink(ctx, key)
		}
		commands, _ = pipeline.Exec(ctx) // each command has its own error
		return nil
	})
	if err != nil {
		return 0, err
	}

	var (
		removed int
		failed  tally
		gone    []string // to another master
	)

	for i, command := range commands {
		switch kind := classify(command.Err()); kind {
		case answered:
			removed += int(command.(*goredis.IntCmd).Val())
		case elsewhere, unsent:
			gone = append(gone, keys[i])
		default:
			failed.add(c.connection.verdict(ctx, op, kind, command.Err()))
		}
	}
	c.counts.deletes.Add(uint64(removed))

	if len(gone) > 0 {
		n, err := c.unlinkEach(ctx, op, gone)
		removed += n
		failed.add(err)
	}
	return removed, failed.join()
}

func isWrongType(err error) bool {
	var reply goredis.Error
	return errors.As(err, &reply) && strings.HasPrefix(reply.Error(), "WRONGTYPE")
}
