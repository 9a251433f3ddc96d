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

	value, err := c.gets.run(ctx, key)
	for attempt := 0; err != nil && err != goredis.Nil; attempt++ { //nolint:errorlint // as it comes from go-redis
		again, final := c.review(ctx, op, true, attempt, err)
		if !again {
			return nil, final
		}

		value, err = c.gets.run(ctx, key)
	}

	return value, err
}
