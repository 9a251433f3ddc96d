package cli

import (
	"context"
	"io"
)

// interruptible is a reader that gives up when its context ends: a terminal
// that nobody types at does not hold up whoever wants to leave.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i interruptible) Read(p []byte) (int, error) {
	type result struct {
		data []byte
		err  error
	}
	// What comes too late must not be written where nobody expects it.
	done := make(chan result, 1)
	go func() {
		data := make([]byte, len(p))
		n, err := i.r.Read(data)
		done <- result{data[:n], err}
	}()
	select {
	case <-i.ctx.Done():
		return 0, context.Cause(i.ctx)
	case r := <-done:
		return copy(p, r.data), r.err
	}
}
