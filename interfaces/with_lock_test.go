package interfaces_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// fakeMutex gives leases of which the test knows all.
type fakeMutex struct {
	err   error // of Acquire
	lease fakeLease
}

func (m *fakeMutex) Acquire(ctx context.Context, _ time.Duration) (interfaces.ILease, error) {
	if m.err != nil {
		return nil, m.err
	}
	m.lease.begin(ctx)
	return &m.lease, nil
}

func (m *fakeMutex) TryAcquire(ctx context.Context, expire time.Duration) (interfaces.ILease, error) {
	return m.Acquire(ctx, expire)
}

type fakeLease struct {
	ctx      context.Context
	cancel   context.CancelCauseFunc
	fence    int64
	err      error // of Release
	released int
}

func (l *fakeLease) begin(ctx context.Context) {
	l.ctx, l.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
}

func (l *fakeLease) Context() context.Context                    { return l.ctx }
func (l *fakeLease) Fence() int64                                { return l.fence }
func (l *fakeLease) Extend(context.Context, time.Duration) error { return nil }

func (l *fakeLease) Release(context.Context) error {
	l.released++
	l.cancel(nil)
	return l.err
}

func TestWithLockErrors(t *testing.T) {
	work, release := errors.New("work"), errors.New("release")
	for name, c := range map[string]struct {
		acquire, work, release error
		want                   []error
		calls, releases        int
	}{
		"none":    {calls: 1, releases: 1},
		"acquire": {acquire: interfaces.ErrUnavailable, want: []error{interfaces.ErrUnavailable}},
		"work":    {work: work, want: []error{work}, calls: 1, releases: 1},
		"release": {release: release, want: []error{release}, calls: 1, releases: 1},
		"both":    {work: work, release: release, want: []error{work, release}, calls: 1, releases: 1},
		"lost":    {release: interfaces.ErrLost, want: []error{interfaces.ErrLost}, calls: 1, releases: 1},
	} {
		t.Run(name, func(t *testing.T) {
			mutex := &fakeMutex{err: c.acquire, lease: fakeLease{err: c.release}}
			calls := 0
			err := interfaces.WithLock(t.Context(), mutex, time.Second, func(context.Context) error {
				calls++
				if mutex.lease.released > 0 {
					t.Error("it was released before the work")
				}
				return c.work
			})
			if (err == nil) != (len(c.want) == 0) {
				t.Errorf("WithLock: %v", err)
			}

			for _, want := range c.want {
				if !errors.Is(err, want) {
					t.Errorf("WithLock: %v, want %v", err, want)
				}
			}
			if calls != c.calls || mutex.lease.released != c.releases {
				t.Errorf("%d calls and %d releases, want %d and %d", calls, mutex.lease.released, c.calls, c.releases)
			}
		})
	}
}

func TestWithLockReleasesOnPanic(t *testing.T) {
	mutex := &fakeMutex{}
	func() {
		defer func() {
			if recover() != "broken" {
				t.Error("the panic did not arrive")
			}
		}()
		_ = interfaces.WithLock(t.Context(), mutex, time.Second, func(context.Context) error { panic("broken") })
	}()
	if mutex.lease.released != 1 {
		t.Errorf("%d releases after a panic, want 1", mutex.lease.released)
	}
}

type valueKey struct{}

// The context ends with the lease, and with the caller's too.
func TestWithLockContext(t *testing.T) {
	lost := errors.New("lost")
	stop := errors.New("stop")
	for name, c := range map[string]struct {
		end  func(m *fakeMutex, cancel context.CancelCauseFunc)
		want error
	}{
		"lease":  {func(m *fakeMutex, _ context.CancelCauseFunc) { m.lease.cancel(lost) }, lost},
		"caller": {func(_ *fakeMutex, cancel context.CancelCauseFunc) { cancel(stop) }, stop},
	} {
		t.Run(name, func(t *testing.T) {
			mutex := &fakeMutex{}
			ctx, cancel := context.WithCancelCause(context.WithValue(t.Context(), valueKey{}, "v"))
			var cause func() error
			_ = interfaces.WithLock(ctx, mutex, time.Second, func(ctx context.Context) error {
				cause = func() error { return context.Cause(ctx) }
				if ctx.Err() != nil || ctx.Value(valueKey{}) != "v" {
					t.Errorf("the context has ended (%v) or lost its values", ctx.Err())
				}
				c.end(mutex, cancel)
				<-ctx.Done()
				return nil
			})
			if got := cause(); !errors.Is(got, c.want) {
				t.Errorf("the cause is %v, want %v", got, c.want)
			}
		})
	}
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()

	_ = interfaces.WithLock(ctx, &fakeMutex{}, time.Second, func(ctx context.Context) error {
		if got, ok := ctx.Deadline(); !ok || !got.Equal(deadline) {
			t.Errorf("the deadline is %v, %t, want the caller's, %v", got, ok, deadline)
		}
		return nil
	})
}

// lateContext is over before anybody has told: it finds out when it is looked at.
type lateContext struct {
	context.Context
	over func() bool
	end  context.CancelCauseFunc
}

func (c lateContext) Err() error {
	if c.over() {
		c.end(interfaces.ErrLost)
	}
	return c.Context.Err()
}

type lateMutex struct{ lease *fakeLease }

func (m lateMutex) Acquire(context.Context, time.Duration) (interfaces.ILease, error) {
	return m.lease, nil
}

func (m lateMutex) TryAcquire(context.Context, time.Duration) (interfaces.ILease, error) {
	return m.lease, nil
}

// A process stands still, and its timers have not fired yet when it goes on.
func TestWithLockContextLooksAtTheLease(t *testing.T) {
	for name, ended := range map[string]func(ctx context.Context) bool{
		"Err": func(ctx context.Context) bool { return ctx.Err() != nil },
		"Done": func(ctx context.Context) bool {
			select {
			case <-ctx.Done():
				return true
			default:
				return false
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inner, end := context.WithCancelCause(t.Context())
			over := false
			mutex := lateMutex{&fakeLease{ctx: lateContext{inner, func() bool { return over }, end}, cancel: end}}
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			err := interfaces.WithLock(ctx, mutex, time.Hour, func(ctx context.Context) error {
				if ended(ctx) {
					t.Error("the context of the work has ended before the lease")
				}
				over = true
				if !ended(ctx) {
					t.Error("the first look at the context does not tell that the lease is over")
				}
				return context.Cause(ctx)
			})
			if !errors.Is(err, interfaces.ErrLost) {
				t.Errorf("the cause is %v, want ErrLost", err)
			}
		})
	}
}

func TestFenceFrom(t *testing.T) {
	if fence, ok := interfaces.FenceFrom(t.Context()); ok || fence != 0 {
		t.Errorf("without a lease FenceFrom = %d, %t", fence, ok)
	}
	outer, inner := &fakeMutex{lease: fakeLease{fence: 7}}, &fakeMutex{lease: fakeLease{fence: 9}}
	want := func(ctx context.Context, want int64) {
		t.Helper()
		if fence, ok := interfaces.FenceFrom(ctx); !ok || fence != want {
			t.Errorf("FenceFrom = %d, %t, want %d", fence, ok, want)
		}
	}
	_ = interfaces.WithLock(t.Context(), outer, time.Second, func(ctx context.Context) error {
		want(ctx, 7)
		return interfaces.WithLock(ctx, inner, time.Second, func(ctx context.Context) error {
			want(ctx, 9)
			return nil
		})
	})
}
