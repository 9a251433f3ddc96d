package redis

import (
	"context"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// mutexWaiter is an Acquire that may be woken.
type mutexWaiter struct {
	wake chan struct{} // holds one
}

func newMutexWaiter() *mutexWaiter { return &mutexWaiter{wake: make(chan struct{}, 1)} }

func (w *mutexWaiter) up() {
	select {
	case w.wake <- struct{}{}:
	default: // it is to ask anyway
	}
}

// enter does as begin, and has messages for a find it. The caller calls exit.
func (s *MutexSite) enter(a *acquisition) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.work.Add(1)
	s.waiters[a.id] = a.waiter
	return true
}

func (s *MutexSite) exit(a *acquisition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiters, a.id)
	s.work.Done()
}

// subscribe has the site listen for messages to its waiters, with one
// subscription for all of them, from the first one on until Close.
func (s *MutexSite) subscribe() {
	s.mu.Lock()
	first := !s.subscribed && !s.closed
	s.subscribed = true
	s.mu.Unlock()
	if first {
		s.spawn(s.listen)
	}
}

// listen wakes the waiters that the server names, and all of them whenever
// messages may have been lost.
func (s *MutexSite) listen() {
	const (
		shortest = 50 * time.Millisecond
		longest  = 2 * time.Second
	)
	for wait := shortest; s.closing.Err() == nil; wait = min(2*wait, longest) {
		client, err := s.connection.blocking()
		if err != nil {
			return
		}
		ctx := tie(s.closing)
		if s.hear(ctx, client.Subscribe(ctx, "mutex:wake:"+s.id)) {
			wait = shortest
		}
		select {
		case <-time.After(wait):
		case <-s.closing.Done():
		}
	}
}

// hear returns when the subscription does not work any more, and reports
// whether it has.
func (s *MutexSite) hear(ctx context.Context, subscription *goredis.PubSub) (worked bool) {
	const quiet = 5 * time.Second // then the server is asked whether it is there
	defer subscription.Close()
	for asked := false; ; {
		message, err := subscription.ReceiveTimeout(ctx, quiet)
		switch silent := classify(err) == timedOut; {
		case err == nil:
			asked = false
		case silent && !asked && subscription.Ping(ctx) == nil:
			asked = true
			continue
		default:
			return worked
		}

		switch message := message.(type) {
		case *goredis.Message:
			s.wake(message.Payload)
		case *goredis.Subscription:
			worked = true
			s.wakeAll() // what came before it is lost
		}
	}
}

func (s *MutexSite) wake(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.waiters[id]; w != nil {
		w.up()
	}
}

func (s *MutexSite) wakeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.waiters {
		w.up()
	}
}
