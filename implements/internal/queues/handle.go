package queues

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// Handler is what a program does with a message.
type Handler = func(ctx context.Context, m interfaces.Message) error

// PanicError is what an attempt came to whose handler panicked.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("the handler panicked: %v", e.Value) }

// errExited is what an attempt came to whose handler called runtime.Goexit.
var errExited = errors.New("the handler ended its goroutine")

// Call hands m to handle, and to done what that came to: also when handle
// panics, and when it ends the goroutine, in which case Call does not return.
// An error that panics when its text is asked for, as that of a nil pointer may,
// is a panic of handle.
func Call(ctx context.Context, handle Handler, m interfaces.Message, done func(error)) {
	err := errExited
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
		done(err)
	}()
	returned := handle(ctx, m)
	if returned != nil {
		_ = returned.Error()
	}
	err = returned
}

// LogFailure writes to log what a program's owner should know of an attempt
// that failed: a panic with its stack, and that a message was given up on.
func LogFailure(log interfaces.ILogger, name string, m interfaces.Message, err error, dead bool) {
	if p, ok := err.(*PanicError); ok { //nolint:errorlint // Call has made it, and what others have made may panic
		log.Error("the handler of a queue panicked",
			"queue", name, "id", m.ID, "attempt", m.Attempt, "panic", fmt.Sprint(p.Value), "stack", string(p.Stack))
	}
	if dead {
		log.Warn("a message goes to the dead letters",
			"queue", name, "id", m.ID, "attempts", m.Attempt, "reason", Reason(err))
	}
}
