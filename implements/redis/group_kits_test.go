package redis_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
)

func TestMutexConformsOnGroups(t *testing.T) {
	eachGroup(t, func(t *testing.T, g group) {
		interfacestest.TestMutexes(t, func(t *testing.T) interfacestest.MutexHarness {
			return interfacestest.MutexHarness{
				Site:     g.mutexes(t, ownTime),
				Renewing: g.mutexes(t),
				Fair:     true,
				Forget:   func() { g.flush(t) },
				Break:    g.refuse,
				Lease:    200 * time.Millisecond,
			}
		})
	})
}

func TestQueueConformsOnGroups(t *testing.T) {
	eachGroup(t, func(t *testing.T, g group) {
		interfacestest.TestQueue(t, func(t *testing.T) interfacestest.QueueHarness {
			// What breaks the servers breaks them for all. So the others open their
			// sites when it is over, and not all of them at once.
			alone := strings.HasSuffix(t.Name(), "/broken") || strings.HasSuffix(t.Name(), "/silent")
			if !alone {
				t.Parallel()
			}
			config := g.queues()
			harness := interfacestest.QueueHarness{
				Site:        openQueue(t, config),
				MaxAttempts: config.MaxAttempts, Concurrency: config.Concurrency, MaxLength: config.MaxLength,
				RetryDelay: config.RetryDelay, Visibility: config.Visibility,
				Other: func() (interfaces.IQueueSite, error) {
					return redis.NewQueueSite(t.Context(), nil, g.queues())
				},
				StoreForeign: func(queue string) error {
					return g.client().Set(context.Background(), "{queue:"+queue+"}:stream", "a string", time.Minute).Err()
				},
			}
			if alone {
				harness.Break, harness.Hang = g.refuse, g.freeze
			}
			return harness
		})
	})
}

func (g group) mutexes(t *testing.T, change ...func(*redis.MutexSiteConfig)) *redis.MutexSite {
	t.Helper()
	config := redis.DefaultMutexSiteConfig()
	config.Config = g.config
	for _, f := range change {
		f(&config)
	}
	site, err := redis.NewMutexSite(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := site.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return site
}

func (g group) queues() redis.QueueConfig {
	config := redis.DefaultQueueConfig()
	config.Config = g.config
	config.MaxAttempts, config.Concurrency, config.MaxLength = 3, 4, 50
	config.RetryDelay, config.MaxRetryDelay = 40*time.Millisecond, 200*time.Millisecond
	config.Visibility = time.Second
	return config
}

// flush has all nodes lose what they hold.
func (g group) flush(t *testing.T) {
	t.Helper()
	for _, node := range g.nodes {
		if node.IsData() && node.Role(t) == "master" {
			node.Do(t, "FLUSHALL")
		}
	}
}
