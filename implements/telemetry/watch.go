package telemetry

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// scope is the name of this instrumentation.
const scope = "github.com/fivcglue/fivcglue-go/implements/telemetry"

// The limits of histograms of durations, in seconds, as the semantic
// conventions have them for databases and for messages.
var (
	ofCalls    = metric.WithExplicitBucketBoundaries(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)
	ofMessages = metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
)

// identity are the attributes of all that is told of a component: what kind of
// system it is on, and the name of its entry, if it has one, for a program may
// have several.
func identity(system, name string) []attribute.KeyValue {
	attrs := []attribute.KeyValue{attribute.String("db.system.name", system)}
	if name != "" {
		attrs = append(attrs, attribute.String("fivcglue.component", name))
	}
	return attrs
}

// operation is one method of a component, as it is told of. All of its calls
// together make a histogram; spans are made under a span of the caller's.
type operation struct {
	name     string
	kind     trace.SpanKind
	tracer   trace.Tracer
	duration metric.Float64Histogram
	attrs    []attribute.KeyValue
	good     metric.MeasurementOption // made once
}

func newOperation(name string, kind trace.SpanKind, duration metric.Float64Histogram, attrs ...attribute.KeyValue) *operation {
	return &operation{
		name: name, kind: kind, tracer: otel.Tracer(scope), duration: duration, attrs: attrs,
		good: metric.WithAttributeSet(attribute.NewSet(attrs...)),
	}
}

// on tells whether anybody wants to know of a call with ctx.
func (o *operation) on(ctx context.Context) bool {
	return o.duration.Enabled(ctx) || trace.SpanFromContext(ctx).IsRecording()
}

// call is one call that is told of.
type call struct {
	*operation

	ctx   context.Context // for what is called
	began time.Time
	span  trace.Span // nil without one
}

func (o *operation) begin(ctx context.Context) call {
	c := call{operation: o, ctx: ctx, began: time.Now()}
	if trace.SpanFromContext(ctx).IsRecording() {
		c.start(ctx)
	}
	return c
}

func (c *call) start(ctx context.Context, more ...trace.SpanStartOption) {
	c.ctx, c.span = c.tracer.Start(ctx, c.name, append(more, trace.WithSpanKind(c.kind), trace.WithAttributes(c.attrs...))...)
}

// end tells how the call went. A miss and a mutex that is held are answers, not
// failures.
func (c *call) end(err error) {
	took := time.Since(c.began).Seconds()
	kind := kindOf(err)
	if kind == "" {
		c.duration.Record(c.ctx, took, c.good)
	} else {
		c.duration.Record(c.ctx, took, c.good, metric.WithAttributes(errorType.String(kind)))
	}
	if c.span == nil {
		return
	}
	if kind != "" {
		// The text of an error may hold a key.
		c.span.SetStatus(codes.Error, kind)
		c.span.SetAttributes(errorType.String(kind))
	}
	c.span.End()
}

const errorType = attribute.Key("error.type")

// kindOf names what is wrong in a word or two, of which there are few.
func kindOf(err error) string {
	for _, known := range []struct {
		err  error
		name string
	}{
		{nil, ""}, {interfaces.ErrMiss, ""}, {interfaces.ErrHeld, ""},
		{context.Canceled, "cancelled"}, {interfaces.ErrLost, "lost"}, {interfaces.ErrFull, "full"},
		{interfaces.ErrClosed, "closed"}, {interfaces.ErrInvalid, "invalid"},
		{context.DeadlineExceeded, "timeout"}, {interfaces.ErrUnavailable, "unavailable"},
	} {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	return "_OTHER"
}

// tracing tells whether spans that nobody's span is above of come to anything,
// which only making one shows. It looks again now and then.
type tracing struct {
	off   atomic.Bool
	since atomic.Uint32
}

const tracingAgain = 1000 // calls

func (t *tracing) worthATry() bool {
	return !t.off.Load() || t.since.Add(1)%tracingAgain == 0
}

func (t *tracing) learn(span trace.Span) { t.off.Store(!span.SpanContext().IsValid()) }

// meter makes instruments; an error of one makes it do nothing, and is told to
// OpenTelemetry's own error handler.
type meter struct{ metric.Meter }

func newMeter() meter { return meter{otel.Meter(scope)} }

func (m meter) durations(name, description string, limits metric.HistogramOption) metric.Float64Histogram {
	h, err := m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description), limits)
	handle(err)
	return h
}

func (m meter) counter(name, unit, description string) metric.Int64Counter {
	c, err := m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
	handle(err)
	return c
}

func handle(err error) {
	if err != nil {
		otel.Handle(err)
	}
}
