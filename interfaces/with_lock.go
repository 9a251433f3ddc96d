package interfaces

import (
	"context"
	"errors"
	"time"
)

// WithLock waits until it holds mutex, calls work and releases the mutex,
// also when work panics or ends its goroutine.
//
// The context given to work is the lease's: it ends when the lease is lost,
// before somebody else can hold the mutex. It ends with ctx too, unlike the
// lease's own, and has the lease's values. FenceFrom reads the fence from it.
//
// It returns the error of Acquire, and then work was not called; else what work
// and Release return, joined. Where the result matches ErrLost the lease ended
// while work still ran, so that somebody else may have worked beside it,
// whatever work itself returned. Any other error of Release says only that the
// mutex may stay held until the lease's time is over.
func WithLock(ctx context.Context, mutex IMutex, expire time.Duration, work func(ctx context.Context) error) (err error) {
	lease, err := mutex.Acquire(ctx, expire)
	if err != nil {
		return err
	}
	defer func() {
		err = join(err, lease.Release(ctx))
	}()
	guarded, cancel := guardedContext(ctx, lease)
	defer cancel()
	return work(guarded)
}

// FenceFrom returns the fence of the lease under which WithLock called work,
// given work's context or one made from it. Without such a lease ok is false.
// Of nested calls it is the innermost one's.
func FenceFrom(ctx context.Context) (fence int64, ok bool) {
	fence, ok = ctx.Value(fenceKey{}).(int64)
	return fence, ok
}

type fenceKey struct{}

// guardedContext is the lease's context, ended by ctx as well.
func guardedContext(ctx context.Context, lease ILease) (context.Context, context.CancelFunc) {
	guarded := context.WithValue(lease.Context(), fenceKey{}, lease.Fence())
	endDeadline := context.CancelFunc(func() {})
	if deadline, ok := ctx.Deadline(); ok {
		guarded, endDeadline = context.WithDeadline(guarded, deadline)
	}
	guarded, end := context.WithCancelCause(guarded)
	unhook := context.AfterFunc(ctx, func() { end(context.Cause(ctx)) })
	return lookingContext{guarded, lease.Context()}, func() {
		unhook()
		end(nil)
		endDeadline()
	}
}

// lookingContext looks at the lease's context each time: that may find out by
// being looked at that the lease is over, and ends those made from it then.
type lookingContext struct {
	context.Context
	lease context.Context
}

func (c lookingContext) Done() <-chan struct{} {
	_ = c.lease.Err()
	return c.Context.Done()
}

func (c lookingContext) Err() error {
	_ = c.lease.Err()
	return c.Context.Err()
}

// join spares a single error the wrapping, so that work's own error comes back
// as it is.
func join(work, release error) error {
	switch {
	case release == nil:
		return work
	case work == nil:
		return release
	}
	return errors.Join(work, release)
}
