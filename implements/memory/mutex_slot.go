package memory

import (
	"context"
	"fmt"
	"time"
)

// slot is the state of one name. The site's lock guards it.
type slot struct {
	site    *MutexSite
	name    string
	holder  *lease // nil while the mutex is free
	waiters waiters
	gone    bool // it is no more the slot of its name
}

// grant makes the lease of a mutex that nobody holds.
func (sl *slot) grant(ctx context.Context, expire time.Duration) *lease {
	sl.site.fence++
	sl.site.idle--
	l := &lease{slot: sl, fence: sl.site.fence, values: ctx}
	if !sl.site.autoExtend {
		end := &limit{deadline: time.Now().Add(expire)}
		l.more = &leaseMore{limit: end}
		end.timer = time.AfterFunc(expire, l.expire)
	}
	sl.holder = l
	return l
}

// handOver gives the mutex, whose lease is over, to the next.
func (sl *slot) handOver() {
	sl.holder = nil
	sl.site.idle++
	if w := sl.waiters.first; w != nil {
		sl.waiters.remove(w)
		w.granted <- sl.grant(w.ctx, w.expire)
		return
	}
	sl.site.sweep()
}

// giveUp takes a waiter whose context has ended out of the queue, or passes on
// what it was just given.
func (sl *slot) giveUp(w *waiter) error {
	sl.site.mu.Lock()
	defer sl.site.mu.Unlock()
	select {
	case l := <-w.granted:
		if l == nil {
			return closedError(sl.name)
		}
		if l.state == leaseHeld {
			l.end(leaseReleased, nil)
			sl.handOver()
		}
	default:
		sl.waiters.remove(w)
	}
	return fmt.Errorf("mutex %q: waiting for it: %w", sl.name, w.ctx.Err())
}

// sweep forgets the idle names when there are many. What is left goes to a
// table of its own, for a map that has been large stays so. The site's lock is
// held.
func (s *MutexSite) sweep() {
	const keep = 256 // so that those in steady use are not made anew each time
	if s.closed || s.idle <= max(keep, len(s.slots)/2) {
		return
	}
	busy := make(map[string]*slot, len(s.slots)-s.idle)
	for name, sl := range s.slots {
		if sl.holder == nil {
			sl.gone = true
		} else {
			busy[name] = sl
		}
	}
	s.slots, s.idle = busy, 0
}

// waiter is an Acquire that waits.
type waiter struct {
	ctx        context.Context
	expire     time.Duration
	granted    chan *lease // gets one value: nil when the site is closed
	prev, next *waiter
}

// waiters is the queue of those who wait for one mutex.
type waiters struct{ first, last *waiter }

func (q *waiters) add(w *waiter) {
	w.prev = q.last
	if q.last == nil {
		q.first = w
	} else {
		q.last.next = w
	}
	q.last = w
}

func (q *waiters) remove(w *waiter) {
	if w.prev == nil {
		q.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		q.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.prev, w.next = nil, nil
}
