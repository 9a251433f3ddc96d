package telemetry

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

var (
	_ interfaces.ICache = (*Cache)(nil)
	_ component.Closer  = (*Cache)(nil)
)

// Cache is an interfaces.ICache that passes every call on to another and tells
// how that went: db.client.operation.duration; of its connections, if it has
// any, db.client.connection.count and fivcglue.server.available; and from its
// Stats fivcglue.cache.lookups, .evictions and .size.
type Cache struct {
	inner      component.Ref[interfaces.ICache]
	unregister func() error

	getValue, setValue, addValue, deleteValues, getValues, setValues, getExpire, scanKeys, deletePattern *operation
}

// NewCache returns a cache before the one that config names.
func NewCache(_ context.Context, _ *component.Site, config CacheConfig) (*Cache, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	m := newMeter()
	attrs := identity(config.System, config.Cache.Name())
	duration := m.durations("db.client.operation.duration", "Duration of calls of a cache.", ofCalls)
	operation := func(name string) *operation {
		return newOperation(name, trace.SpanKindClient, duration, append(slices.Clip(attrs), attribute.String("db.operation.name", name))...)
	}
	return &Cache{
		inner:      config.Cache,
		unregister: observeCache(m, config, attrs),
		getValue:   operation("GetValue"), setValue: operation("SetValue"), addValue: operation("AddValue"),
		deleteValues: operation("DeleteValues"), getValues: operation("GetValues"), setValues: operation("SetValues"),
		getExpire: operation("GetExpire"), scanKeys: operation("ScanKeys"), deletePattern: operation("DeletePattern"),
	}, nil
}

// Close ends the telling. The other cache is closed by its site.
func (c *Cache) Close(context.Context) error { return c.unregister() }

// GetValue passes on.
func (c *Cache) GetValue(ctx context.Context, key string) ([]byte, error) {
	if !c.getValue.on(ctx) {
		return c.inner.Get().GetValue(ctx, key)
	}
	call := c.getValue.begin(ctx)
	value, err := c.inner.Get().GetValue(call.ctx, key)
	call.end(err)
	return value, err
}

// SetValue passes on.
func (c *Cache) SetValue(ctx context.Context, key string, value []byte, expire time.Duration) error {
	if !c.setValue.on(ctx) {
		return c.inner.Get().SetValue(ctx, key, value, expire)
	}
	call := c.setValue.begin(ctx)
	err := c.inner.Get().SetValue(call.ctx, key, value, expire)
	call.end(err)
	return err
}

// AddValue passes on.
func (c *Cache) AddValue(ctx context.Context, key string, value []byte, expire time.Duration) (bool, error) {
	if !c.addValue.on(ctx) {
		return c.inner.Get().AddValue(ctx, key, value, expire)
	}
	call := c.addValue.begin(ctx)
	added, err := c.inner.Get().AddValue(call.ctx, key, value, expire)
	call.end(err)
	return added, err
}

// DeleteValues passes on.
func (c *Cache) DeleteValues(ctx context.Context, keys ...string) (int, error) {
	if !c.deleteValues.on(ctx) {
		return c.inner.Get().DeleteValues(ctx, keys...)
	}
	call := c.deleteValues.begin(ctx)
	deleted, err := c.inner.Get().DeleteValues(call.ctx, keys...)
	call.end(err)
	return deleted, err
}

// GetValues passes on.
func (c *Cache) GetValues(ctx context.Context, keys ...string) (map[string][]byte, error) {
	if !c.getValues.on(ctx) {
		return c.inner.Get().GetValues(ctx, keys...)
	}
	call := c.getValues.begin(ctx)
	values, err := c.inner.Get().GetValues(call.ctx, keys...)
	call.end(err)
	return values, err
}

// SetValues passes on.
func (c *Cache) SetValues(ctx context.Context, values map[string][]byte, expire time.Duration) error {
	if !c.setValues.on(ctx) {
		return c.inner.Get().SetValues(ctx, values, expire)
	}
	call := c.setValues.begin(ctx)
	err := c.inner.Get().SetValues(call.ctx, values, expire)
	call.end(err)
	return err
}

// GetExpire passes on.
func (c *Cache) GetExpire(ctx context.Context, key string) (time.Duration, error) {
	if !c.getExpire.on(ctx) {
		return c.inner.Get().GetExpire(ctx, key)
	}
	call := c.getExpire.begin(ctx)
	left, err := c.inner.Get().GetExpire(call.ctx, key)
	call.end(err)
	return left, err
}

// ScanKeys passes on. How long it takes is until the caller has the last key,
// or wants no more.
func (c *Cache) ScanKeys(ctx context.Context, pattern string) iter.Seq2[string, error] {
	if !c.scanKeys.on(ctx) {
		return c.inner.Get().ScanKeys(ctx, pattern)
	}
	return func(yield func(string, error) bool) {
		var failed error
		call := c.scanKeys.begin(ctx)
		defer func() { call.end(failed) }()
		for key, err := range c.inner.Get().ScanKeys(call.ctx, pattern) {
			failed = errors.Join(failed, err)
			if !yield(key, err) {
				return
			}
		}
	}
}

// DeletePattern passes on.
func (c *Cache) DeletePattern(ctx context.Context, pattern string) (int, error) {
	if !c.deletePattern.on(ctx) {
		return c.inner.Get().DeletePattern(ctx, pattern)
	}
	call := c.deletePattern.begin(ctx)
	deleted, err := c.inner.Get().DeletePattern(call.ctx, pattern)
	call.end(err)
	return deleted, err
}

// Stats returns those of the other cache.
func (c *Cache) Stats() interfaces.CacheStats { return c.inner.Get().Stats() }

// connected is what a component on servers may tell of them.
type connected interface {
	// Connections counts those to all servers, in use and idle.
	Connections() (used, idle int)

	// Servers yields the servers that were connected to and whether each is
	// in order, as far as is known.
	Servers() iter.Seq2[string, bool]
}

// observeCache has whoever collects metrics told what the cache knows of
// itself, until the function that it returns is called.
func observeCache(m meter, config CacheConfig, attrs []attribute.KeyValue) func() error {
	cache := config.Cache
	pool := attribute.String("db.client.connection.pool.name", cmp.Or(cache.Name(), config.System))
	lookups, err1 := m.Int64ObservableCounter("fivcglue.cache.lookups", metric.WithUnit("{key}"),
		metric.WithDescription("Keys that were asked for."))
	evictions, err2 := m.Int64ObservableCounter("fivcglue.cache.evictions", metric.WithUnit("{value}"),
		metric.WithDescription("Values that the cache itself has dropped."))
	size, err3 := m.Int64ObservableGauge("fivcglue.cache.size", metric.WithUnit("{value}"),
		metric.WithDescription("Values that the cache holds, where it knows."))
	connections, err4 := m.Int64ObservableUpDownCounter("db.client.connection.count", metric.WithUnit("{connection}"),
		metric.WithDescription("Connections to the servers."))
	available, err5 := m.Int64ObservableGauge("fivcglue.server.available", metric.WithUnit("1"),
		metric.WithDescription("Whether calls of the server are let through: 1, or 0 while it is known to be out of order."))
	handle(errors.Join(err1, err2, err3, err4, err5))
	of := func(more ...attribute.KeyValue) metric.ObserveOption {
		return metric.WithAttributes(append(more, attrs...)...)
	}

	registration, err := m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		stats := cache.Get().Stats()
		o.ObserveInt64(lookups, int64(stats.Hits), of(attribute.String("fivcglue.cache.result", "hit")))
		o.ObserveInt64(lookups, int64(stats.Misses), of(attribute.String("fivcglue.cache.result", "miss")))
		o.ObserveInt64(evictions, int64(stats.Evictions), of())
		if stats.Size >= 0 {
			o.ObserveInt64(size, stats.Size, of())
		}

		if c, ok := cache.Get().(connected); ok {
			used, idle := c.Connections()
			o.ObserveInt64(connections, int64(used), of(pool, attribute.String("db.client.connection.state", "used")))
			o.ObserveInt64(connections, int64(idle), of(pool, attribute.String("db.client.connection.state", "idle")))
			for server, good := range c.Servers() {
				value := int64(0)
				if good {
					value = 1
				}
				o.ObserveInt64(available, value, of(attribute.String("fivcglue.server.name", server)))
			}
		}
		return nil
	}, lookups, evictions, size, connections, available)
	if err != nil {
		handle(err)
		return func() error { return nil }
	}
	return registration.Unregister
}
