// Package cacherule holds what every implementation of interfaces.ICache asks
// of keys and expiries, so that a call which one of them accepts is accepted
// by all, and what they answer when a key is absent.
package cacherule

import (
	"fmt"
	"math"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// MinExpire is the shortest time for which a value is stored.
const MinExpire = time.Millisecond

// maxExpire is the longest time that is a whole number of milliseconds.
const maxExpire = math.MaxInt64 - math.MaxInt64%time.Millisecond

// CheckKey returns an error that wraps interfaces.ErrInvalid unless a value
// may be stored under key.
func CheckKey(key string) error {
	switch {
	case key == "":
		return fmt.Errorf("cache key is empty: %w", interfaces.ErrInvalid)
	case len(key) > interfaces.MaxKeySize:
		return fmt.Errorf("cache key %.40q... has %d bytes, more than %d: %w",
			key, len(key), interfaces.MaxKeySize, interfaces.ErrInvalid)
	}

	return nil
}

// CheckKeys returns the error of the first of keys that has one.
func CheckKeys(keys []string) error {
	for _, key := range keys {
		if err := CheckKey(key); err != nil {
			return err
		}
	}

	return nil
}

// Expire returns the time for which a value is stored when expire is asked
// for, or an error that wraps interfaces.ErrInvalid. It is expire rounded up
// to the millisecond; the last fraction of one before the largest Duration is
// cut off, for there is nothing to round it up to.
func Expire(expire time.Duration) (time.Duration, error) {
	switch {
	case expire < MinExpire:
		return 0, fmt.Errorf("cache expire %v is less than %v: %w", expire, MinExpire, interfaces.ErrInvalid)
	case expire > maxExpire:
		return maxExpire, nil
	case expire%time.Millisecond == 0:
		return expire, nil
	}

	return expire - expire%time.Millisecond + time.Millisecond, nil
}

// Miss returns the error for a key that is absent, which wraps
// interfaces.ErrMiss. Misses are frequent, so it costs one small allocation.
func Miss(key string) error { return &missError{key} }

type missError struct{ key string }

func (m *missError) Error() string {
	return fmt.Sprintf("cache key %.80q: %v", m.key, interfaces.ErrMiss)
}

func (m *missError) Unwrap() error { return interfaces.ErrMiss }
