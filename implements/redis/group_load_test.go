package redis_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// load is callers that use a cache all the time, each with keys of its own, and
// hold every answer against what they know must be there.
type load struct {
	cache *redis.Cache
	stop  chan struct{}
	work  sync.WaitGroup

	calls, stale atomic.Int64
	slowest      atomic.Int64 // of all calls, in nanoseconds

	mu     sync.Mutex
	errs   map[string]int
	wrong  []error
	failed [loadCallers]bool // whether the last call of each has failed
}

const (
	loadCallers = 8

	// loadPatience is the deadline of each call.
	loadPatience = 500 * time.Millisecond
)

// startLoad begins at once.
func startLoad(t *testing.T, cache *redis.Cache) *load {
	t.Helper()
	l := &load{cache: cache, stop: make(chan struct{}), errs: map[string]int{}}
	for caller := range loadCallers {
		l.work.Go(func() { l.run(caller) })
	}
	t.Cleanup(l.end)
	return l
}

func (l *load) end() {
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.work.Wait()
}

// awaitGood waits until the last call of every caller, made after now, was
// good.
func (l *load) awaitGood(t *testing.T, what string) {
	t.Helper()
	began := time.Now()
	l.mu.Lock()
	for caller := range l.failed {
		l.failed[caller] = true
	}
	l.mu.Unlock()
	for deadline := began.Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		l.mu.Lock()
		good := !slices.Contains(l.failed[:], true)
		l.mu.Unlock()
		if good {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: no recovery: %s", what, l.report())
		}
	}
}

// verify ends the load and fails the test for each error that is not what an
// outage is to give.
func (l *load) verify(t *testing.T) {
	t.Helper()
	l.end()
	t.Log(l.report())
	for _, err := range l.wrong {
		t.Error(err)
	}
	if slowest := time.Duration(l.slowest.Load()); slowest > loadPatience+atOnce {
		t.Errorf("a call with a deadline of %v took %v", loadPatience, slowest)
	}
}

func (l *load) report() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	kinds := slices.Sorted(maps.Keys(l.errs))
	for i, kind := range kinds {
		kinds[i] = fmt.Sprintf("%s: %d", kind, l.errs[kind])
	}
	return fmt.Sprintf("%d calls, slowest %v, %d older values after a fail-over; errors: %s",
		l.calls.Load(), time.Duration(l.slowest.Load()).Round(time.Millisecond), l.stale.Load(), strings.Join(kinds, ", "))
}

// run has one caller write and read. The value of a key only ever grows, so
// that one that is smaller was lost by the servers, as they may when a replica
// takes over; one that is larger than what was sent cannot be.
func (l *load) run(caller int) {
	keys := make([]string, 16)
	for i := range keys {
		keys[i] = fmt.Sprintf("load:%d:%d", caller, i)
	}
	sent := make([]int, len(keys))
	known := make([]int, len(keys))

	for turn := 0; ; turn++ {
		select {
		case <-l.stop:
			return
		default:
		}
		i := turn % len(keys)
		sent[i]++

		if l.call(caller, "SetValue", func(ctx context.Context) error {
			return l.cache.SetValue(ctx, keys[i], fmt.Append(nil, sent[i]), time.Hour)
		}) {
			known[i] = sent[i]
		}
		var value []byte

		if l.call(caller, "GetValue", func(ctx context.Context) (err error) {
			value, err = l.cache.GetValue(ctx, keys[i])
			if errors.Is(err, interfaces.ErrMiss) {
				value, err = []byte("0"), nil
			}
			return err
		}) {
			known[i] = l.check(keys[i], value, known[i], sent[i])
		}
		if i > 0 {
			continue
		}

		l.call(caller, "GetValues", func(ctx context.Context) error {
			values, err := l.cache.GetValues(ctx, keys...)
			for j, key := range keys {
				if value, there := values[key]; there {
					known[j] = l.check(key, value, known[j], sent[j])
				}
			}
			return err
		})
		l.call(caller, "AddValue", func(ctx context.Context) error {
			added, err := l.cache.AddValue(ctx, fmt.Sprintf("load:add:%d:%d", caller, turn), nil, time.Hour)
			if err == nil && !added {
				return fmt.Errorf("AddValue of a key that nobody has added was told false")
			}
			return err
		})
	}
}

func (l *load) check(key string, value []byte, known, sent int) int {
	var got int
	if _, err := fmt.Sscan(string(value), &got); err != nil || got > sent {
		l.complain(fmt.Errorf("%s = %q, after %d was sent last", key, value, sent))
	}
	if got < known {
		l.stale.Add(1)
	}
	return got
}

func (l *load) call(caller int, name string, call func(ctx context.Context) error) bool {
	ctx, cancel := context.WithTimeout(context.Background(), loadPatience)
	defer cancel()
	began := time.Now()
	err := call(ctx)
	took := int64(time.Since(began))
	l.calls.Add(1)
	for most := l.slowest.Load(); took > most && !l.slowest.CompareAndSwap(most, took); most = l.slowest.Load() {
	}
	l.mu.Lock()
	l.failed[caller] = err != nil

	if err != nil {
		l.errs[kindOf(err)]++
	}
	l.mu.Unlock()
	if err != nil && !errors.Is(err, interfaces.ErrUnavailable) {
		l.complain(fmt.Errorf("%s: %w", name, err))
	}
	if err != nil {
		time.Sleep(time.Millisecond) // calls that are refused at once would take the servers' time
	}
	return err == nil
}

func (l *load) complain(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.wrong) < 5 {
		l.wrong = append(l.wrong, err)
	}
}

// kindOf is a name for what is wrong.
func kindOf(err error) string {
	text := err.Error()
	for _, word := range []string{
		"out of order", "no answer", "connection refused", "EOF", "reset", "broken pipe", "closed network connection", "timeout",
		"CLUSTERDOWN", "READONLY", "LOADING", "MASTERDOWN", "OOM", "NOPERM", "unreachable",
	} {
		if strings.Contains(text, word) {
			return word
		}
	}
	return text
}
