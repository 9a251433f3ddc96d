package queues

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

const (
	// MaxNameSize is the largest size of a queue's name in bytes.
	MaxNameSize = 1024

	// MaxBodySize is the largest size of a body in bytes, and of all bodies
	// of one Produce together.
	MaxBodySize = 512 << 20

	// MaxReasonSize is the largest size of a dead letter's reason in bytes.
	MaxReasonSize = 1024
)

// CheckName returns ErrInvalid if a queue cannot have the name.
func CheckName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("the name of a queue is empty: %w", interfaces.ErrInvalid)
	case len(name) > MaxNameSize:
		return fmt.Errorf("the name of a queue has %d bytes, more than %d: %w", len(name), MaxNameSize, interfaces.ErrInvalid)
	case strings.ContainsAny(name, "{}"):
		return fmt.Errorf("the name of queue %q has a brace: %w", name, interfaces.ErrInvalid)
	}
	return nil
}

// CheckBodies returns ErrInvalid if the bodies are more than one Produce can
// carry.
func CheckBodies(name string, bodies [][]byte) error {
	size := 0
	for _, body := range bodies {
		if size += len(body); size > MaxBodySize || size < 0 {
			return fmt.Errorf("produce to queue %q: more than %d bytes: %w", name, MaxBodySize, interfaces.ErrInvalid)
		}
	}
	return nil
}

// CheckDelay returns ErrInvalid if messages cannot be held back so long.
func CheckDelay(name string, delay time.Duration) error {
	if delay < 0 || delay > MaxDelay {
		return fmt.Errorf("produce to queue %q: the delay of %v is not between 0 and %v: %w", name, delay, MaxDelay, interfaces.ErrInvalid)
	}
	return nil
}

// Reason returns an error's text as a dead letter keeps it: valid UTF-8 of
// limited size.
func Reason(err error) string {
	text := strings.ToValidUTF8(err.Error(), "\uFFFD")
	if len(text) <= MaxReasonSize {
		return text
	}
	end := MaxReasonSize
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
