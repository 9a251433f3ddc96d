package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// releasePatience is how long Release may take when its caller's context has
// ended.
const releasePatience = time.Second

// Release ends the lease and frees the mutex. If the server could not be asked
// it returns ErrUnavailable, is tried again in the background, and may be
// called again; by the end of the lease's time the mutex is free in any case.
func (l *mutexLease) Release(ctx context.Context) error {
	if err := l.enterRelease(ctx); err != nil {
		return fmt.Errorf("mutex %q: another release of it: %w", l.mutex.name, err)
	}
	defer func() { <-l.releasing }()
	if l.freed {
		return nil
	}
	l.check()
	l.finish(mutexReleased, nil)
	l.mu.Lock()
	cause, until := l.cause, l.deadline.Add(l.expire) // a renewal may have got no reply
	l.mu.Unlock()

	if cause != nil {
		// The server may have the key yet, from a renewal without a reply.
		l.tidyOnce(until)
		return cause
	}

	found, err := l.free(ctx)
	if err != nil {
		l.tidyOnce(until)
		return fmt.Errorf("mutex %q: %w", l.mutex.name, err)
	}
	l.freed = true
	if l.uncertain {
		l.tidyOnce(until)
	}

	if !found && !l.unsure {
		l.freed = false
		l.mu.Lock()
		l.state = mutexLost
		l.cause = fmt.Errorf("mutex %q: the server did not have the lease any more: %w", l.mutex.name, interfaces.ErrLost)
		l.mu.Unlock()
		return l.cause
	}
	return nil
}

// enterRelease waits until no other Release is at work. If ctx ends before, it
// goes on for a short time of its own.
func (l *mutexLease) enterRelease(ctx context.Context) error {
	select {
	case l.releasing <- struct{}{}:
		return nil
	case <-ctx.Done():
	}
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), releasePatience)
	defer cancel()
	select {
	case l.releasing <- struct{}{}:
		return nil
	case <-own.Done():
		return withoutDeadline(own.Err())
	}
}

// tidyOnce has the key removed in the background; the caller is the Release at
// work.
func (l *mutexLease) tidyOnce(until time.Time) {
	if !l.tidied {
		l.tidied = true
		l.mutex.site.spawn(func() { l.mutex.tidy(l.id, true, until, func() {}) })
	}
}

// free removes the key. If ctx ends before, it goes on for a short time of its
// own.
func (l *mutexLease) free(ctx context.Context) (found bool, err error) {
	site := l.mutex.site
	q := newMutexQuestion(site.scripts.release, l.mutex.keys, l.id)
	if ctx.Err() == nil {
		if err = site.wire.ask(ctx, site.gone.Done(), q); err == nil {
			return l.found(q)
		}
		l.unsure = true
		if ctx.Err() == nil {
			return false, err
		}
		q = newMutexQuestion(q.script, q.keys, q.args...)
	}
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), releasePatience)
	defer cancel()

	if err = site.wire.ask(own, site.gone.Done(), q); err != nil {
		l.unsure = true
		return false, withoutDeadline(err)
	}
	return l.found(q)
}

func (l *mutexLease) found(q *mutexQuestion) (bool, error) {
	l.unsure = l.unsure || q.uncertain
	reply, err := q.result()
	if err != nil {
		return false, err
	}
	return reply.number == 1, nil
}

// withoutDeadline hides that an error is of a deadline which is not the
// caller's.
func withoutDeadline(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %v: %w", releasePatience, interfaces.ErrUnavailable)
	}
	return err
}
