package benchmarks

import (
	"context"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/telemetry"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// No provider is set in this process.
func TestTelemetryOff(t *testing.T) {
	cache := newRedis(t, redistest.New(t, redistest.Options{}))
	config := telemetry.DefaultCacheConfig()
	config.Cache = component.RefTo[interfaces.ICache](cache)
	told, err := telemetry.NewCache(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = told.Close(context.Background()) })

	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	t.Cleanup(cancel)
	if err := cache.SetValue(ctx, "user:1", make([]byte, 100), time.Hour); err != nil {
		t.Fatal(err)
	}
	get := func(c interfaces.ICache) func(int) {
		return func(int) {
			if _, err := c.GetValue(ctx, "user:1"); err != nil {
				panic(err)
			}
		}
	}

	compare(t, "telemetry off, redis GetValue",
		ours("telemetry.Cache before redis.Cache", alone(get(told))),
		peer("redis.Cache", alone(get(cache))).atMost(1.02).allocating(0),
	)
}
