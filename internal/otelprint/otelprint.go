// Package otelprint is a small OpenTelemetry provider of metrics and traces
// that keeps what it is told in memory and writes it as lines of text, for
// tests and examples. A program uses the SDK.
package otelprint

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/embedded"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
)

// Metrics is a metric.MeterProvider. It is safe for concurrent use.
type Metrics struct {
	metricnoop.MeterProvider

	mu        sync.Mutex
	points    map[string]point // by name and attributes
	callbacks map[*callback]metric.Callback
}

// point is what one series has come to.
type point struct {
	histogram bool
	count     int64 // of a histogram, how often it was told
	sum       float64
}

type callback struct {
	embedded.Registration

	metrics *Metrics
}

// NewMetrics returns a provider that was told nothing.
func NewMetrics() *Metrics {
	return &Metrics{points: map[string]point{}, callbacks: map[*callback]metric.Callback{}}
}

// Meter returns a meter, all of which share one space of names.
func (m *Metrics) Meter(string, ...metric.MeterOption) metric.Meter { return &meter{metrics: m} }

// Collect asks those who observe and returns all series by name and
// attributes, as `name{key=value}`: the sum of a counter, the last of a gauge,
// how often a histogram was told.
func (m *Metrics) Collect(ctx context.Context) (map[string]float64, error) {
	m.mu.Lock()
	callbacks := slices.Collect(maps.Values(m.callbacks))
	m.mu.Unlock()
	for _, ask := range callbacks {
		if err := ask(ctx, &observer{metrics: m}); err != nil {
			return nil, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make(map[string]float64, len(m.points))
	for name, p := range m.points {
		all[name] = p.sum
		if p.histogram {
			all[name] = float64(p.count)
		}
	}
	return all, nil
}

// Print writes all series, one per line and sorted.
func (m *Metrics) Print(ctx context.Context, w io.Writer) error {
	all, err := m.Collect(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if _, err := fmt.Fprintln(w, name, all[name]); err != nil {
			return err
		}
	}
	return nil
}

func (m *Metrics) add(name string, set attribute.Set, value float64, histogram, replace bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := name + "{" + strings.ReplaceAll(set.Encoded(attribute.DefaultEncoder()), ",", ", ") + "}"
	p := m.points[key]
	p.histogram = histogram
	p.count++
	if replace {
		p.sum = 0
	}
	p.sum += value
	m.points[key] = p
}

type meter struct {
	metricnoop.Meter

	metrics *Metrics
}

func (m *meter) Float64Histogram(name string, _ ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return &histogram{metrics: m.metrics, name: name}, nil
}

func (m *meter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return &counter{metrics: m.metrics, name: name}, nil
}

func (m *meter) Int64ObservableCounter(name string, _ ...metric.Int64ObservableCounterOption) (metric.Int64ObservableCounter, error) {
	return &observableCounter{name: name}, nil
}

func (m *meter) Int64ObservableUpDownCounter(
	name string, _ ...metric.Int64ObservableUpDownCounterOption,
) (metric.Int64ObservableUpDownCounter, error) {
	return &observableUpDown{name: name}, nil
}

func (m *meter) Int64ObservableGauge(name string, _ ...metric.Int64ObservableGaugeOption) (metric.Int64ObservableGauge, error) {
	return &observableGauge{name: name}, nil
}

func (m *meter) RegisterCallback(f metric.Callback, _ ...metric.Observable) (metric.Registration, error) {
	c := &callback{metrics: m.metrics}
	m.metrics.mu.Lock()
	defer m.metrics.mu.Unlock()
	m.metrics.callbacks[c] = f
	return c, nil
}

func (c *callback) Unregister() error {
	c.metrics.mu.Lock()
	defer c.metrics.mu.Unlock()
	delete(c.metrics.callbacks, c)
	return nil
}

type histogram struct {
	metricnoop.Float64Histogram

	metrics *Metrics
	name    string
}

func (h *histogram) Enabled(context.Context) bool { return true }

func (h *histogram) Record(_ context.Context, value float64, options ...metric.RecordOption) {
	h.metrics.add(h.name, metric.NewRecordConfig(options).Attributes(), value, true, false)
}

type counter struct {
	metricnoop.Int64Counter

	metrics *Metrics
	name    string
}

func (c *counter) Enabled(context.Context) bool { return true }

func (c *counter) Add(_ context.Context, n int64, options ...metric.AddOption) {
	c.metrics.add(c.name, metric.NewAddConfig(options).Attributes(), float64(n), false, false)
}

type (
	observableCounter struct {
		metricnoop.Int64ObservableCounter

		name string
	}
	observableUpDown struct {
		metricnoop.Int64ObservableUpDownCounter

		name string
	}
	observableGauge struct {
		metricnoop.Int64ObservableGauge

		name string
	}
)

func (o *observableCounter) String() string { return o.name }
func (o *observableUpDown) String() string  { return o.name }
func (o *observableGauge) String() string   { return o.name }

type observer struct {
	embedded.Observer

	metrics *Metrics
}

func (o *observer) ObserveInt64(of metric.Int64Observable, value int64, options ...metric.ObserveOption) {
	if named, ok := of.(fmt.Stringer); ok {
		o.metrics.add(named.String(), metric.NewObserveConfig(options).Attributes(), float64(value), false, true)
	}
}

func (o *observer) ObserveFloat64(metric.Float64Observable, float64, ...metric.ObserveOption) {}
