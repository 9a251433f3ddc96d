package interfacestest

import (
	"context"
	"errors"
	"fmt"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// cacheCall is one call of a cache, reduced to the error that it gives.
type cacheCall struct {
	name string
	do   func(ctx context.Context, cache interfaces.ICache, key string) error
}

// cacheCalls has every method of a cache that can fail.
var cacheCalls = []cacheCall{
	{"GetValue", func(ctx context.Context, c interfaces.ICache, key string) error {
		_, err := c.GetValue(ctx, key)
		return err
	}},
	{"SetValue", func(ctx context.Context, c interfaces.ICache, key string) error {
		return c.SetValue(ctx, key, []byte("v"), longExpire)
	}},
	{"AddValue", func(ctx context.Context, c interfaces.ICache, key string) error {
		_, err := c.AddValue(ctx, key, []byte("v"), longExpire)
		return err
	}},
	{"DeleteValues", func(ctx context.Context, c interfaces.ICache, key string) error {
		_, err := c.DeleteValues(ctx, key)
		return err
	}},
	{"GetValues", func(ctx context.Context, c interfaces.ICache, key string) error {
		_, err := c.GetValues(ctx, key)
		return err
	}},
	{"SetValues", func(ctx context.Context, c interfaces.ICache, key string) error {
		return c.SetValues(ctx, map[string][]byte{key: []byte("v")}, longExpire)
	}},
	{"GetExpire", func(ctx context.Context, c interfaces.ICache, key string) error {
		_, err := c.GetExpire(ctx, key)
		return err
	}},
	{"ScanKeys", func(ctx context.Context, c interfaces.ICache, key string) error {
		_, err := scan(ctx, c, key)
		return err
	}},
	{"DeletePattern", func(ctx context.Context, c interfaces.ICache, key string) error {
		_, err := c.DeletePattern(ctx, key)
		return err
	}},
}

// emptyCacheCalls have nothing to do. The key is not used.
var emptyCacheCalls = []cacheCall{
	{"DeleteValues of no keys", func(ctx context.Context, c interfaces.ICache, _ string) error {
		_, err := c.DeleteValues(ctx)
		return err
	}},
	{"GetValues of no keys", func(ctx context.Context, c interfaces.ICache, _ string) error {
		_, err := c.GetValues(ctx)
		return err
	}},
	{"SetValues of a nil map", func(ctx context.Context, c interfaces.ICache, _ string) error {
		return c.SetValues(ctx, nil, longExpire)
	}},
	{"SetValues of an empty map with expire 0", func(ctx context.Context, c interfaces.ICache, _ string) error {
		return c.SetValues(ctx, map[string][]byte{}, 0)
	}},
}

// expireZeroCacheCalls store with an expire that is not allowed.
var expireZeroCacheCalls = []cacheCall{
	{"SetValue with expire 0", func(ctx context.Context, c interfaces.ICache, key string) error {
		return c.SetValue(ctx, key, nil, 0)
	}},
	{"AddValue with expire 0", func(ctx context.Context, c interfaces.ICache, key string) error {
		_, err := c.AddValue(ctx, key, nil, 0)
		return err
	}},
	{"SetValues with expire 0", func(ctx context.Context, c interfaces.ICache, key string) error {
		return c.SetValues(ctx, map[string][]byte{key: nil}, 0)
	}},
}

// wantInvalidCalls has calls that are invalid answered with want, which goes
// before what is wrong with them.
func (k *cacheKit) wantInvalidCalls(ctx context.Context, want error, when string) {
	for _, call := range cacheCalls {
		if call.takesKey() {
			k.wantError(call.do(ctx, k.Cache, ""), want, call.name+" of the empty key "+when)
		}
	}
	for _, call := range expireZeroCacheCalls {
		k.wantError(call.do(ctx, k.Cache, k.key("a")), want, call.name+" "+when)
	}
}

// wantEmptyCalls has calls that have nothing to do answered with want.
func (k *cacheKit) wantEmptyCalls(ctx context.Context, want error, when string) {
	for _, call := range emptyCacheCalls {
		k.wantError(call.do(ctx, k.Cache, ""), want, call.name+" "+when)
	}
}

// takesKey tells the calls whose argument is a key from those that take a
// pattern.
func (c cacheCall) takesKey() bool { return c.name != "ScanKeys" && c.name != "DeletePattern" }

// scan collects what ScanKeys yields, and finds it out if it goes on after an
// error.
func scan(ctx context.Context, c interfaces.ICache, pattern string) ([]string, error) {
	var keys []string
	var failed error
	for key, err := range c.ScanKeys(ctx, pattern) {
		if failed != nil {
			// Not wrapped, for then it would pass for the right error.
			return keys, errors.New("ScanKeys went on after an error: " + failed.Error())
		}
		if err != nil {
			failed = err
			continue
		}
		keys = append(keys, key)
	}
	return keys, failed
}

// short is a key or a value as a message shows it.
func short(s string) string {
	if len(s) > 60 {
		return fmt.Sprintf("%q… (%d bytes)", s[:40], len(s))
	}
	return fmt.Sprintf("%q", s)
}
