// Package cacherule holds what every implementation of interfaces.ICache asks
// of keys and expiries, so that a call which one of them accepts is accepted
// by all, and what they answer when a key is absent.
//
// A cache that is closed and a context that has ended go before what is wrong
// with a call's arguments: an implementation looks at those first, or, where
// that is cheaper, once the arguments turned out to be wrong.
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

// CheckStore returns the time for which a value is stored under key when expire
// is asked for, or the error of CheckKey or Expire.
func CheckStore(key string, expire time.Duration) (time.Duration, error) {
	if err := CheckKey(key); err != nil {
		return 0, err
	}
	return Expire(expire)
}

// CheckStoreAll is CheckStore for all of values. If there are none it is zero
// and no error, whatever the expire: nothing is to be done.
func CheckStoreAll(values map[string][]byte, expire time.Duration) (time.Duration, error) {
	if len(values) == 0 {
		return 0, nil
	}
	for key := range values {
		if err := CheckKey(key); err != nil {
			return 0, err
		}
	}
	return Expire(expire)
}

// Miss returns the error for a key that is absent, which wraps
// interfaces.ErrMiss. Misses are frequent, so it costs one small allocation.
func Miss(key string) error { return &missError{key} }

// About returns err with word of the key that it is about.
func About(key string, err error) error { return fmt.Errorf("cache key %.80q: %w", key, err) }

type missError struct{ key string }

func (m *missError) Error() string { return About(m.key, interfaces.ErrMiss).Error() }

func (m *missError) Unwrap() error { return interfaces.ErrMiss }
