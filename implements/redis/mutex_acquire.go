package redis

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

const (
	// mutexAttempts is how often an answer may come too late for the lease
	// that it gives.
	mutexAttempts = 3

	// tidyPatience is how long an Acquire that failed waits for what it left to
	// be cleared away, which goes on without it.
	tidyPatience = 50 * time.Millisecond
)

// acquisition is one Acquire or TryAcquire. It is its caller's alone.
type acquisition struct {
	mutex  *mutex
	id     string
	expire time.Duration
	waiter *mutexWaiter // nil for TryAcquire

	ticket    int64          // the place in the queue, from the server's clock; 0: none
	last      *mutexQuestion // the latest request
	asked     bool           // a request may have reached the server
	uncertain bool           // one ended without a reply
}

// try asks for the mutex once, and enters the queue if window, how long the
// server keeps a place, is not zero. Without a lease and an error the mutex is
// held, and comeBack is when to ask again, if the server knows.
func (a *acquisition) try(ctx context.Context, window time.Duration) (lease *mutexLease, comeBack time.Duration, err error) {
	m := a.mutex
	for range mutexAttempts {
		sent := time.Now()
		q := newMutexQuestion(m.site.scripts.acquire, m.keys, a.id, a.expire.Milliseconds(), window.Milliseconds())
		if a.ticket != 0 {
			q.args = append(q.args, a.ticket)
		}

		reply, err := a.ask(ctx, q)
		if err != nil {
			return nil, 0, fmt.Errorf("mutex %q: %w", m.name, err)
		}

		if reply.refused {
			a.ticket = reply.number
			return nil, reply.comeBack, nil
		}
		if lease := newMutexLease(ctx, a, reply.number, sent); lease != nil {
			return lease, 0, nil
		}
	}
	return nil, 0, fmt.Errorf("mutex %q: the server takes longer to answer than a lease of %v lasts: %w",
		m.name, a.expire, interfaces.ErrUnavailable)
}

func (a *acquisition) ask(ctx context.Context, q *mutexQuestion) (mutexReply, error) {
	a.last = q
	err := a.mutex.site.wire.ask(ctx, a.mutex.site.closing.Done(), q)
	select {
	case <-q.done:
		a.asked = a.asked || q.sent
		a.uncertain = a.uncertain || q.uncertain
	default: // it is on its way
		a.asked, a.uncertain = true, true
	}
	if err != nil {
		return mutexReply{}, err
	}
	return q.result()
}

// wait asks until it gets the mutex.
func (a *acquisition) wait(ctx context.Context) (*mutexLease, error) {
	poll := a.mutex.site.config.PollInterval
	window := 3*poll + time.Second
	for {
		lease, comeBack, err := a.try(ctx, window)
		switch {
		case lease != nil:
			return lease, nil
		case err != nil && (a.ticket == 0 || !errors.Is(err, interfaces.ErrUnavailable) || ctx.Err() != nil):
			return nil, err
		case err == nil:
			a.mutex.site.subscribe()
		}
		pause := poll - rand.N(poll/4) // so that those who came together do not stay so
		if comeBack >= 0 {
			pause = min(pause, comeBack+time.Millisecond)
		}
		if err := a.pause(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// pause waits until it is time to ask again.
func (a *acquisition) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-a.waiter.wake:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("mutex %q: waiting for it: %w", a.mutex.name, ctx.Err())
	case <-a.mutex.site.closing.Done():
		return closedMutex(a.mutex.name)
	}
}

// abandon clears away what an acquisition that failed may have left on the
// server: a place in the queue, or the mutex itself. That goes on in the
// background if it takes long.
func (a *acquisition) abandon() {
	if !a.asked {
		return
	}
	done := make(chan struct{})
	cleared := sync.OnceFunc(func() { close(done) })

	a.mutex.site.work.Go(func() { // Close waits for the caller, too
		defer cleared()
		// What is on its way has to arrive first.
		select {
		case <-a.last.done:
			a.uncertain = a.uncertain || a.last.uncertain
		case <-a.mutex.site.gone.Done():
			return
		}
		a.mutex.tidy(a.id, a.uncertain, time.Now().Add(a.expire), cleared)
	})
	timer := time.NewTimer(tidyPatience)
	defer timer.Stop()

	select {
	case <-done:
	case <-timer.C:
	case <-a.mutex.site.gone.Done():
	}
}

// tidy removes an id from the server, as lease and as waiter, trying until it
// succeeds or the key is gone by itself, which it is by until. If a request of
// that id ended without a reply it is done twice, the second time somewhat
// later: by then the server has read what it had received before the first, and
// what the network held back has most likely arrived. It calls cleared after the
// first time.
func (m *mutex) tidy(id string, twice bool, until time.Time, cleared func()) {
	const (
		shortest = 20 * time.Millisecond
		longest  = 5 * time.Second
		later    = 100 * time.Millisecond
	)
	wait := shortest

	for again := twice; ; {
		q := newMutexQuestion(m.site.scripts.release, m.keys, id, "waiter")
		err := m.site.wire.ask(context.Background(), m.site.gone.Done(), q)
		pause := wait
		switch {
		case err == nil && again:
			again, pause = false, later
			cleared()
		case err == nil, !errors.Is(err, interfaces.ErrUnavailable), time.Now().After(until):
			return
		default:
			wait = min(2*wait, longest)
		}

		select {
		case <-time.After(pause):
		case <-m.site.gone.Done():
			return
		}
	}
}
