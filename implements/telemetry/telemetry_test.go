package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.uber.org/goleak"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/memory"
	"github.com/fivcglue/fivcglue-go/implements/telemetry"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
	"github.com/fivcglue/fivcglue-go/internal/otelprint"
)

// secret is in keys, values, bodies and names that nobody else is to be told.
const secret = "s3cret"

var (
	metrics = otelprint.NewMetrics()
	traces  = otelprint.NewTraces()
)

// systems numbers those that tests tell of: what is told in a process is never
// forgotten, and a test may run more than once.
var systems atomic.Int64

func newSystem() string { return fmt.Sprint("stub", systems.Add(1)) }

// off is a cache that was made, and used, before there were providers.
var off *telemetry.Cache

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// provide sets the providers, which can be done once in a process.
var provide = sync.OnceFunc(func() {
	otel.SetMeterProvider(metrics)
	otel.SetTracerProvider(traces)
	provided.Store(true)
})

var provided atomic.Bool

// The first test, for it is of the time before there are providers.
func TestWithoutProviders(t *testing.T) {
	if provided.Load() {
		t.Skip("the providers of this process are set already")
	}
	inner := &stub{}
	off = newCache(t, inner)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()

	calls := func(c interfaces.ICache) func() {
		return func() {
			_, _ = c.GetValue(ctx, "k")
			_ = c.SetValue(ctx, "k", nil, time.Hour)
			_, _ = c.GetExpire(ctx, "k")
			_, _ = c.DeletePattern(ctx, "k")
		}
	}
	if bare, wrapped := testing.AllocsPerRun(100, calls(inner)), testing.AllocsPerRun(100, calls(off)); wrapped != bare {
		t.Errorf("%v allocations, %v without the package", wrapped, bare)
	}
	provide()
	if _, err := off.GetValue(ctx, "k"); err != nil {
		t.Fatal(err)
	}
	if got := collect(t)["db.client.operation.duration{db.operation.name=GetValue, db.system.name=redis}"]; got != 1 {
		t.Errorf("a provider that is set later is told of %v calls, want 1", got)
	}
}

func TestCacheConforms(t *testing.T) {
	interfacestest.TestCache(t, func(t *testing.T) interfacestest.CacheHarness {
		t.Helper()
		inner, err := memory.NewCache(t.Context(), nil, memory.DefaultCacheConfig())
		if err != nil {
			t.Fatal(err)
		}
		return interfacestest.CacheHarness{Cache: closing{newCache(t, inner), inner}}
	})
}

// closing ends the cache that is told of, which a site would do.
type closing struct {
	*telemetry.Cache
	inner *memory.Cache
}

func (c closing) Close(ctx context.Context) error { return c.inner.Close(ctx) }

func TestCacheTells(t *testing.T) {
	provide()
	inner := &stub{stats: interfaces.CacheStats{Hits: 3, Misses: 2, Evictions: 1, Size: 7}}
	system := newSystem()
	cache := newCacheOf(t, inner, system)
	inner.err = fmt.Errorf("%s: %w", secret, interfaces.ErrMiss)
	_, _ = cache.GetValue(t.Context(), secret)
	inner.err = fmt.Errorf("%s: %w", secret, interfaces.ErrUnavailable)
	_, _ = cache.GetValue(t.Context(), secret)
	_ = cache.SetValue(t.Context(), secret, []byte(secret), time.Hour)
	ctx, above := otel.Tracer("test").Start(t.Context(), "above")
	before := len(traces.Spans())
	if _, err := cache.DeletePattern(ctx, secret+"*"); !errors.Is(err, interfaces.ErrUnavailable) {
		t.Errorf("DeletePattern: %v", err)
	}
	for range cache.ScanKeys(ctx, secret+"*") {
		break
	}

	above.End()
	wantPoints(t, system, map[string]float64{
		"db.client.operation.duration{db.operation.name=GetValue, db.system.name=stub}":                                         1,
		"db.client.operation.duration{db.operation.name=GetValue, db.system.name=stub, error.type=unavailable}":                 1,
		"db.client.operation.duration{db.operation.name=SetValue, db.system.name=stub, error.type=unavailable}":                 1,
		"db.client.operation.duration{db.operation.name=ScanKeys, db.system.name=stub, error.type=unavailable}":                 1,
		"fivcglue.cache.lookups{db.system.name=stub, fivcglue.cache.result=hit}":                                                3,
		"fivcglue.cache.lookups{db.system.name=stub, fivcglue.cache.result=miss}":                                               2,
		"fivcglue.cache.evictions{db.system.name=stub}":                                                                         1,
		"fivcglue.cache.size{db.system.name=stub}":                                                                              7,
		"db.client.connection.count{db.client.connection.pool.name=stub, db.client.connection.state=used, db.system.name=stub}": 4,
		"db.client.connection.count{db.client.connection.pool.name=stub, db.client.connection.state=idle, db.system.name=stub}": 2,
		"fivcglue.server.available{db.system.name=stub, fivcglue.server.name=a:1}":                                              1,
		"fivcglue.server.available{db.system.name=stub, fivcglue.server.name=b:2}":                                              0,
	})

	spans := strings.Join(traces.Spans()[before:], "\n")
	if want := "client DeletePattern {db.operation.name=DeletePattern,db.system.name=" + system + ",error.type=unavailable} Error: unavailable"; !strings.HasPrefix(spans, want) {
		t.Errorf("spans:\n%s\nwant first\n%s", spans, want)
	}
	if err := cache.Close(t.Context()); err != nil {
		t.Error(err)
	}
	wantNoSecret(t)
}

// A program may have several caches and mutexes.
func TestEntriesAreToldApart(t *testing.T) {
	provide()
	site, system := component.NewSite(), newSystem()
	mutexes, err := memory.NewMutexSite(t.Context(), nil, memory.DefaultMutexSiteConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer mutexes.Close(t.Context())
	if err := component.Register[interfaces.IMutexSite](site, "locks", mutexes); err != nil {
		t.Fatal(err)
	}
	for name, hits := range map[string]uint64{"pages": 3, "sessions": 5} {
		if err := component.Register[interfaces.ICache](site, name, &stub{stats: interfaces.CacheStats{Hits: hits}}); err != nil {
			t.Fatal(err)
		}
		ref, err := component.Bind[interfaces.ICache](site, name)
		if err != nil {
			t.Fatal(err)
		}
		cache, err := telemetry.NewCache(t.Context(), site, telemetry.CacheConfig{Cache: ref, System: system})
		if err != nil {
			t.Fatal(err)
		}
		defer cache.Close(t.Context())
		_, _ = cache.GetValue(t.Context(), "k")
	}
	ref, err := component.Bind[interfaces.IMutexSite](site, "locks")
	if err != nil {
		t.Fatal(err)
	}
	told, err := telemetry.NewMutexSite(t.Context(), site, telemetry.MutexSiteConfig{Mutexes: ref, System: system})
	if err != nil {
		t.Fatal(err)
	}
	mutex, err := told.GetMutex("m")
	if err != nil {
		t.Fatal(err)
	}
	lease, err := mutex.TryAcquire(t.Context(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Release(t.Context())
	wantPoints(t, system, map[string]float64{
		"fivcglue.cache.lookups{db.system.name=stub, fivcglue.cache.result=hit, fivcglue.component=pages}":                                                 3,
		"fivcglue.cache.lookups{db.system.name=stub, fivcglue.cache.result=hit, fivcglue.component=sessions}":                                              5,
		"db.client.operation.duration{db.operation.name=GetValue, db.system.name=stub, fivcglue.component=pages}":                                          1,
		"db.client.operation.duration{db.operation.name=TryAcquire, db.system.name=stub, fivcglue.component=locks}":                                        1,
		"db.client.connection.count{db.client.connection.pool.name=pages, db.client.connection.state=used, db.system.name=stub, fivcglue.component=pages}": 4,
	})
}

func TestMutexesTell(t *testing.T) {
	provide()
	inner, err := memory.NewMutexSite(t.Context(), nil, memory.DefaultMutexSiteConfig())
	if err != nil {
		t.Fatal(err)
	}
	config := telemetry.DefaultMutexSiteConfig()
	config.Mutexes, config.System = component.RefTo[interfaces.IMutexSite](inner), newSystem()

	site, err := telemetry.NewMutexSite(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}

	mutex, err := site.GetMutex(secret)
	if err != nil {
		t.Fatal(err)
	}

	lease, err := mutex.Acquire(t.Context(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mutex.TryAcquire(t.Context(), time.Hour); !errors.Is(err, interfaces.ErrHeld) {
		t.Errorf("TryAcquire: %v", err)
	}
	if err := errors.Join(lease.Extend(t.Context(), time.Hour), lease.Release(t.Context())); err != nil {
		t.Error(err)
	}

	lost, err := mutex.TryAcquire(t.Context(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	_ = inner.Close(t.Context())
	<-lost.Context().Done()

	for deadline := time.Now().Add(10 * time.Second); collect(t)["fivcglue.mutex.held{db.system.name="+config.System+"}"] != 2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is said of how long the leases were held")
		}
	}

	wantPoints(t, config.System, map[string]float64{
		"db.client.operation.duration{db.operation.name=Acquire, db.system.name=stub}":    1,
		"db.client.operation.duration{db.operation.name=TryAcquire, db.system.name=stub}": 2,
		"db.client.operation.duration{db.operation.name=Extend, db.system.name=stub}":     1,
		"db.client.operation.duration{db.operation.name=Release, db.system.name=stub}":    1,
	})
	wantNoSecret(t)
}

// A lease is lost once, whether its context says so, its release or both.
func TestLostLeasesAreCounted(t *testing.T) {
	provide()
	inner, err := memory.NewMutexSite(t.Context(), nil, memory.DefaultMutexSiteConfig())
	if err != nil {
		t.Fatal(err)
	}
	config := telemetry.DefaultMutexSiteConfig()
	config.Mutexes, config.System = component.RefTo[interfaces.IMutexSite](losing{inner}), newSystem()
	site, err := telemetry.NewMutexSite(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	mutex, err := site.GetMutex("m")
	if err != nil {
		t.Fatal(err)
	}

	for _, end := range []func(){func() {}, func() { _ = inner.Close(t.Context()) }} {
		lease, err := mutex.Acquire(t.Context(), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		end()
		if err := lease.Release(t.Context()); !errors.Is(err, interfaces.ErrLost) {
			t.Errorf("Release: %v, want ErrLost", err)
		}
	}
	of := "{db.system.name=" + config.System + "}"
	for deadline := time.Now().Add(10 * time.Second); collect(t)["fivcglue.mutex.held"+of] != 2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is said of how long the leases were held")
		}
	}
	if n := collect(t)["fivcglue.mutex.lost"+of]; n != 2 {
		t.Errorf("%v leases were lost, want 2", n)
	}
}

func TestQueuesTell(t *testing.T) {
	provide()
	settings := memory.DefaultQueueConfig()
	settings.RetryDelay, settings.MaxRetryDelay, settings.MaxAttempts = time.Millisecond, time.Millisecond, 2
	inner, err := memory.NewQueueSite(t.Context(), nil, settings)
	if err != nil {
		t.Fatal(err)
	}
	defer inner.Close(t.Context())
	config := telemetry.DefaultQueueSiteConfig()
	config.Queues, config.System = component.RefTo[interfaces.IQueueSite](inner), newSystem()

	site, err := telemetry.NewQueueSite(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := site.(interfaces.IQueueInspector); !ok {
		t.Error("the inspector is lost")
	}

	failing, err := site.GetProducer("failing")
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := failing.Produce(ended, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Produce: %v", err)
	}
	producer, err := site.GetProducer("orders")
	if err != nil {
		t.Fatal(err)
	}

	consumer, err := site.GetConsumer("orders")
	if err != nil {
		t.Fatal(err)
	}
	if err := producer.Produce(t.Context(), []byte(secret), []byte("bad")); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := 0
	handled := make(chan struct{}, 10)

	go func() {
		for range 3 {
			<-handled
		}
		stop()
	}()

	before := len(traces.Spans())
	err = consumer.Consume(ctx, func(ctx context.Context, m interfaces.Message) error {
		defer func() { handled <- struct{}{} }()
		if string(m.Body) == "bad" {
			return errors.New(secret)
		}
		done++
		return nil
	})
	if err != nil || done != 1 {
		t.Errorf("Consume: %v, %d handled", err, done)
	}

	wantPoints(t, config.System, map[string]float64{
		"messaging.client.operation.duration{messaging.destination.name=orders, messaging.operation.name=send, messaging.operation.type=send, messaging.system=stub}":                 1,
		"messaging.client.sent.messages{messaging.destination.name=orders, messaging.operation.name=send, messaging.system=stub}":                                                     2,
		"messaging.client.sent.messages{error.type=cancelled, messaging.destination.name=failing, messaging.operation.name=send, messaging.system=stub}":                              2,
		"messaging.client.consumed.messages{messaging.destination.name=orders, messaging.operation.name=process, messaging.system=stub}":                                              3,
		"messaging.process.duration{messaging.destination.name=orders, messaging.operation.name=process, messaging.operation.type=process, messaging.system=stub}":                    1,
		"messaging.process.duration{error.type=_OTHER, messaging.destination.name=orders, messaging.operation.name=process, messaging.operation.type=process, messaging.system=stub}": 2,
		"fivcglue.queue.retries{messaging.destination.name=orders, messaging.operation.name=process, messaging.system=stub}":                                                          1,
		"fivcglue.queue.lag{messaging.destination.name=orders, messaging.operation.name=process, messaging.system=stub}":                                                              2,
		"fivcglue.queue.depth{fivcglue.queue.state=dead, messaging.destination.name=orders, messaging.system=stub}":                                                                   1,
	})
	if spans := strings.Join(traces.Spans()[before:], "\n"); strings.Count(spans, "consumer process orders") != 3 {
		t.Errorf("spans:\n%s", spans)
	}
	wantNoSecret(t)
	if err := site.(component.Closer).Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestQueuesFollowWhatTheyStandBefore(t *testing.T) {
	provide()
	open := func(messages int) *memory.QueueSite {
		queues, err := memory.NewQueueSite(t.Context(), nil, memory.DefaultQueueConfig())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = queues.Close(context.Background()) })
		producer, err := queues.GetProducer("q")
		if err != nil {
			t.Fatal(err)
		}
		if err := producer.Produce(t.Context(), make([][]byte, messages)...); err != nil {
			t.Fatal(err)
		}
		return queues
	}
	entries := component.NewSite()
	if err := component.Register[interfaces.IQueueSite](entries, "queues", open(1)); err != nil {
		t.Fatal(err)
	}
	config := telemetry.DefaultQueueSiteConfig()
	var err error
	if config.Queues, err = component.Bind[interfaces.IQueueSite](entries, "queues"); err != nil {
		t.Fatal(err)
	}
	config.System = newSystem()
	site, err := telemetry.NewQueueSite(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	defer site.(component.Closer).Close(t.Context())
	if _, err := component.Replace[interfaces.IQueueSite](entries, "queues", open(2)); err != nil {
		t.Fatal(err)
	}
	if _, err := site.GetProducer("q"); err != nil {
		t.Fatal(err)
	}
	inspector := site.(interfaces.IQueueInspector)
	if depth, err := inspector.GetDepth(t.Context(), "q"); err != nil || depth.Waiting != 2 {
		t.Errorf("GetDepth: %+v, %v; want those of the queues that are there now", depth, err)
	}
	wantPoints(t, config.System, map[string]float64{
		"fivcglue.queue.depth{fivcglue.queue.state=waiting, messaging.destination.name=q, messaging.system=stub}": 2,
	})

	plain := struct{ interfaces.IQueueSite }{open(0)}
	if _, err := component.Replace[interfaces.IQueueSite](entries, "queues", plain); err != nil {
		t.Fatal(err)
	}
	if _, err := inspector.RestoreDead(t.Context(), "q", "1"); !errors.Is(err, interfaces.ErrInvalid) {
		t.Errorf("RestoreDead where nobody inspects: %v, want ErrInvalid", err)
	}
	for _, err := range inspector.ListDead(t.Context(), "q") {
		if !errors.Is(err, interfaces.ErrInvalid) {
			t.Errorf("ListDead where nobody inspects: %v, want ErrInvalid", err)
		}
	}
}

func TestConfigsNameWhatIsMissing(t *testing.T) {
	for _, config := range []component.Validator{
		telemetry.DefaultCacheConfig(), telemetry.DefaultMutexSiteConfig(), telemetry.DefaultQueueSiteConfig(),
	} {
		var at component.KeyError
		if err := config.Validate(); !errors.As(err, &at) || !strings.Contains(err.Error(), "must name an entry") {
			t.Errorf("%T: %v", config, err)
		}
	}
}

func TestRegister(t *testing.T) {
	reg := component.NewRegistry()
	if err := telemetry.Register(reg); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"telemetry.Cache", "telemetry.MutexSite", "telemetry.QueueSite"} {
		if _, ok := reg.Class(name); !ok {
			t.Errorf("%s is not known", name)
		}
	}
}

func collect(t *testing.T) map[string]float64 {
	t.Helper()
	all, err := metrics.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wantPoints looks for points that are told of system, in place of stub.
func wantPoints(t *testing.T, system string, want map[string]float64) {
	t.Helper()
	all := collect(t)
	for name, value := range want {
		name = strings.ReplaceAll(name, "=stub", "="+system)
		if got, ok := all[name]; !ok || got != value {
			t.Errorf("%s = %v, %v; want %v", name, got, ok, value)
		}
	}
	if t.Failed() {
		var text strings.Builder
		_ = metrics.Print(t.Context(), &text)
		t.Log(text.String())
	}
}

func wantNoSecret(t *testing.T) {
	t.Helper()
	var text strings.Builder
	if err := metrics.Print(t.Context(), &text); err != nil {
		t.Fatal(err)
	}
	if all := text.String() + strings.Join(traces.Spans(), "\n"); strings.Contains(all, secret) {
		t.Errorf("a key, a value or a name is told:\n%s", all)
	}
}
