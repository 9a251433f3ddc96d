package redis

import (
	"context"

	goredis "github.com/redis/go-redis/v9"
)

// get does as do does with a GET, which shares its round trip with others.
func (c *connection) get(ctx context.Context, op, key string) ([]byte, error) {
	if err := c.admit(ctx, op); err != nil {
		return nil, err
	}
	value, err := c.ask(ctx, key)
	for attempt := 0; err != nil && err != goredis.Nil; attempt++ { //nolint:errorlint // as it comes from go-redis
		again, final := c.review(ctx, op, true, attempt, err)
		if !again {
			return nil, final
		}
		value, err = c.ask(ctx, key)
	}
	return value, err
}

func (c *connection) ask(ctx context.Context, key string) ([]byte, error) {
	if c.clustered() {
		return c.getAlone(ctx, key) // one node must not hold up what is asked of another
	}
	return c.gets.run(ctx, key)
}

// getAlone asks for one key.
func (c *connection) getAlone(ctx context.Context, key string) (value []byte, err error) {
	err = c.run(ctx, func(ctx context.Context, client goredis.UniversalClient) (err error) {
		value, err = client.Get(ctx, key).Bytes()
		return err
	})
	return value, err
}
