package redis_test

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// queueConfig has small settings, for tests of the server at addr.
func queueConfig(t testing.TB, addr string) redis.QueueConfig {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	config := redis.DefaultQueueConfig()
	config.Host = host
	if config.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	config.MaxAttempts, config.Concurrency, config.MaxLength = 3, 4, 50
	config.RetryDelay, config.MaxRetryDelay = 40*time.Millisecond, 200*time.Millisecond
	config.Visibility = time.Second
	return config
}

func openQueue(t testing.TB, config redis.QueueConfig) *redis.QueueSite {
	t.Helper()
	site, err := redis.NewQueueSite(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := site.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return site
}

func TestQueueConforms(t *testing.T) {
	redistest.Each(t, func(t *testing.T, b redistest.Backend) {
		interfacestest.TestQueue(t, func(t *testing.T) interfacestest.QueueHarness {
			t.Parallel()
			proxy := redistest.NewProxy(t, b.Addr)
			config := queueConfig(t, proxy.Addr())
			return interfacestest.QueueHarness{
				Site:        openQueue(t, config),
				MaxAttempts: config.MaxAttempts, Concurrency: config.Concurrency, MaxLength: config.MaxLength,
				RetryDelay: config.RetryDelay, Visibility: config.Visibility,
				Other: func() (interfaces.IQueueSite, error) {
					return redis.NewQueueSite(t.Context(), nil, queueConfig(t, b.Addr))
				},
				Abandon: func() { proxy.Freeze(); t.Cleanup(proxy.Thaw) },
				Break: func() func() {
					proxy.Refuse()
					proxy.Cut()
					return proxy.Accept
				},
				Hang: func() func() { proxy.Freeze(); return proxy.Thaw },
				StoreForeign: func(queue string) error {
					client := goredis.NewClient(&goredis.Options{Addr: b.Addr})
					defer client.Close()
					return client.Set(t.Context(), "{queue:"+queue+"}:stream", "a string", time.Minute).Err()
				},
			}
		})
	})
}
