package interfaces

import (
	"context"
	"time"
)

// IMutexSite gives mutexes by name. Two mutexes of one name exclude each
// other, whichever component of the same backend gave them.
type IMutexSite interface {
	// GetMutex returns the mutex of a name, without asking the backend. A
	// name is 1 to 1024 bytes without braces, else ErrInvalid.
	GetMutex(name string) (IMutex, error)
}

// IMutex is held by at most one lease at a time. A lease lasts until it is
// released or its time is over; whether it renews itself until then is the
// implementation's documented choice.
//
// An expire is at least 10 ms and at most a year (366 days), else ErrInvalid.
type IMutex interface {
	// Acquire waits until it holds the mutex or ctx ends. When it returns an
	// error it holds nothing and leaves nothing behind.
	Acquire(ctx context.Context, expire time.Duration) (ILease, error)

	// TryAcquire takes the mutex if it is free, else it returns ErrHeld.
	TryAcquire(ctx context.Context, expire time.Duration) (ILease, error)
}

// ILease is the time for which a mutex is held.
type ILease interface {
	// Context ends when the lease is lost or released, before somebody else
	// can hold the mutex; it does not end with the context given to Acquire.
	// Pass it to the guarded work. Its cause (context.Cause) is ErrLost when
	// the lease was lost.
	Context() context.Context

	// Fence is a number that grows with every lease of this mutex. A resource
	// that refuses a smaller fence than it has seen is safe even from a
	// holder that does not know yet that its lease is over.
	Fence() int64

	// Extend has the lease last for expire from now. It returns ErrLost when
	// the lease is over.
	Extend(ctx context.Context, expire time.Duration) error

	// Release ends the lease. It is idempotent: once released, releasing
	// again returns nil. It returns ErrLost when the lease was over before.
	Release(ctx context.Context) error
}
