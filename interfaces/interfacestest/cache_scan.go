package interfacestest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var cacheScanChecks = []cacheCheck{
	{
		name: "scan/globs", promise: "a pattern is a glob as Redis has it: * ? [a-c] [^a] and \\ to escape",
		run: func(ctx context.Context, k *cacheKit) { k.checkGlobs(ctx, globNames, globs) },
	},
	{
		name: "scan/malformed globs", promise: "a pattern is never an error: a malformed one matches what it matches in Redis",
		run: func(ctx context.Context, k *cacheKit) { k.checkGlobs(ctx, malformedNames, malformedGlobs) },
	},
	{
		name: "scan/bytes", promise: "a pattern is matched byte by byte, whatever the bytes are",
		run: func(ctx context.Context, k *cacheKit) { k.checkGlobs(ctx, byteNames, byteGlobs) },
	},
	{
		name: "scan/anchored", promise: "a pattern matches whole keys",
		run: func(ctx context.Context, k *cacheKit) {
			token := k.prefix[:len(k.prefix)-1]
			k.set(ctx, token, "v")
			k.set(ctx, token+":tail", "v")
			k.set(ctx, "head:"+token, "v")
			for pattern, want := range map[string][]string{
				token:             {token},
				token + "*":       {token, token + ":tail"},
				"*" + token:       {token, "head:" + token},
				"*" + token + "*": {token, token + ":tail", "head:" + token},
				"?*" + token:      {"head:" + token},
				"":                nil,
			} {
				k.wantScan(ctx, pattern, want)
			}
		},
	},
	{
		name: "scan/many", promise: "each key that is there from beginning to end is yielded, and once",
		run: func(ctx context.Context, k *cacheKit) {
			keys := k.fill(ctx, 1000)
			k.wantScan(ctx, k.prefix+"*", keys)
			k.wantScan(ctx, k.prefix+"*7", slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return key[len(key)-1] != '7' }))
		},
	},
	{
		name: "scan/stop early", promise: "a caller may stop a scan, and may call the cache while one is under way",
		run: checkScanBody,
	},
	{
		name: "scan/changes meanwhile", promise: "keys that come and go during a scan do not disturb those that stay",
		run: checkScanChanges,
	},
	{
		name: "scan/delete", promise: "DeletePattern removes the keys that ScanKeys would yield and returns how many they were",
		run: func(ctx context.Context, k *cacheKit) {
			keys := k.fill(ctx, 300)
			k.set(ctx, k.key("other"), "v")
			if n, err := k.Cache.DeletePattern(ctx, k.prefix+"[0-9]*"); err != nil || n != len(keys) {
				k.Errorf("DeletePattern over %d keys = %d, %w; want %d", len(keys), n, err, len(keys))
			}
			k.wantScan(ctx, k.prefix+"*", []string{k.key("other")})
			if n, err := k.Cache.DeletePattern(ctx, k.prefix+"[0-9]*"); err != nil || n != 0 {
				k.Errorf("DeletePattern over no keys = %d, %w; want 0", n, err)
			}
			if n, err := k.Cache.DeletePattern(ctx, ""); err != nil || n != 0 {
				k.Errorf("DeletePattern of the empty pattern = %d, %w; want 0", n, err)
			}
			k.wantHit(ctx, k.key("other"), "v", "of a key that the pattern does not match")
		},
	},
	{
		name: "scan/cancel", promise: "a scan whose context ends yields that context's error, unless it is complete",
		run: func(ctx context.Context, k *cacheKit) {
			keys := k.fill(ctx, 1000)
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			found := 0
			var failed error
			for _, err := range k.Cache.ScanKeys(ctx, k.prefix+"*") {
				cancel()
				if err != nil {
					failed = err
				} else {
					found++
				}
			}
			switch {
			case failed == nil && found != len(keys):
				k.Errorf("ScanKeys yielded %d of %d keys and no error when its context was cancelled", found, len(keys))
			case failed != nil && !errors.Is(failed, context.Canceled):
				k.Errorf("ScanKeys when its context was cancelled: %w; want context.Canceled", failed)
			}
		},
	},
}

// fill stores n values and returns their keys.
func (k *cacheKit) fill(ctx context.Context, n int) []string {
	values := make(map[string][]byte, n)
	keys := make([]string, n)
	for i := range n {
		keys[i] = k.key(fmt.Sprint(i))
		values[keys[i]] = []byte("v")
	}
	if err := k.Cache.SetValues(ctx, values, longExpire); err != nil {
		k.Fatalf("SetValues of %d: %w", n, err)
	}
	return keys
}

// wantScan compares what ScanKeys yields, in any order.
func (k *cacheKit) wantScan(ctx context.Context, pattern string, want []string) {
	got, err := scan(ctx, k.Cache, pattern)
	if err != nil {
		k.Errorf("ScanKeys(%q): %w", pattern, err)
		return
	}
	slices.Sort(got)
	if unique := slices.Compact(slices.Clone(got)); len(unique) != len(got) {
		k.Errorf("ScanKeys(%q) yields %d keys of which %d are not the first of their name", pattern, len(got), len(got)-len(unique))
		got = unique
	}
	want = slices.Sorted(slices.Values(want))
	if slices.Equal(got, want) {
		return
	}
	if len(got)+len(want) > 40 {
		k.Errorf("ScanKeys(%q) yields %d keys, want %d", pattern, len(got), len(want))
		return
	}
	k.Errorf("ScanKeys(%q) yields %q, want %q", pattern, got, want)
}

func checkScanBody(ctx context.Context, k *cacheKit) {
	k.fill(ctx, 300)
	k.scanUnlocked(func(k *cacheKit) {
		yielded := 0
		for key, err := range k.Cache.ScanKeys(ctx, k.prefix+"*") {
			if err != nil {
				k.Fatalf("ScanKeys: %w", err)
			}
			if yielded++; yielded == 3 {
				break
			}
			for _, call := range cacheCalls {
				if err := call.do(ctx, k.Cache, key); err != nil && !errors.Is(err, interfaces.ErrMiss) {
					k.Errorf("%s during a scan: %w", call.name, err)
				}
			}
			k.Cache.Stats()
		}
		if yielded != 3 {
			k.Errorf("ScanKeys yielded %d of 300 keys to a caller who stops at 3", yielded)
		}
		k.set(ctx, k.key("after"), "v")
	})
}

func checkScanChanges(ctx context.Context, k *cacheKit) {
	stay := k.fill(ctx, 300)
	seen := make(map[string]int)
	k.scanUnlocked(func(k *cacheKit) {
		round := 0
		for key, err := range k.Cache.ScanKeys(ctx, k.prefix+"*") {
			if err != nil {
				k.Fatalf("ScanKeys: %w", err)
			}
			seen[key]++
			if round < 300 {
				k.set(ctx, k.key(fmt.Sprint("new", round)), "v")
			}
			round++
		}
	})
	for key, n := range seen {
		if n > 1 {
			k.Fatalf("ScanKeys yields %s %d times", key, n)
		}
	}
	for _, key := range stay {
		if seen[key] == 0 {
			k.Fatalf("ScanKeys does not yield %s, which was there from beginning to end", key)
		}
	}
}

// scanUnlocked runs a check that calls the cache while a scan is under way,
// and ends it if such a call does not return.
func (k *cacheKit) scanUnlocked(f func(k *cacheKit)) {
	ended := k.within(k.Patience, func(r *recorder) {
		apart := *k
		apart.recorder = r
		f(&apart)
	})
	if !ended {
		k.Fatalf("a call of the cache during or after a scan did not return in %v: is there a lock held?", k.Patience)
	}
}
