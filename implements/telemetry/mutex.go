package telemetry

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

var _ interfaces.IMutexSite = (*MutexSite)(nil)

// MutexSite is an interfaces.IMutexSite that passes every call on to another
// and tells how that went: db.client.operation.duration, in which Acquire is
// the wait; fivcglue.mutex.held for how long leases were held; and
// fivcglue.mutex.lost.
type MutexSite struct {
	inner component.Ref[interfaces.IMutexSite]

	acquire, tryAcquire, extend, release *operation

	held metric.Float64Histogram
	lost metric.Int64Counter
	attr metric.MeasurementOption
}

// NewMutexSite returns mutexes before those that config names.
func NewMutexSite(_ context.Context, _ *component.Site, config MutexSiteConfig) (*MutexSite, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	m := newMeter()
	attrs := identity(config.System, config.Mutexes.Name())
	duration := m.durations("db.client.operation.duration", "Duration of calls of mutexes.", ofCalls)
	operation := func(name string) *operation {
		return newOperation(name, trace.SpanKindClient, duration, append(slices.Clip(attrs), attribute.String("db.operation.name", name))...)
	}
	return &MutexSite{
		inner:   config.Mutexes,
		acquire: operation("Acquire"), tryAcquire: operation("TryAcquire"),
		extend: operation("Extend"), release: operation("Release"),
		held: m.durations("fivcglue.mutex.held", "How long leases were held.", ofCalls),
		lost: m.counter("fivcglue.mutex.lost", "{lease}", "Leases that ended before they were released."),
		attr: metric.WithAttributeSet(attribute.NewSet(attrs...)),
	}, nil
}

// GetMutex returns the mutex of a name.
func (s *MutexSite) GetMutex(name string) (interfaces.IMutex, error) {
	inner, err := s.inner.Get().GetMutex(name)
	if err != nil {
		return nil, err
	}
	return &mutex{site: s, inner: inner}, nil
}

type mutex struct {
	site  *MutexSite
	inner interfaces.IMutex
}

func (m *mutex) Acquire(ctx context.Context, expire time.Duration) (interfaces.ILease, error) {
	return m.take(ctx, expire, m.site.acquire, m.inner.Acquire)
}

func (m *mutex) TryAcquire(ctx context.Context, expire time.Duration) (interfaces.ILease, error) {
	return m.take(ctx, expire, m.site.tryAcquire, m.inner.TryAcquire)
}

func (m *mutex) take(
	ctx context.Context, expire time.Duration, o *operation,
	take func(context.Context, time.Duration) (interfaces.ILease, error),
) (interfaces.ILease, error) {
	if !o.on(ctx) {
		return take(ctx, expire)
	}
	call := o.begin(ctx)
	inner, err := take(call.ctx, expire)
	call.end(err)
	if err != nil {
		return nil, err
	}
	l := &lease{ILease: inner, site: m.site, since: time.Now()}
	context.AfterFunc(inner.Context(), l.over)
	return l, nil
}

// lease is one that is told of.
type lease struct {
	interfaces.ILease

	site  *MutexSite
	since time.Time
	lost  sync.Once
}

// over tells of the end of the lease, however it comes.
func (l *lease) over() {
	ctx := context.Background()
	l.site.held.Record(ctx, time.Since(l.since).Seconds(), l.site.attr)
	l.look(context.Cause(l.Context()))
}

// look counts the lease once if err says that it was lost.
func (l *lease) look(err error) {
	if errors.Is(err, interfaces.ErrLost) {
		l.lost.Do(func() { l.site.lost.Add(context.Background(), 1, l.site.attr) })
	}
}

func (l *lease) Extend(ctx context.Context, expire time.Duration) error {
	call := l.site.extend.begin(ctx)
	err := l.ILease.Extend(call.ctx, expire)
	call.end(err)
	return err
}

func (l *lease) Release(ctx context.Context) error {
	call := l.site.release.begin(ctx)
	err := l.ILease.Release(call.ctx)
	call.end(err)
	l.look(err) // it may be the first to find out
	return err
}
