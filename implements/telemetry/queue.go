package telemetry

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// QueueSite is an interfaces.IQueueSite that passes everything on to another
// and tells how it went: messaging.client.operation.duration and
// messaging.client.sent.messages of producers; messaging.process.duration,
// messaging.client.consumed.messages, fivcglue.queue.lag and
// fivcglue.queue.retries of consumers; and fivcglue.queue.depth of the queues
// that were asked for, if the other is an interfaces.IQueueInspector. Each
// collection of metrics asks after all of these, one by one, and their names are
// remembered until Close: they should not be made up by the thousand.
type QueueSite struct {
	inner      component.Ref[interfaces.IQueueSite]
	system     attribute.KeyValue
	unregister func() error

	send, process  metric.Float64Histogram
	lag            metric.Float64Histogram
	sent, consumed metric.Int64Counter
	retries        metric.Int64Counter
	tracing        tracing

	mu    sync.Mutex
	names map[string]bool // of queues that were asked for
}

// inspectedSite is a QueueSite whose other was an IQueueInspector when it was
// made. Which one that is may change, as with everything that is referred to.
type inspectedSite struct{ *QueueSite }

var _ interfaces.IQueueInspector = inspectedSite{}

// inspector returns the other queues as they are now.
func (s *QueueSite) inspector() (interfaces.IQueueInspector, error) {
	if inspector, ok := s.inner.Get().(interfaces.IQueueInspector); ok {
		return inspector, nil
	}
	return nil, fmt.Errorf("inspect queues: %T is no IQueueInspector: %w", s.inner.Get(), interfaces.ErrInvalid)
}

// GetDepth passes on.
func (s inspectedSite) GetDepth(ctx context.Context, name string) (interfaces.QueueDepth, error) {
	inspector, err := s.inspector()
	if err != nil {
		return interfaces.QueueDepth{}, err
	}
	return inspector.GetDepth(ctx, name)
}

// ListDead passes on.
func (s inspectedSite) ListDead(ctx context.Context, name string) iter.Seq2[interfaces.DeadLetter, error] {
	inspector, err := s.inspector()
	if err != nil {
		return func(yield func(interfaces.DeadLetter, error) bool) { yield(interfaces.DeadLetter{}, err) }
	}
	return inspector.ListDead(ctx, name)
}

// RestoreDead passes on.
func (s inspectedSite) RestoreDead(ctx context.Context, name string, ids ...string) (int, error) {
	inspector, err := s.inspector()
	if err != nil {
		return 0, err
	}
	return inspector.RestoreDead(ctx, name, ids...)
}

// DiscardDead passes on.
func (s inspectedSite) DiscardDead(ctx context.Context, name string, ids ...string) (int, error) {
	inspector, err := s.inspector()
	if err != nil {
		return 0, err
	}
	return inspector.DiscardDead(ctx, name, ids...)
}

// NewQueueSite returns queues before those that config names. They are an
// interfaces.IQueueInspector if the others are.
func NewQueueSite(_ context.Context, _ *component.Site, config QueueSiteConfig) (interfaces.IQueueSite, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	m := newMeter()
	s := &QueueSite{
		inner: config.Queues, system: attribute.String("messaging.system", config.System), names: map[string]bool{},
		send:     m.durations("messaging.client.operation.duration", "Duration of calls of producers.", ofMessages),
		process:  m.durations("messaging.process.duration", "Duration of handling a message.", ofMessages),
		lag:      m.durations("fivcglue.queue.lag", "How old messages are when they are handled first.", ofMessages),
		sent:     m.counter("messaging.client.sent.messages", "{message}", "Messages that were to be produced."),
		consumed: m.counter("messaging.client.consumed.messages", "{message}", "Messages that were given to a handler."),
		retries:  m.counter("fivcglue.queue.retries", "{message}", "Messages that were given to a handler again."),
	}
	s.unregister = func() error { return nil }
	if _, err := s.inspector(); err != nil {
		return s, nil //nolint:nilerr // they are queues all the same
	}
	s.observe(m)
	return inspectedSite{s}, nil
}

// Close ends the telling. The other queues are closed by their site.
func (s *QueueSite) Close(context.Context) error { return s.unregister() }

// GetProducer returns an end of a queue that adds messages, which is an
// interfaces.IDelayedProducer if the other's is.
func (s *QueueSite) GetProducer(name string) (interfaces.IQueueProducer, error) {
	inner, err := s.inner.Get().GetProducer(name)
	if err != nil {
		return nil, err
	}
	s.note(name)
	p := &producer{
		IQueueProducer: inner, site: s, attr: metric.WithAttributeSet(attribute.NewSet(s.of(name, operationName("send"))...)),
		send: newOperation("send "+name, trace.SpanKindProducer, s.send, s.of(name, operationName("send"), operationType("send"))...),
	}
	if delayed, ok := inner.(interfaces.IDelayedProducer); ok {
		return &delayedProducer{p, delayed}, nil
	}
	return p, nil
}

// GetConsumer returns an end of a queue that handles messages.
func (s *QueueSite) GetConsumer(name string) (interfaces.IQueueConsumer, error) {
	inner, err := s.inner.Get().GetConsumer(name)
	if err != nil {
		return nil, err
	}
	s.note(name)
	return &consumer{
		inner: inner, site: s, attr: metric.WithAttributeSet(attribute.NewSet(s.of(name, operationName("process"))...)),
		process: newOperation("process "+name, trace.SpanKindConsumer, s.process, s.of(name, operationName("process"), operationType("process"))...),
	}, nil
}

func (s *QueueSite) of(name string, more ...attribute.KeyValue) []attribute.KeyValue {
	return append(more, s.system, attribute.String("messaging.destination.name", name))
}

func operationName(name string) attribute.KeyValue {
	return attribute.String("messaging.operation.name", name)
}

func operationType(name string) attribute.KeyValue {
	return attribute.String("messaging.operation.type", name)
}

func (s *QueueSite) note(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[name] = true
}

// observe has whoever collects metrics told how much the queues hold.
func (s *QueueSite) observe(m meter) {
	depth, err := m.Int64ObservableGauge("fivcglue.queue.depth", metric.WithUnit("{message}"),
		metric.WithDescription("Messages that a queue holds."))
	handle(err)
	registration, err := m.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		s.mu.Lock()
		names := slices.Sorted(maps.Keys(s.names))
		s.mu.Unlock()
		inspector, err := s.inspector()
		if err != nil {
			return err
		}
		var errs []error
		for _, name := range names {
			d, err := inspector.GetDepth(ctx, name)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			for state, count := range map[string]int{"waiting": d.Waiting, "in_flight": d.InFlight, "delayed": d.Delayed, "dead": d.Dead} {
				o.ObserveInt64(depth, int64(count), metric.WithAttributes(s.of(name, attribute.String("fivcglue.queue.state", state))...))
			}
		}
		return errors.Join(errs...)
	}, depth)
	if err != nil {
		handle(err)
		return
	}
	s.unregister = registration.Unregister
}

type producer struct {
	interfaces.IQueueProducer

	site *QueueSite
	send *operation
	attr metric.MeasurementOption
}

func (p *producer) Produce(ctx context.Context, messages ...[]byte) error {
	if !p.send.on(ctx) {
		return p.IQueueProducer.Produce(ctx, messages...)
	}
	call := p.send.begin(ctx)
	err := p.IQueueProducer.Produce(call.ctx, messages...)
	p.end(&call, len(messages), err)
	return err
}

func (p *producer) end(call *call, messages int, err error) {
	call.end(err)
	if kind := kindOf(err); kind == "" {
		p.site.sent.Add(call.ctx, int64(messages), p.attr)
	} else {
		p.site.sent.Add(call.ctx, int64(messages), p.attr, metric.WithAttributes(errorType.String(kind)))
	}
}

type delayedProducer struct {
	*producer
	inner interfaces.IDelayedProducer
}

func (p *delayedProducer) ProduceAfter(ctx context.Context, delay time.Duration, messages ...[]byte) error {
	if !p.send.on(ctx) {
		return p.inner.ProduceAfter(ctx, delay, messages...)
	}
	call := p.send.begin(ctx)
	err := p.inner.ProduceAfter(call.ctx, delay, messages...)
	p.end(&call, len(messages), err)
	return err
}

type consumer struct {
	inner   interfaces.IQueueConsumer
	site    *QueueSite
	process *operation
	attr    metric.MeasurementOption
}

func (c *consumer) Consume(ctx context.Context, handle func(ctx context.Context, m interfaces.Message) error) error {
	return c.inner.Consume(ctx, func(ctx context.Context, m interfaces.Message) error {
		s := c.site
		tracing := s.tracing.worthATry()
		if !tracing && !c.process.on(ctx) {
			return handle(ctx, m)
		}

		call := call{operation: c.process, ctx: ctx, began: time.Now()}
		if tracing {
			call.start(ctx)
			s.tracing.learn(call.span)
		}
		s.consumed.Add(call.ctx, 1, c.attr)

		if m.Attempt > 1 {
			s.retries.Add(call.ctx, 1, c.attr)
		} else {
			s.lag.Record(call.ctx, time.Since(m.Time).Seconds(), c.attr)
		}

		// A handler that panics, or ends its goroutine, has failed.
		err := errUnfinished
		defer func() { call.end(err) }()
		err = handle(call.ctx, m)
		return err
	})
}

// errUnfinished is for a handler that did not return.
var errUnfinished = errors.New("the handler did not return")
