package memory

import (
	"context"
	"fmt"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/internal/mutexrule"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

type leaseState int8

const (
	leaseHeld leaseState = iota
	leaseReleased
	leaseLost
)

// lease is the time for which a mutex is held. All that changes is guarded by
// the site's lock.
type lease struct {
	slot   *slot
	fence  int64
	values context.Context // its values are the lease's context's too
	state  leaseState
	more   *leaseMore // what most leases come and go without; nil until it is needed
}

type leaseMore struct {
	cause  error // why the lease was lost
	ctx    context.Context
	cancel context.CancelCauseFunc
	limit  *limit // nil with auto_extend
}

// limit is when a lease ends by itself.
type limit struct {
	timer    *time.Timer
	deadline time.Time
}

var _ interfaces.ILease = (*lease)(nil)

// Context is made when it is first asked for: a critical section that calls
// nothing has no need of one.
func (l *lease) Context() context.Context {
	l.slot.site.mu.Lock()
	defer l.slot.site.mu.Unlock()
	m := l.extra()
	if m.ctx == nil {
		m.ctx, m.cancel = context.WithCancelCause(context.WithoutCancel(l.values))
		if l.state != leaseHeld {
			m.cancel(m.cause)
		}
	}
	return m.ctx
}

// Fence returns the lease's number.
func (l *lease) Fence() int64 { return l.fence }

// Extend has a lease without auto_extend end expire from now. With auto_extend
// it only tells whether the lease is over.
func (l *lease) Extend(ctx context.Context, expire time.Duration) error {
	expire, err := mutexrule.Expire(l.slot.name, expire)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("mutex %q: %w", l.slot.name, err)
	}
	l.slot.site.mu.Lock()
	defer l.slot.site.mu.Unlock()

	switch l.state {
	case leaseLost:
		return l.more.cause
	case leaseReleased:
		return fmt.Errorf("mutex %q: extending a lease that was released: %w", l.slot.name, interfaces.ErrLost)
	}

	if l.more != nil && l.more.limit != nil {
		l.more.limit.deadline = time.Now().Add(expire)
		l.more.limit.timer.Reset(expire)
	}
	return nil
}

// Release ends the lease and hands the mutex to the next. It waits for nothing,
// so that it does its work whether ctx has ended or not.
func (l *lease) Release(context.Context) error {
	l.slot.site.mu.Lock()
	defer l.slot.site.mu.Unlock()
	if l.state == leaseHeld {
		l.end(leaseReleased, nil)
		l.slot.handOver()
	}
	if l.state == leaseLost {
		return l.more.cause
	}
	return nil
}

// expire ends the lease if its time is over. It may have been extended since
// the timer fired.
func (l *lease) expire() {
	l.slot.site.mu.Lock()
	defer l.slot.site.mu.Unlock()
	if l.state != leaseHeld {
		return
	}
	if left := time.Until(l.more.limit.deadline); left > 0 {
		l.more.limit.timer.Reset(left)
		return
	}
	l.end(leaseLost, fmt.Errorf("mutex %q: the time of the lease is over: %w", l.slot.name, interfaces.ErrLost))
	l.slot.handOver()
}

// end has the lease over, its context before anything else can happen to the
// mutex; the site's lock is held.
func (l *lease) end(state leaseState, cause error) {
	l.state = state
	if cause != nil {
		l.extra().cause = cause
	}
	if l.more == nil {
		return
	}
	if l.more.limit != nil {
		l.more.limit.timer.Stop()
	}
	if l.more.cancel != nil {
		l.more.cancel(cause)
	}
}

// extra returns what the lease has beside itself; the site's lock is held.
func (l *lease) extra() *leaseMore {
	if l.more == nil {
		l.more = &leaseMore{}
	}
	return l.more
}
