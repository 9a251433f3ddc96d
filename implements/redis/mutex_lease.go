package redis

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/internal/mutexrule"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

var _ interfaces.ILease = (*mutexLease)(nil)

type mutexState int

const (
	mutexHeld mutexState = iota
	mutexReleased
	mutexLost
)

// mutexLease is the time for which a mutex is held. What it knows of that time
// is on the safe side: by its deadline the server still has the key.
type mutexLease struct {
	mutex     *mutex
	id        string
	fence     int64
	uncertain bool            // a request for it got no reply, and may arrive yet
	values    context.Context // its values are the lease's context's too

	extending chan struct{} // holds one while the server is asked for another time
	longest   time.Duration // that it may be asked for, 0: any; extending guards it
	releasing chan struct{} // holds one while a Release is at work
	freed     bool          // Release has done its work; releasing guards it
	unsure    bool          // a Release got no reply; releasing guards it
	tidied    bool          // the key is removed in the background; releasing guards it

	mu       sync.Mutex
	state    mutexState
	cause    error // why it was lost
	ctx      *leaseContext
	expire   time.Duration
	deadline time.Time
	renewal  time.Time   // zero without auto_extend, and while one is under way
	timer    *time.Timer // at the earlier of both
}

// newMutexLease returns the lease that a request gave which was sent then, or
// nil if its time is over.
func newMutexLease(ctx context.Context, a *acquisition, fence int64, sent time.Time) *mutexLease {
	l := &mutexLease{
		mutex: a.mutex, id: a.id, fence: fence, uncertain: a.uncertain,
		values: ctx, extending: make(chan struct{}, 1), releasing: make(chan struct{}, 1),
		expire: a.expire, deadline: sent.Add(usable(a.expire)),
	}
	if !time.Now().Before(l.deadline) {
		return nil
	}
	site := a.mutex.site
	site.mu.Lock()
	closed := site.closed

	if !closed {
		site.leases[l] = struct{}{}
	}
	site.mu.Unlock()

	if closed {
		l.lose(fmt.Errorf("mutex %q: %w: %w", a.mutex.name, interfaces.ErrLost, interfaces.ErrClosed))
		return l
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if site.config.AutoExtend {
		l.renewal = sent.Add(a.expire / 3)
	}
	l.arm()
	return l
}

// usable is how much of a lease's time its holder may count on: clocks of two
// machines do not run quite alike, and what ends the context takes a moment.
func usable(expire time.Duration) time.Duration {
	return expire - expire/200 - 2*time.Millisecond
}

// Context ends with the lease; see leaseContext.
func (l *mutexLease) Context() context.Context {
	l.check()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx == nil {
		inner, cancel := context.WithCancelCause(context.WithoutCancel(l.values))
		l.ctx = &leaseContext{Context: inner, cancel: cancel, lease: l}
		if l.state != mutexHeld {
			cancel(l.cause)
		}
	}
	return l.ctx
}

// Fence returns the lease's number: the time in microseconds by the server's
// clock, or one more than the last.
func (l *mutexLease) Fence() int64 { return l.fence }

// Extend has the lease last for expire from now. If it fails with another
// error than ErrLost the lease goes on, for the shorter of both times. Where the
// server did not answer to a shorter time it may act on that yet, however late:
// no time after it is longer.
func (l *mutexLease) Extend(ctx context.Context, expire time.Duration) error {
	expire, err := mutexrule.Expire(l.mutex.name, expire)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("mutex %q: %w", l.mutex.name, err)
	}
	return l.extend(ctx, expire)
}

func (l *mutexLease) extend(ctx context.Context, expire time.Duration) error {
	select {
	case l.extending <- struct{}{}:
		defer func() { <-l.extending }()
	case <-ctx.Done():
		return fmt.Errorf("mutex %q: %w", l.mutex.name, ctx.Err())
	}
	if l.longest > 0 {
		expire = min(expire, l.longest)
	}
	sent := time.Now()

	// The server may shorten the lease and the reply be lost.
	shorter, err := l.shorten(sent.Add(usable(expire)))
	if err != nil {
		return err
	}
	site := l.mutex.site
	q := newMutexQuestion(site.scripts.extend, l.mutex.keys[:1], l.id, expire.Milliseconds())
	if shorter {
		q.args = append(q.args, "shorter")
	}

	err = site.wire.ask(ctx, site.closing.Done(), q)
	if shorter && (err != nil || q.uncertain) {
		l.longest = expire
	}
	if err != nil {
		if over := l.over(); over != nil {
			return over
		}
		return fmt.Errorf("mutex %q: %w", l.mutex.name, err)
	}

	if reply, err := q.result(); err != nil {
		return fmt.Errorf("mutex %q: %w", l.mutex.name, err)
	} else if reply.number == 0 {
		l.lose(fmt.Errorf("mutex %q: the server does not have the lease any more: %w", l.mutex.name, interfaces.ErrLost))
		return l.over()
	}
	return l.move(sent.Add(usable(expire)), expire)
}

// shorten has the lease end at deadline if that is earlier than it would, and
// reports whether it is.
func (l *mutexLease) shorten(deadline time.Time) (shorter bool, err error) {
	l.check()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state != mutexHeld {
		return false, l.reason()
	}
	if !deadline.Before(l.deadline) {
		return false, nil
	}
	l.deadline = deadline
	if !l.renewal.IsZero() {
		l.renewal = earlier(l.renewal, time.Now().Add(time.Until(deadline)/3))
	}
	l.arm()
	return true, nil
}

// move sets the deadline and the lease's time from now on.
func (l *mutexLease) move(deadline time.Time, expire time.Duration) error {
	l.check()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state != mutexHeld {
		return l.reason()
	}
	l.deadline, l.expire = deadline, expire
	if l.mutex.site.config.AutoExtend {
		l.renewal = time.Now().Add(expire / 3)
	}
	l.arm()
	return nil
}

// arm sets the timer; l.mu is held.
func (l *mutexLease) arm() {
	next := l.deadline
	if !l.renewal.IsZero() && l.renewal.Before(next) {
		next = l.renewal
	}
	if l.timer == nil {
		l.timer = time.AfterFunc(time.Until(next), l.tick)
	} else {
		l.timer.Reset(time.Until(next))
	}
}

// tick ends the lease or begins to renew it.
func (l *mutexLease) tick() {
	l.check()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state != mutexHeld {
		return
	}
	if !l.renewal.IsZero() && !time.Now().Before(l.renewal) {
		l.renewal = time.Time{}
		l.mutex.site.spawn(l.renew)
	}
	l.arm()
}

// renew extends the lease, and has it tried again soon if that fails.
func (l *mutexLease) renew() {
	l.mu.Lock()
	expire, left := l.expire, time.Until(l.deadline)
	l.mu.Unlock()

	// There has to be time for another attempt, should this one hang.
	ctx, cancel := context.WithTimeout(context.Background(), left/2)
	defer cancel()
	if err := l.extend(ctx, expire); err == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == mutexHeld {
		l.renewal = time.Now().Add(max(expire/20, time.Millisecond))
		l.arm()
	}
}

// check ends the lease if its time is over.
func (l *mutexLease) check() {
	l.mu.Lock()
	over := l.state == mutexHeld && !time.Now().Before(l.deadline)
	l.mu.Unlock()
	if over {
		l.lose(fmt.Errorf("mutex %q: the time of the lease is over: %w", l.mutex.name, interfaces.ErrLost))
	}
}

// lose ends a lease that is held.
func (l *mutexLease) lose(cause error) { l.finish(mutexLost, cause) }

func (l *mutexLease) finish(state mutexState, cause error) {
	l.mu.Lock()
	if l.state == mutexHeld {
		l.state, l.cause = state, cause
		if l.timer != nil {
			l.timer.Stop()
		}
		if l.ctx != nil {
			l.ctx.cancel(cause)
		}
	}
	l.mu.Unlock()
	site := l.mutex.site
	site.mu.Lock()
	defer site.mu.Unlock()
	delete(site.leases, l)
}

// over returns why the lease is over, nil if it is held.
func (l *mutexLease) over() error {
	l.check()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reason()
}

// reason is over's answer; l.mu is held.
func (l *mutexLease) reason() error {
	switch l.state {
	case mutexHeld:
		return nil
	case mutexReleased:
		return fmt.Errorf("mutex %q: the lease was released: %w", l.mutex.name, interfaces.ErrLost)
	default:
		return l.cause
	}
}

// leaseContext is a context that is over once its lease's time is, also before
// the timer has said so: a process that stood still finds out at its first
// look.
type leaseContext struct {
	context.Context
	cancel context.CancelCauseFunc
	lease  *mutexLease
}

// Done returns a channel that is closed if the lease's time is over.
func (c *leaseContext) Done() <-chan struct{} {
	c.lease.check()
	return c.Context.Done()
}

// Err returns nil only while the lease's time lasts.
func (c *leaseContext) Err() error {
	c.lease.check()
	return c.Context.Err()
}
