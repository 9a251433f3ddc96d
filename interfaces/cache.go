package interfaces

import (
	"context"
	"iter"
	"time"
)

// NoExpire is what GetExpire answers for a key that is stored without expiry.
// An ICache never stores one so; another program on the same backend may.
const NoExpire time.Duration = -1

// MaxKeySize is the largest size of a cache key in bytes.
const MaxKeySize = 1024

// ICache stores values under keys for a limited time.
//
// A key is 1 to MaxKeySize bytes, of any values. A value may be empty: nil is
// stored as empty, and a stored empty value is a hit. Bytes are copied in and
// out.
//
// An expire is at least a millisecond and is rounded up to whole milliseconds.
// Anything else, zero included, is ErrInvalid: nothing is stored for ever, and
// nothing is stored as already expired.
//
// A call is looked at in one order everywhere: after Close it is ErrClosed; else
// the error of a context that has ended; else ErrInvalid for what is wrong with
// its keys or expire. A call without keys or values has nothing to do: it is no
// error, whatever its expire, but the first two hold for it too.
//
// A failure is never a miss. Every method answers ErrMiss only where it says
// so, ErrUnavailable when the backend could not be asked, ErrInvalid when the
// call or its credentials are wrong and ErrClosed after Close. A context that
// was cancelled gives its own error; a deadline that ran out while the backend
// was silent matches context.DeadlineExceeded and ErrUnavailable both.
type ICache interface {
	// GetValue returns the value of key, or ErrMiss.
	GetValue(ctx context.Context, key string) ([]byte, error)

	// SetValue stores value under key until expire has passed, in the place
	// of any value and expiry that the key had.
	SetValue(ctx context.Context, key string, value []byte, expire time.Duration) error

	// AddValue stores value under key only if the key is absent, and reports
	// whether it did. Of several callers at once at most one is told true.
	AddValue(ctx context.Context, key string, value []byte, expire time.Duration) (bool, error)

	// DeleteValues removes keys and returns how many of them were there.
	// Without keys it does nothing.
	DeleteValues(ctx context.Context, keys ...string) (int, error)

	// GetValues returns the values of those keys that are there. The map is
	// never nil when the error is; misses are absent from it, and so are keys
	// that hold another type on the backend.
	GetValues(ctx context.Context, keys ...string) (map[string][]byte, error)

	// SetValues stores all of values with one expire. An empty or nil map is
	// nothing to do. Should it fail, some of the values may be stored.
	SetValues(ctx context.Context, values map[string][]byte, expire time.Duration) error

	// GetExpire returns how long key has left, NoExpire if it has no expiry,
	// or ErrMiss.
	GetExpire(ctx context.Context, key string) (time.Duration, error)

	// ScanKeys yields the keys that match a glob pattern as Redis has it:
	// * ? [a-c] [^a] and \ to escape. Each key is yielded at most once. A key
	// that is there from beginning to end is yielded; one that comes or goes
	// meanwhile may be. After an error there is nothing more.
	ScanKeys(ctx context.Context, pattern string) iter.Seq2[string, error]

	// DeletePattern removes the keys that ScanKeys would yield and returns
	// how many were removed, also when it fails half way.
	DeletePattern(ctx context.Context, pattern string) (int, error)

	// Stats returns the counts of this component since it was built. It asks
	// no backend and works after Close.
	Stats() CacheStats
}

// CacheStats counts what a cache component has done since it was built.
type CacheStats struct {
	Hits      uint64 // keys that were asked for and there
	Misses    uint64 // keys that were asked for and absent
	Sets      uint64 // values that were stored
	Deletes   uint64 // keys that were removed by request
	Errors    uint64 // calls that failed; a miss is not a failure
	Evictions uint64 // values dropped for want of room or expired, where the component does that itself
	Size      int64  // values held now, -1 if that is not known
}
