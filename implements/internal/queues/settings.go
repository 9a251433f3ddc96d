// Package queues holds what the queues of every backend have in common: their
// settings, what they accept, and how a handler is called.
package queues

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
)

// Settings are the settings that a queue has on every backend. All consumers
// and producers of one queue should have the same. The keys of a file and what
// they mean stand with the fields of the same names in each backend's config.
type Settings struct {
	Visibility    time.Duration
	MaxAttempts   int
	RetryDelay    time.Duration
	MaxRetryDelay time.Duration
	Concurrency   int
	Batch         int
	MaxLength     int
}

// DefaultSettings returns the defaults of all backends.
func DefaultSettings() Settings {
	return Settings{
		Visibility:    30 * time.Second,
		MaxAttempts:   5,
		RetryDelay:    time.Second,
		MaxRetryDelay: 5 * time.Minute,
		Concurrency:   1,
		Batch:         100,
		MaxLength:     100_000,
	}
}

// MaxDelay is the longest time that a message can be held back.
const MaxDelay = 366 * 24 * time.Hour

const (
	minVisibility = 100 * time.Millisecond
	maxVisibility = 24 * time.Hour
	maxHandlers   = 10_000
)

// Validate returns a component.KeyError for each setting that cannot be, joined.
func (s Settings) Validate() error {
	var errs []error
	check := func(ok bool, key, format string, args ...any) {
		if !ok {
			errs = append(errs, component.KeyError{Key: key, Err: fmt.Errorf(format, args...)})
		}
	}
	check(s.Visibility >= minVisibility && s.Visibility <= maxVisibility,
		"visibility", "%v is not between %v and %v", s.Visibility, minVisibility, maxVisibility)
	check(s.MaxAttempts >= 1, "max_attempts", "%d is less than 1", s.MaxAttempts)
	check(s.RetryDelay >= time.Millisecond && s.RetryDelay <= MaxDelay,
		"retry_delay", "%v is not between %v and %v", s.RetryDelay, time.Millisecond, MaxDelay)
	check(s.MaxRetryDelay <= MaxDelay, "max_retry_delay", "%v is more than %v", s.MaxRetryDelay, MaxDelay)
	check(s.MaxRetryDelay >= s.RetryDelay,
		"max_retry_delay", "%v is less than the retry_delay of %v", s.MaxRetryDelay, s.RetryDelay)
	check(s.Concurrency >= 1 && s.Concurrency <= maxHandlers,
		"concurrency", "%d is not between 1 and %d", s.Concurrency, maxHandlers)
	check(s.Batch >= 1 && s.Batch <= maxHandlers, "batch", "%d is not between 1 and %d", s.Batch, maxHandlers)
	check(s.MaxLength >= 1, "max_length", "%d is less than 1", s.MaxLength)
	return errors.Join(errs...)
}

// Backoff returns how long a message waits after an attempt has failed, the
// first being 1. It doubles with each attempt up to MaxRetryDelay; up to a half
// of it is taken off at random, so that what failed together does not come
// back together.
func (s Settings) Backoff(attempt int) time.Duration {
	delay := s.RetryDelay
	for range attempt - 1 {
		if delay >= s.MaxRetryDelay/2 {
			delay = s.MaxRetryDelay
			break
		}
		delay *= 2
	}
	return delay - rand.N(delay/2+1)
}
