package memory

import (
	"container/heap"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/internal/queues"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// queue is what one queue holds.
type queue struct {
	settings queues.Settings

	mu        sync.Mutex
	wake      sync.Cond // there may be a message to take, or a reason to stop
	waiting   ring[queued]
	delayed   delays
	dead      []deadLetter // oldest first; what was appended is never changed in place
	held      int          // waiting, delayed and in flight
	consumers int          // Consumes that run
	lastID    uint64
	timer     *time.Timer // wakes for delayed[0]; nil while nobody consumes
	timerAt   time.Time
	closed    bool
	gone      bool // the site has forgotten it; whoever still has it looks again
}

// queued is a message that a queue holds. The body is a string because it must
// not change, whatever a handler does with the bytes that it was given.
type queued struct {
	body    string
	time    time.Time
	id      uint64
	attempt int // how many there were
}

type deadLetter struct {
	queued
	reason string
	died   time.Time
}

func newQueue(settings queues.Settings, lastID uint64) *queue {
	q := &queue{settings: settings, lastID: lastID}
	q.wake.L = &q.mu
	return q
}

// What follows is called with mu held.

// unused reports whether the queue can be forgotten.
func (q *queue) unused() bool {
	return q.held == 0 && len(q.dead) == 0 && q.consumers == 0 && !q.closed && !q.gone
}

// add takes in all of the bodies, or none.
func (q *queue) add(bodies [][]byte, delay time.Duration) error {
	if len(bodies) > q.settings.MaxLength-q.held {
		return interfaces.ErrFull
	}
	now := time.Now()
	q.held += len(bodies)
	for _, body := range bodies {
		q.lastID++
		m := queued{body: string(body), time: now, id: q.lastID}
		if delay > 0 {
			heap.Push(&q.delayed, delayedMessage{m, now.Add(delay)})
			continue
		}
		q.waiting.push(m)
		q.wake.Signal()
	}
	if delay > 0 {
		q.schedule()
	}
	return nil
}

// take gives the next message to be handled, those before others that waited
// their time out.
func (q *queue) take() (queued, bool) {
	if len(q.delayed) > 0 && !time.Now().Before(q.delayed[0].due) {
		m := heap.Pop(&q.delayed).(delayedMessage).queued
		q.schedule()
		return m, true
	}
	return q.waiting.pop()
}

// settle records what the attempt m.attempt came to.
func (q *queue) settle(m queued, err error) {
	switch {
	case err == nil:
		q.held--
	case m.attempt >= q.settings.MaxAttempts:
		q.held--
		q.dead = append(q.dead, deadLetter{m, queues.Reason(err), time.Now()})
	default:
		heap.Push(&q.delayed, delayedMessage{m, time.Now().Add(q.settings.Backoff(m.attempt))})
		q.schedule()
	}
}

// schedule has somebody woken when the first delayed message is due.
func (q *queue) schedule() {
	if len(q.delayed) == 0 || q.consumers == 0 || q.closed {
		return
	}
	due := q.delayed[0].due
	if q.timer != nil && q.timerAt.Equal(due) {
		return
	}
	q.unschedule()
	q.timerAt = due
	q.timer = time.AfterFunc(time.Until(due), func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.timer == nil || time.Now().Before(q.timerAt) {
			return // it was set again meanwhile
		}
		q.timer = nil
		// As many as are due may be taken; whoever takes one sets the timer
		// for the next.
		q.wake.Broadcast()
	})
}

func (q *queue) unschedule() {
	if q.timer != nil {
		q.timer.Stop()
		q.timer = nil
	}
}

// close, which takes the lock itself, has those who wait look again.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.unschedule()
	q.wake.Broadcast()
}

type delayedMessage struct {
	queued
	due time.Time
}

// delays is a heap, by due.
type delays []delayedMessage

func (d delays) Len() int           { return len(d) }
func (d delays) Less(i, j int) bool { return d[i].due.Before(d[j].due) }
func (d delays) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *delays) Push(x any)        { *d = append(*d, x.(delayedMessage)) }
func (d *delays) Pop() any {
	old := *d
	last := old[len(old)-1]
	old[len(old)-1] = delayedMessage{}
	*d = old[:len(old)-1]
	if cap(*d) > 64 && len(*d) < cap(*d)/4 {
		*d = append(make(delays, 0, cap(*d)/2), *d...)
	}
	return last
}
