package redis_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// The cache beside the client that it stands on, on one server. What counts is
// the ratio of the two.

func BenchmarkGet(b *testing.B) {
	cache, client := rivals(b)
	ctx := context.Background()
	b.Run("client", func(b *testing.B) {
		for b.Loop() {
			if _, err := client.Get(ctx, "key").Bytes(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cache", func(b *testing.B) {
		for b.Loop() {
			if _, err := cache.GetValue(ctx, "key"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cache cancellable", func(b *testing.B) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		for b.Loop() {
			if _, err := cache.GetValue(ctx, "key"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSet(b *testing.B) {
	cache, client := rivals(b)
	ctx := context.Background()
	value := make([]byte, 100)
	b.Run("client", func(b *testing.B) {
		for b.Loop() {
			if err := client.Set(ctx, "key", value, time.Hour).Err(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cache", func(b *testing.B) {
		for b.Loop() {
			if err := cache.SetValue(ctx, "key", value, time.Hour); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cache cancellable", func(b *testing.B) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		for b.Loop() {
			if err := cache.SetValue(ctx, "key", value, time.Hour); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkGetBy64(b *testing.B) {
	cache, client := rivals(b)
	ctx := context.Background()
	pipeline, err := client.AutoPipeline()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = pipeline.Close() }()

	by64 := func(b *testing.B, get func() error) {
		b.SetParallelism(32)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := get(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}

	b.Run("client", func(b *testing.B) {
		by64(b, func() error { return client.Get(ctx, "key").Err() })
	})
	b.Run("client autopipeline", func(b *testing.B) {
		by64(b, func() error { return pipeline.Get(ctx, "key").Err() })
	})
	b.Run("cache", func(b *testing.B) {
		by64(b, func() error { _, err := cache.GetValue(ctx, "key"); return err })
	})
	b.Run("cache cancellable", func(b *testing.B) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		by64(b, func() error { _, err := cache.GetValue(ctx, "key"); return err })
	})
}

func BenchmarkGet100(b *testing.B) {
	cache, client := rivals(b)
	ctx := context.Background()
	keys := make([]string, 100)
	for i := range keys {
		keys[i] = fmt.Sprintf("key:%d", i)
		if err := client.Set(ctx, keys[i], make([]byte, 100), 0).Err(); err != nil {
			b.Fatal(err)
		}
	}

	b.Run("client", func(b *testing.B) {
		for b.Loop() {
			if err := client.MGet(ctx, keys...).Err(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cache", func(b *testing.B) {
		for b.Loop() {
			if _, err := cache.GetValues(ctx, keys...); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// rivals returns a cache and a plain client on one server that holds "key".
func rivals(b *testing.B) (*redis.Cache, *goredis.Client) {
	b.Helper()
	b.ReportAllocs()
	server := redistest.New(b, redistest.Options{})
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	b.Cleanup(func() { _ = client.Close() })
	if err := client.Set(context.Background(), "key", make([]byte, 100), 0).Err(); err != nil {
		b.Fatal(err)
	}
	return newCache(b, server.Addr()), client
}
