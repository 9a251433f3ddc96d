package otelprint

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Traces is a trace.TracerProvider that records every span. It is safe for
// concurrent use.
type Traces struct {
	noop.TracerProvider

	mu    sync.Mutex
	spans []string
}

// NewTraces returns a provider that has recorded nothing.
func NewTraces() *Traces { return &Traces{} }

// Spans returns what was recorded, in the order in which the spans ended: kind,
// name, attributes, and the status if it is an error.
func (t *Traces) Spans() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.spans)
}

// Tracer returns a tracer, all of which record to the same place.
func (t *Traces) Tracer(string, ...trace.TracerOption) trace.Tracer { return &tracer{traces: t} }

type tracer struct {
	noop.Tracer

	traces *Traces
}

func (t *tracer) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	config := trace.NewSpanStartConfig(options...)
	above := trace.SpanContextFromContext(ctx)
	id := trace.SpanContextConfig{TraceID: above.TraceID(), TraceFlags: trace.FlagsSampled}
	_, _ = rand.Read(id.SpanID[:]) // never fails
	if !id.TraceID.IsValid() {
		_, _ = rand.Read(id.TraceID[:])
	}
	s := &span{traces: t.traces, name: name, kind: config.SpanKind(), attrs: config.Attributes(), context: trace.NewSpanContext(id)}
	return trace.ContextWithSpan(ctx, s), s
}

type span struct {
	noop.Span

	traces  *Traces
	name    string
	kind    trace.SpanKind
	attrs   []attribute.KeyValue
	status  string
	context trace.SpanContext
}

func (s *span) IsRecording() bool                         { return true }
func (s *span) SpanContext() trace.SpanContext            { return s.context }
func (s *span) SetAttributes(attrs ...attribute.KeyValue) { s.attrs = append(s.attrs, attrs...) }
func (s *span) SetStatus(code codes.Code, text string)    { s.status = fmt.Sprintf(" %v: %s", code, text) }
func (s *span) TracerProvider() trace.TracerProvider      { return s.traces }

func (s *span) End(...trace.SpanEndOption) {
	set := attribute.NewSet(s.attrs...)
	s.traces.mu.Lock()
	defer s.traces.mu.Unlock()
	s.traces.spans = append(s.traces.spans, fmt.Sprintf("%s %s {%s}%s", s.kind, s.name, set.Encoded(attribute.DefaultEncoder()), s.status))
}
