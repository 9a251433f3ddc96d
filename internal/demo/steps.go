package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// step is a handful of calls that show one thing.
type step struct {
	title string
	calls []call
}

// call is what one line shows.
type call struct {
	text string                                              // as it is shown
	want string                                              // the answer that is promised; '' if it differs from run to run
	do   func(ctx context.Context, cache on) (string, error) // makes the call and words what came back

	// waits says that the call is one of waiting: all caches make it at once.
	waits bool
}

// on is a cache whose keys stand under a prefix.
type on struct {
	interfaces.ICache
	prefix string
}

const (
	john  = `{"name":"John Doe"}`
	jane  = `{"name":"Jane Doe"}`
	short = 300 * time.Millisecond
)

var steps = []step{
	{"set and get", []call{
		{text: `Set user:123 for 1h`, want: "stored", do: set("user:123", john, time.Hour)},
		{text: `Get user:123`, want: john, do: get("user:123")},
		{text: `Get user:999`, want: "ErrMiss", do: get("user:999")},
	}},
	{"update", []call{
		{text: `Set user:123 again`, want: "stored", do: set("user:123", jane, time.Hour)},
		{text: `Get user:123`, want: jane, do: get("user:123")},
		{text: `Add user:123, which is there`, want: "not added", do: add("user:123")},
		{text: `Add user:124, which is not`, want: "added", do: add("user:124")},
	}},
	{"expiry", []call{
		{text: `Set session for 300ms`, want: "stored", do: set("session", "abc", short)},
		{text: `Get session`, want: "abc", do: getWithin("session", "abc", short)},
		{text: `Get session until it is gone`, want: "ErrMiss", do: expired("session"), waits: true},
	}},
	{"nil is a value too", []call{
		{text: `Set empty, to nil, for 1h`, want: "stored", do: setNil("empty")},
		{text: `Get empty`, want: "0 bytes, a hit", do: get("empty")},
	}},
	{"mistakes are told from misses", []call{
		{text: `Set user:123 for 0s`, want: "ErrInvalid", do: set("user:123", john, 0)},
		{text: `Set user:123 for -1s`, want: "ErrInvalid", do: set("user:123", john, -time.Second)},
		{text: `Get a key of 2,000 bytes`, want: "ErrInvalid", do: get(strings.Repeat("k", 2000))},
		{text: `Get user:123, cancelled`, want: "Canceled", do: getCancelled("user:123")},
	}},
	{"many keys at once", []call{
		{text: `SetValues of 100 keys for 1h`, want: "stored", do: setMany},
		{text: `GetValues, these and 10 more`, want: "100 of 110", do: getMany},
		{text: `Delete 3 keys, one is absent`, want: "2 deleted", do: deleteSome},
	}},
	{"time left", []call{
		{text: `GetExpire user:123`, want: "1h0m0s", do: expire("user:123")},
		{text: `GetExpire user:999`, want: "ErrMiss", do: expire("user:999")},
	}},
	{"keys by pattern", []call{
		{text: `ScanKeys item:9?`, want: "10 keys", do: scan("item:9?")},
		{text: `DeletePattern item:*`, want: "98 deleted", do: deletePattern("item:*")},
		{text: `ScanKeys *`, want: "empty user:123 user:124", do: scanNames("*")},
	}},
	{"statistics", []call{
		{text: `Stats`, do: stats},
	}},
}

func set(key, value string, expire time.Duration) func(context.Context, on) (string, error) {
	return func(ctx context.Context, cache on) (string, error) {
		return "stored", cache.SetValue(ctx, cache.prefix+key, []byte(value), expire)
	}
}

func setNil(key string) func(context.Context, on) (string, error) {
	return func(ctx context.Context, cache on) (string, error) {
		return "stored", cache.SetValue(ctx, cache.prefix+key, nil, time.Hour)
	}
}

func get(key string) func(context.Context, on) (string, error) {
	return func(ctx context.Context, cache on) (string, error) {
		value, err := cache.GetValue(ctx, cache.prefix+key)
		if err == nil && len(value) == 0 {
			return "0 bytes, a hit", nil
		}
		return string(value), err
	}
}

// getWithin asks for a key that is kept for a short time, and stores it anew for
// as long as it is asked too late, by a machine that stands still.
func getWithin(key, value string, expire time.Duration) func(context.Context, on) (string, error) {
	return func(ctx context.Context, cache on) (string, error) {
		for {
			got, err := get(key)(ctx, cache)
			if !errors.Is(err, interfaces.ErrMiss) {
				return got, err
			}
			began := time.Now()
			if _, err := set(key, value, expire)(ctx, cache); err != nil {
				return "", err
			}
			if got, err = get(key)(ctx, cache); time.Since(began) < expire {
				return got, err
			}
		}
	}
}

func getCancelled(key string) func(context.Context, on) (string, error) {
	return func(ctx context.Context, cache on) (string, error) {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return get(key)(ctx, cache)
	}
}

func add(key string) func(context.Context, on) (string, error) {
	return func(ctx context.Context, cache on) (string, error) {
		added, err := cache.AddValue(ctx, cache.prefix+key, []byte(john), time.Hour)
		if !added {
			return "not added", err
		}
		return "added", err
	}
}

// expired asks for a key when its time is over and until it is a miss, or for
// ten times as long as that should take.
func expired(key string) func(context.Context, on) (string, error) {
	return func(ctx context.Context, cache on) (string, error) {
		limit, cancel := context.WithTimeout(ctx, 10*short)
		defer cancel()
		for pause := short; ; pause = 5 * time.Millisecond {
			over := sleep(limit, pause) != nil
			if value, err := get(key)(ctx, cache); err != nil {
				return value, err
			}
			if over {
				return "still there", nil
			}
		}
	}
}

func expire(key string) func(context.Context, on) (string, error) {
	return func(ctx context.Context, cache on) (string, error) {
		left, err := cache.GetExpire(ctx, cache.prefix+key)
		return left.Round(time.Minute).String(), err
	}
}

func setMany(ctx context.Context, cache on) (string, error) {
	values := map[string][]byte{}
	for _, key := range cache.items(100) {
		values[key] = []byte(key)
	}
	return "stored", cache.SetValues(ctx, values, time.Hour)
}

func getMany(ctx context.Context, cache on) (string, error) {
	keys := cache.items(110)
	values, err := cache.GetValues(ctx, keys...)
	return fmt.Sprintf("%d of %d", len(values), len(keys)), err
}

func deleteSome(ctx context.Context, cache on) (string, error) {
	keys := cache.items(102)
	n, err := cache.DeleteValues(ctx, keys[0], keys[1], keys[101])
	return fmt.Sprintf("%d deleted", n), err
}

func scan(pattern string) func(context.Context, on) (string, error) {
	return func(ctx context.Context, cache on) (string, error) {
		keys, err := cache.scanned(ctx, pattern)
		return fmt.Sprintf("%d keys", len(keys)), err
	}
}

func scanNames(pattern string) func(context.Context, on) (string, error) {
	return func(ctx context.Context, cache on) (string, error) {
		keys, err := cache.scanned(ctx, pattern)
		return strings.Join(keys, " "), err
	}
}

func deletePattern(pattern string) func(context.Context, on) (string, error) {
	return func(ctx context.Context, cache on) (string, error) {
		n, err := cache.DeletePattern(ctx, cache.prefix+pattern)
		return fmt.Sprintf("%d deleted", n), err
	}
}

func stats(_ context.Context, cache on) (string, error) {
	s := cache.Stats()
	return fmt.Sprintf("%d hits, %d misses", s.Hits, s.Misses), nil
}

// items returns the keys of the first n items.
func (cache on) items(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("%sitem:%d", cache.prefix, i)
	}
	return keys
}

// scanned returns the keys that match, sorted, without the prefix.
func (cache on) scanned(ctx context.Context, pattern string) ([]string, error) {
	var keys []string
	for key, err := range cache.ScanKeys(ctx, cache.prefix+pattern) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, strings.TrimPrefix(key, cache.prefix))
	}
	slices.Sort(keys)
	return keys, nil
}

// verdict is the name of the error that a program would tell this one by.
func verdict(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "Canceled"
	case errors.Is(err, interfaces.ErrMiss):
		return "ErrMiss"
	case errors.Is(err, interfaces.ErrInvalid):
		return "ErrInvalid"
	case errors.Is(err, interfaces.ErrUnavailable):
		return "ErrUnavailable"
	case errors.Is(err, interfaces.ErrClosed):
		return "ErrClosed"
	}
	return err.Error()
}

// sleep returns early, with its error, when ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
