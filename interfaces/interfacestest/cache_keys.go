package interfacestest

import (
	"context"
	"strings"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var cacheKeyChecks = []cacheCheck{
	{
		name: "keys/empty", promise: "the empty key is ErrInvalid",
		run: func(ctx context.Context, k *cacheKit) { k.wantInvalidKey(ctx, "", "the empty key") },
	},
	{
		name: "keys/largest", promise: "a key may have MaxKeySize bytes",
		run: func(ctx context.Context, k *cacheKit) {
			key := k.key(strings.Repeat("k", interfaces.MaxKeySize-len(k.prefix)))
			k.set(ctx, key, "v")
			k.wantHit(ctx, key, "v", "of a key of MaxKeySize bytes")
		},
	},
	{
		name: "keys/too large", promise: "a key of more than MaxKeySize bytes is ErrInvalid",
		run: func(ctx context.Context, k *cacheKit) {
			key := k.key(strings.Repeat("k", interfaces.MaxKeySize+1-len(k.prefix)))
			k.wantInvalidKey(ctx, key, "a key of MaxKeySize+1 bytes")
		},
	},
	{
		name: "keys/any bytes", promise: "a key may hold any bytes, and keys that differ in one byte are two keys",
		run: func(ctx context.Context, k *cacheKit) {
			names := []string{
				"a", "A", "a ", " a", "a\x00", "a\n", "a\r\n", "\x00", "\xff", "\xff\xfe", "é", "e\u0301",
				"*", "?", "[a]", `\`, "{a}", "a:b", "a/b", "\"a\"", "%s",
			}
			for _, name := range names {
				k.set(ctx, k.key(name), name)
			}
			for _, name := range names {
				k.wantHit(ctx, k.key(name), name, "of key "+short(name))
			}
			found := make(map[string]bool)
			keys, err := scan(ctx, k.Cache, k.prefix+"*")
			if err != nil {
				k.Fatalf("ScanKeys: %w", err)
			}
			for _, key := range keys {
				found[key] = true
			}
			for _, name := range names {
				if !found[k.key(name)] {
					k.Errorf("ScanKeys does not yield key %s as it was stored", short(name))
				}
			}
		},
	},
}

// wantInvalidKey gives a key that is not allowed to every call that takes one.
func (k *cacheKit) wantInvalidKey(ctx context.Context, key, what string) {
	for _, call := range cacheCalls {
		if call.takesKey() {
			k.wantError(call.do(ctx, k.Cache, key), interfaces.ErrInvalid, call.name+" of "+what)
		}
	}
	among := k.key("among others")
	_, err := k.Cache.GetValues(ctx, among, key)
	k.wantError(err, interfaces.ErrInvalid, "GetValues of "+what+" among others")
	_, err = k.Cache.DeleteValues(ctx, among, key)
	k.wantError(err, interfaces.ErrInvalid, "DeleteValues of "+what+" among others")
	err = k.Cache.SetValues(ctx, map[string][]byte{among: nil, key: nil}, longExpire)
	k.wantError(err, interfaces.ErrInvalid, "SetValues of "+what+" among others")
}
