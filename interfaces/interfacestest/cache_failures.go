package interfacestest

import (
	"context"
	"errors"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var cacheContextChecks = []cacheCheck{
	{
		name: "context/cancelled", promise: "a call whose context was cancelled gives that context's error",
		run: func(ctx context.Context, k *cacheKit) {
			k.set(ctx, k.key("there"), "v")
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			for _, call := range cacheCalls {
				for _, key := range []string{k.key("there"), k.key("absent")} {
					k.wantError(call.do(ctx, k.Cache, key), context.Canceled, call.name+" with a cancelled context")
				}
			}
		},
	},
	{
		name: "context/deadline", promise: "a call whose deadline has passed gives context.DeadlineExceeded",
		run: func(ctx context.Context, k *cacheKit) {
			k.set(ctx, k.key("there"), "v")
			ctx, cancel := context.WithTimeout(ctx, -time.Second)
			defer cancel()
			for _, call := range cacheCalls {
				k.wantError(call.do(ctx, k.Cache, k.key("there")), context.DeadlineExceeded, call.name+" after its deadline")
			}
		},
	},
	{
		name: "context/invalid calls", promise: "the error of a context goes before ErrInvalid",
		run: func(ctx context.Context, k *cacheKit) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			k.wantInvalidCalls(ctx, context.Canceled, "with a cancelled context")
		},
	},
	{
		name: "context/nothing to do", promise: "a call that has nothing to do gives its context's error too",
		run: func(ctx context.Context, k *cacheKit) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			k.wantEmptyCalls(ctx, context.Canceled, "with a cancelled context")
		},
	},
}

var cacheFailureChecks = []cacheCheck{
	{
		name: "failure/closed", promise: "after Close every call is ErrClosed, and Stats still works",
		needs: func(h CacheHarness) string { return lacks(!closable(h.Cache), "Close at its cache") },
		run: func(ctx context.Context, k *cacheKit) {
			k.set(ctx, k.key("there"), "v")
			k.wantHit(ctx, k.key("there"), "v", "before Close")
			before := k.Cache.Stats()
			if closed, err := closeComponent(ctx, k.Cache); !closed || err != nil {
				k.Errorf("Close: %w", err)
			}
			for _, call := range cacheCalls {
				k.wantError(call.do(ctx, k.Cache, k.key("there")), interfaces.ErrClosed, call.name+" after Close")
			}
			if after := k.Cache.Stats(); after.Sets != before.Sets || after.Hits != before.Hits {
				k.Errorf("Stats after Close = %+v, want the counts of before: %+v", after, before)
			}
		},
	},
	{
		name: "failure/closed first", promise: "after Close invalid calls, those that have nothing to do and those whose context has ended are ErrClosed too",
		needs: func(h CacheHarness) string { return lacks(!closable(h.Cache), "Close at its cache") },
		run: func(ctx context.Context, k *cacheKit) {
			if _, err := closeComponent(ctx, k.Cache); err != nil {
				k.Errorf("Close: %w", err)
			}
			k.wantInvalidCalls(ctx, interfaces.ErrClosed, "after Close")
			k.wantEmptyCalls(ctx, interfaces.ErrClosed, "after Close")
			ended, cancel := context.WithCancel(ctx)
			cancel()
			for _, call := range cacheCalls {
				k.wantError(call.do(ended, k.Cache, k.key("a")), interfaces.ErrClosed, call.name+" with a cancelled context after Close")
			}
		},
	},
	{
		name: "failure/unavailable", promise: "a backend that cannot be asked is ErrUnavailable, and never a miss",
		needs: func(h CacheHarness) string { return lacks(h.Break == nil, "Break") },
		run:   checkUnavailable,
	},
	{
		name: "failure/silent", promise: "a deadline that runs out while the backend is silent is DeadlineExceeded and ErrUnavailable both",
		needs: func(h CacheHarness) string { return lacks(h.Hang == nil, "Hang") },
		run: func(ctx context.Context, k *cacheKit) {
			k.set(ctx, k.key("there"), "v")
			repair := k.Hang()
			if !k.within(k.Patience, func(*recorder) { k.Cache.Stats() }) {
				k.Fatalf("Stats of a silent backend did not return in %v: it is to ask none", k.Patience)
			}
			for _, call := range cacheCalls {
				const allowed = 100 * time.Millisecond
				var err error
				var took time.Duration
				// An implementation that knows by now that the backend is
				// silent may answer before the deadline, and a machine that
				// stands still may have that seem to be after it.
				for range 3 {
					short, cancel := context.WithTimeout(ctx, allowed)
					began := time.Now()
					err = call.do(short, k.Cache, k.key("there"))
					took = time.Since(began)
					cancel()
					if took < allowed || !errors.Is(err, interfaces.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
						break
					}
				}
				k.wantError(err, interfaces.ErrUnavailable, call.name+" of a silent backend")
				if took >= allowed {
					k.wantError(err, context.DeadlineExceeded, call.name+" of a silent backend at its deadline")
				}
				if took > allowed+k.Patience {
					k.Errorf("%s with a deadline of %v took %v", call.name, allowed, took)
				}
			}
			repair()
			k.wantRecovery(ctx, k.key("there"))
		},
	},
	{
		name: "failure/foreign type", promise: "a key of another type is ErrInvalid for GetValue and absent for GetValues, never a miss",
		needs: func(h CacheHarness) string { return lacks(h.StoreForeign == nil, "StoreForeign") },
		run: func(ctx context.Context, k *cacheKit) {
			key := k.key("foreign")
			if err := k.StoreForeign(key); err != nil {
				k.Fatalf("StoreForeign: %w", err)
			}
			_, err := k.Cache.GetValue(ctx, key)
			k.wantError(err, interfaces.ErrInvalid, "GetValue of a key of another type")
			k.set(ctx, k.key("there"), "v")
			got, err := k.Cache.GetValues(ctx, key, k.key("there"))
			if err != nil || len(got) != 1 || string(got[k.key("there")]) != "v" {
				k.Errorf("GetValues of a key of another type and one that is there = %q, %w; want the second", got, err)
			}
		},
	},
}

func closable(v any) bool {
	switch v.(type) {
	case interface{ Close(context.Context) error }, interface{ Close() error }:
		return true
	}
	return false
}

func checkUnavailable(ctx context.Context, k *cacheKit) {
	key := k.key("there")
	k.set(ctx, key, "v")
	repair := k.Break()
	failed := k.Cache.Stats()
	for _, call := range cacheCalls {
		k.wantError(call.do(ctx, k.Cache, key), interfaces.ErrUnavailable, call.name+" of a broken backend")
	}
	counted := gained(failed, k.Cache.Stats())
	if counted.Errors != uint64(len(cacheCalls)) {
		k.Errorf("Stats counts %d errors for %d calls of a broken backend", counted.Errors, len(cacheCalls))
	}
	if counted.Misses != 0 {
		k.Errorf("Stats counts %d misses for calls of a broken backend", counted.Misses)
	}
	if repair != nil {
		repair()
		k.wantRecovery(ctx, key)
	}
}

// wantRecovery asks until the backend answers again. What it held may be gone.
func (k *cacheKit) wantRecovery(ctx context.Context, key string) {
	deadline := time.Now().Add(k.Patience)
	for {
		_, err := k.Cache.GetValue(ctx, key)
		if err == nil || errors.Is(err, interfaces.ErrMiss) {
			return
		}
		if time.Now().After(deadline) {
			k.Errorf("%v after the backend was repaired GetValue still gives: %w", k.Patience, err)
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			k.Fatalf("wait for recovery: %w", ctx.Err())
		}
	}
}
