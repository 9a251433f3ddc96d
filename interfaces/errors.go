package interfaces

import "errors"

// The errors of the contracts, for errors.Is. Implementations wrap them and
// say which key, mutex or queue is meant and what went wrong.
var (
	// ErrMiss says that the key is not there. It is an answer of the
	// backend, never a failure to ask it.
	ErrMiss = errors.New("no such key")

	// ErrUnavailable says that the backend could not be asked, or could not
	// do what was asked: it is down, silent, loading or out of memory. The
	// same call may succeed later.
	ErrUnavailable = errors.New("backend unavailable")

	// ErrInvalid says that the call itself is wrong, or its credentials are,
	// or the key holds another type: the same call will not succeed later.
	ErrInvalid = errors.New("invalid call")

	// ErrHeld says that somebody else holds the mutex.
	ErrHeld = errors.New("mutex is held")

	// ErrLost says that the lease has ended before it was released, so that
	// somebody else may hold the mutex by now.
	ErrLost = errors.New("lease is lost")

	// ErrFull says that the queue holds as many messages as it may. The
	// message was not added.
	ErrFull = errors.New("queue is full")

	// ErrClosed says that the component was closed.
	ErrClosed = errors.New("component is closed")
)
