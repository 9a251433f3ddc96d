package redis

import (
	"context"
	"sync"

	"github.com/fivcglue/fivcglue-go/interfaces"
	goredis "github.com/redis/go-redis/v9"
)

// A call to go-redis comes back when the server has answered or a time-out is
// over, not when its context is cancelled. So that a caller is not kept, calls
// that can be cancelled are made by workers, goroutines that the caller does
// not have to wait for. Handing a call over costs less than a microsecond.

// maxIdleWorkers is how many workers wait for the next call.
const maxIdleWorkers = 64

// job is one call in the hands of a worker.
type job struct {
	ctx  context.Context
	call func(ctx context.Context, client goredis.UniversalClient) error
	err  error
	done chan struct{} // nil: nobody waits for the call, nor asks for its error
}

var jobPool = sync.Pool{New: func() any { return &job{done: make(chan struct{}, 1)} }}

// run makes a call and returns when it is over or ctx is. In that case the
// call goes on for a while, and left is true.
func (l *link) run(ctx context.Context, call func(ctx context.Context, client goredis.UniversalClient) error) (err error, left bool) {
	if ctx.Done() == nil {
		return call(ctx, l.client), false
	}

	j := jobPool.Get().(*job)
	j.ctx, j.call = ctx, call

	if !l.hand(j) {
		return interfaces.ErrClosed, false
	}

	select {
	case <-j.done:
		err = j.err
		j.ctx, j.call, j.err = nil, nil, nil
		jobPool.Put(j)

		return err, false
	case <-ctx.Done():
		return ctx.Err(), true
	}
}

// hand gives a job to a worker, unless the link is closed.
func (l *link) hand(j *job) bool {
	select {
	case l.jobs <- j:
		return true
	default:
		return l.hire(j)
	}
}

// hire gives a job to a new worker, unless Close may be waiting for the last.
func (l *link) hire(j *job) bool {
	l.mu.Lock()
	defer l.mu.Unlock()

	if l.ctx.Err() != nil {
		return false
	}

	l.work.Go(func() { l.worker(j) })

	return true
}

func (l *link) worker(j *job) {
	for {
		err := j.call(j.ctx, l.client)
		if j.done != nil {
			j.err = err
			j.done <- struct{}{}
		}

		if l.idle.Add(1) > maxIdleWorkers {
			l.idle.Add(-1)

			return
		}

		select {
		case j = <-l.jobs:
			l.idle.Add(-1)
		case <-l.ctx.Done():
			return
		}
	}
}
