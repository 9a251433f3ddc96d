package benchmarks

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// callers is how many goroutines ask at once where it says many.
const callers = 64

func newRedis(t *testing.T, server *redistest.Server) *redis.Cache {
	t.Helper()
	config := redis.DefaultCacheConfig()
	config.Host, config.Port = "127.0.0.1", server.Port()
	c, err := redis.NewCache(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for err := c.CheckHealth(ctx); err != nil; err = c.CheckHealth(ctx) {
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
	return c
}

// newGoRedis is the library as a program would use it by itself, told to mind
// its callers' deadlines as ours does.
func newGoRedis(t *testing.T, server *redistest.Server) *goredis.Client {
	t.Helper()
	c := goredis.NewClient(&goredis.Options{Addr: server.Addr(), ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// userKey is a variable, as keys are: a constant one spares go-redis, which the
// compiler sees through, an allocation that programs have.
var userKey = "user:1"

func TestRedis(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	cache, bare := newRedis(t, server), newGoRedis(t, server)
	batched, err := bare.AutoPipeline()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = batched.Close() })

	// As of a request that is served: it has a deadline and can be cancelled.
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	t.Cleanup(cancel)
	value := make([]byte, 100)
	keys, values := make([]string, 100), map[string][]byte{}
	for i := range keys {
		keys[i] = fmt.Sprint("user:", i)
		values[keys[i]] = value
	}
	if err := cache.SetValues(ctx, values, time.Hour); err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}

	getOurs := func(int) { _, err := cache.GetValue(ctx, userKey); must(err) }
	getTheirs := func(int) { _, err := bare.Get(ctx, userKey).Bytes(); must(err) }
	getBatched := func(int) { _, err := batched.Get(ctx, userKey).Bytes(); must(err) }

	compare(t, "redis GetValue, one caller",
		ours("redis.Cache", alone(getOurs)),
		peer("go-redis Get", alone(getTheirs)).atMost(1.05).allocating(2),
	)
	compare(t, "redis SetValue, one caller",
		ours("redis.Cache", alone(func(int) { must(cache.SetValue(ctx, userKey, value, time.Hour)) })),
		peer("go-redis Set", alone(func(int) { must(bare.Set(ctx, userKey, value, time.Hour).Err()) })).atMost(1.05).allocating(2),
	)
	compare(t, fmt.Sprintf("redis GetValue, %d callers", callers),
		ours("redis.Cache", together(getOurs)),
		peer("go-redis AutoPipeline Get", together(getBatched)).atMost(1.1),
		peer("go-redis Get", together(getTheirs)),
	)
	compare(t, "redis GetValues of 100 keys",
		ours("redis.Cache", alone(func(int) {
			got, err := cache.GetValues(ctx, keys...)
			must(err)
			if len(got) != len(keys) {
				panic(len(got))
			}
		})),
		peer("go-redis MGet", alone(func(int) {
			got, err := bare.MGet(ctx, keys...).Result()
			must(err)
			if len(got) != len(keys) {
				panic(len(got))
			}
		})).atMost(1.3),
	)
}

func alone(work func(i int)) func(n int) {
	return func(n int) {
		for i := range n {
			work(i)
		}
	}
}

// together has callers share the work as they come.
func together(work func(i int)) func(n int) {
	return func(n int) {
		var next atomic.Int64
		parallel(callers, func(_, _ int) {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				work(int(i))
			}
		})(n)
	}
}
