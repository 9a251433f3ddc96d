package benchmarks

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func newClusterCache(t *testing.T, cluster *redistest.Cluster) *redis.Cache {
	t.Helper()
	config := redis.DefaultCacheConfig()
	config.Addrs = cluster.Addrs()
	c, err := redis.NewCache(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	if err := c.CheckHealth(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCluster(t *testing.T) {
	cluster := redistest.NewCluster(t, redistest.RigOptions{})
	cache := newClusterCache(t, cluster)
	bare := goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: cluster.Addrs(), ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = bare.Close() })

	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	t.Cleanup(cancel)
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	keys, values := make([]string, 1000), map[string][]byte{}
	for i := range keys {
		keys[i] = fmt.Sprint("user:", i)
		values[keys[i]] = make([]byte, 100)
	}
	must(cache.SetValues(ctx, values, time.Hour))

	compare(t, "redis GetValues of 1,000 keys of a Cluster",
		ours("redis.Cache", alone(func(int) {
			got, err := cache.GetValues(ctx, keys...)
			must(err)
			if len(got) != len(keys) {
				panic(len(got))
			}
		})),
		peer("go-redis pipeline of GETs", alone(func(int) {
			commands := make([]*goredis.StringCmd, len(keys))
			_, err := bare.Pipelined(ctx, func(pipeline goredis.Pipeliner) error {
				for i, key := range keys {
					commands[i] = pipeline.Get(ctx, key)
				}
				return nil
			})
			must(err)
			got := make(map[string][]byte, len(keys))
			for i, command := range commands {
				got[keys[i]], err = command.Bytes()
				must(err)
			}
		})).atMost(1.3),
		peer("go-redis Get, one by one", alone(func(int) {
			for _, key := range keys {
				must(bare.Get(ctx, key).Err())
			}
		})).atMost(1./20),
	)

	size := 2000
	if *rounds > 1 {
		size = 100_000
	}
	fill := func() {
		batch := make(map[string][]byte, size)
		for i := range size {
			batch[fmt.Sprint("temp:", i)] = nil
		}
		must(cache.SetValues(ctx, batch, time.Hour))
	}
	compareOnce(fmt.Sprintf("redis DeletePattern of %d keys of a Cluster", size), fill,
		ours("redis.Cache", func(int) {
			n, err := cache.DeletePattern(ctx, "temp:*")
			must(err)
			if n != size {
				panic(n)
			}
		}),
		peer("go-redis ForEachMaster with pipelines of UNLINK", func(int) { must(unlinkByHand(ctx, bare, "temp:*")) }).atMost(1.5),
	)
}

// unlinkByHand does what the documentation of go-redis leads to.
func unlinkByHand(ctx context.Context, client *goredis.ClusterClient, pattern string) error {
	return client.ForEachMaster(ctx, func(ctx context.Context, master *goredis.Client) error {
		for cursor := uint64(0); ; {
			page, next, err := master.Scan(ctx, cursor, pattern, 1000).Result()
			if err != nil {
				return err
			}
			if _, err := master.Pipelined(ctx, func(pipeline goredis.Pipeliner) error {
				for _, key := range page {
					pipeline.Unlink(ctx, key)
				}
				return nil
			}); err != nil {
				return err
			}
			if cursor = next; cursor == 0 {
				return nil
			}
		}
	})
}

// compareOnce does as compare with work that has to be prepared, out of the
// time that counts, each time that it is done.
func compareOnce(title string, prepare func(), contenders ...contender) {
	all := make([]*turns, len(contenders))
	for i, c := range contenders {
		all[i] = &turns{contender: c, n: 1, allocs: -1}
	}
	for round := range min(*rounds, 5) {
		for i := range all {
			prepare()
			runtime.GC()
			all[(i+round)%len(all)].takeTime()
		}
	}
	outcome := section{title: title}
	for _, turn := range all {
		outcome.rows = append(outcome.rows, turn.row(all[0]))
	}
	results = append(results, outcome)
}

func (t *turns) takeTime() {
	began := time.Now()
	t.work(1)
	t.took = append(t.took, float64(time.Since(began).Nanoseconds()))
}
