package redis

import (
	"context"
	"errors"
	"math"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/internal/cacherule"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

var (
	_ interfaces.ICache       = (*Cache)(nil)
	_ component.HealthChecker = (*Cache)(nil)
	_ component.Closer        = (*Cache)(nil)
)

// Cache is an interfaces.ICache on a Redis server. Values are Redis strings
// under the keys as they are given, after the prefix if there is one, so that
// other programs can read and write them too.
type Cache struct {
	connection *connection
	prefix     string
	counts     counts
}

// NewCache returns a cache without waiting for the server; see the package's
// documentation. site may be nil: then it logs to slog.Default and shares its
// connection with nobody.
func NewCache(ctx context.Context, site *component.Site, config CacheConfig) (*Cache, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	c, err := connect(ctx, site, config.Config)
	if err != nil {
		return nil, err
	}
	return &Cache{connection: c, prefix: config.KeyPrefix}, nil
}

// Close gives up the connection. Calls in flight end with ErrClosed if nobody
// else uses it.
func (c *Cache) Close(context.Context) error { return c.connection.close() }

// CheckHealth asks the servers whether they are in order, and whether the user
// may read at all. Which keys it may read is not asked: they are the program's.
func (c *Cache) CheckHealth(ctx context.Context) error {
	if err := c.connection.checkHealth(ctx); err != nil {
		return err
	}
	return c.connection.checkRights(ctx, func(ctx context.Context, client goredis.UniversalClient) error {
		return client.Get(ctx, c.prefix+"health").Err()
	})
}

// Stats returns the counts of this cache. Evictions are the server's own
// affair and always 0; Size is -1.
func (c *Cache) Stats() interfaces.CacheStats { return c.counts.stats() }

// GetValue returns the value of key, or ErrMiss. Callers that ask at the same
// time share round trips.
func (c *Cache) GetValue(ctx context.Context, key string) ([]byte, error) {
	const op = "get value"
	if err := cacherule.CheckKey(key); err != nil {
		return nil, c.refuse(ctx, op, err)
	}
	value, err := c.connection.get(ctx, op, c.prefix+key)
	switch {
	case err == nil:
		c.counts.hits.Add(1)
		return value, nil
	case errors.Is(err, goredis.Nil):
		c.counts.misses.Add(1)
		return nil, cacherule.Miss(key)
	default:
		return nil, c.failedKey(key, err)
	}
}

// SetValue stores value under key until expire has passed.
func (c *Cache) SetValue(ctx context.Context, key string, value []byte, expire time.Duration) error {
	const op = "set value"
	whole, err := cacherule.CheckStore(key, expire)
	if err != nil {
		return c.refuse(ctx, op, err)
	}
	err = c.connection.do(ctx, op, true, func(ctx context.Context, client goredis.UniversalClient) error {
		return client.Set(ctx, c.prefix+key, value, whole).Err()
	})
	if err != nil {
		return c.failedKey(key, err)
	}
	c.counts.sets.Add(1)
	return nil
}

// AddValue stores value under key only if the key is absent. It is not tried
// again when the server's answer was lost: ErrUnavailable then leaves open
// whether the value was stored.
func (c *Cache) AddValue(ctx context.Context, key string, value []byte, expire time.Duration) (bool, error) {
	const op = "add value"
	whole, err := cacherule.CheckStore(key, expire)
	if err != nil {
		return false, c.refuse(ctx, op, err)
	}
	err = c.connection.do(ctx, op, false, func(ctx context.Context, client goredis.UniversalClient) error {
		return client.SetArgs(ctx, c.prefix+key, value, goredis.SetArgs{Mode: "NX", TTL: whole}).Err()
	})
	switch {
	case err == nil:
		c.counts.sets.Add(1)
		return true, nil
	case errors.Is(err, goredis.Nil):
		return false, nil
	default:
		return false, c.failedKey(key, err)
	}
}

// GetExpire returns how long key has left, NoExpire or ErrMiss. More than a
// Duration can hold, which other programs may ask for, is the longest of them.
func (c *Cache) GetExpire(ctx context.Context, key string) (time.Duration, error) {
	const op = "get expire"
	if err := cacherule.CheckKey(key); err != nil {
		return 0, c.refuse(ctx, op, err)
	}
	var left int64 // in ms: of what go-redis makes of it nobody sees that it is too long

	err := c.connection.do(ctx, op, true, func(ctx context.Context, client goredis.UniversalClient) (err error) {
		command := goredis.NewIntCmd(ctx, "pttl", c.prefix+key)
		err = client.Process(ctx, command)
		left = command.Val()
		return err
	})
	if err != nil {
		return 0, c.failedKey(key, err)
	}

	// What Redis answers in place of a time.
	const (
		absent  = -2
		forEver = -1
	)

	switch {
	case left == absent:
		return 0, cacherule.Miss(key)
	case left == forEver:
		return interfaces.NoExpire, nil
	case left > math.MaxInt64/int64(time.Millisecond):
		return math.MaxInt64, nil
	default:
		return time.Duration(left) * time.Millisecond, nil
	}
}

// refuse returns the error of a call for which the server is not asked, and
// counts it. err is what is wrong with the call, nil if there is nothing to do;
// that the cache is closed or the context has ended goes before it. Calls for
// which the server is asked learn that on their way, and pay for it once.
func (c *Cache) refuse(ctx context.Context, op string, err error) error {
	ended := ctx.Err()
	switch {
	case c.connection.closed.Load():
		err = c.connection.shut(op)
	case ended != nil:
		err = c.connection.settings.ended(op, ended, false)
	case err == nil:
		return nil
	}
	return c.failed(err)
}

// failed counts a failure.
func (c *Cache) failed(err error) error {
	c.counts.errors.Add(1)
	return err
}

// failedKey counts a failure and says which key it was about.
func (c *Cache) failedKey(key string, err error) error {
	return c.failed(cacherule.About(key, err))
}
