// Package mutexrule holds what every implementation of interfaces.IMutexSite
// asks of names and of leases, so that a program which one of them accepts is
// accepted by all.
package mutexrule

import (
	"fmt"
	"strings"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// The bounds of interfaces.IMutexSite and interfaces.IMutex.
const (
	MaxNameSize = 1024
	MinExpire   = 10 * time.Millisecond
	MaxExpire   = 366 * 24 * time.Hour
)

// CheckName returns an error that wraps interfaces.ErrInvalid unless a mutex
// may have that name.
func CheckName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("mutex name is empty: %w", interfaces.ErrInvalid)
	case len(name) > MaxNameSize:
		return fmt.Errorf("mutex name %.40q... has %d bytes, more than %d: %w",
			name, len(name), MaxNameSize, interfaces.ErrInvalid)
	case strings.ContainsAny(name, "{}"):
		return fmt.Errorf("mutex name %.80q holds a brace: %w", name, interfaces.ErrInvalid)
	}
	return nil
}

// Expire returns the lease time that is meant by expire, which is expire
// rounded up to the millisecond, or an error that wraps
// interfaces.ErrInvalid.
func Expire(name string, expire time.Duration) (time.Duration, error) {
	if expire < MinExpire || expire > MaxExpire {
		return 0, fmt.Errorf("mutex %q: a lease of %v, want %v to %v: %w",
			name, expire, MinExpire, MaxExpire, interfaces.ErrInvalid)
	}
	if rest := expire % time.Millisecond; rest != 0 {
		expire += time.Millisecond - rest
	}
	return expire, nil
}
