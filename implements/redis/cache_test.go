package redis_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	miniserver "github.com/alicebob/miniredis/v2/server"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// What another program sees, and the other way round.
func TestKeysAndValuesOnTheWire(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	for _, prefix := range []string{"", "app:", "*?[a]^-\\"} {
		server.Flush()
		cache := newCache(t, server.Addr(), func(c *redis.CacheConfig) { c.KeyPrefix = prefix })
		if err := cache.SetValue(t.Context(), "user:123", []byte("{}\x00\xff"), 1500*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if got := server.Do("GET", prefix+"user:123"); got != "{}\x00\xff" {
			t.Errorf("prefix %q: GET = %q", prefix, got)
		}
		server.Do("SET", prefix+"foreign", "from Python")
		server.Do("SET", "not"+prefix+"mine", "x")
		if got, err := cache.GetValue(t.Context(), "foreign"); err != nil || string(got) != "from Python" {
			t.Errorf("prefix %q: GetValue = %q, %v", prefix, got, err)
		}

		got, err := cache.GetValues(t.Context(), "foreign", "user:123", "absent")
		if keys := slices.Sorted(maps.Keys(got)); err != nil || !slices.Equal(keys, []string{"foreign", "user:123"}) {
			t.Errorf("prefix %q: GetValues gave %q, %v", prefix, keys, err)
		}

		want := []string{"foreign", "user:123"}
		if prefix == "" {
			want = []string{"foreign", "notmine", "user:123"}
		}
		if keys := scan(t, cache, "*"); !slices.Equal(keys, want) {
			t.Errorf("prefix %q: ScanKeys(*) = %q, want %q", prefix, keys, want)
		}
		if n, err := cache.DeletePattern(t.Context(), "user:*"); n != 1 || err != nil {
			t.Errorf("prefix %q: DeletePattern = %d, %v", prefix, n, err)
		}
		if n, err := cache.DeleteValues(t.Context(), "foreign", "foreign", "absent"); n != 1 || err != nil {
			t.Errorf("prefix %q: DeleteValues = %d, %v", prefix, n, err)
		}
	}
}

func TestExpireIsKeptToTheMillisecond(t *testing.T) {
	mini := miniredis.RunT(t) // whose clock stands still
	cache := newCache(t, mini.Addr())
	for _, test := range []struct {
		expire    time.Duration
		want      time.Duration
		otherwise error
	}{
		{time.Millisecond, time.Millisecond, nil},
		{time.Millisecond + 1, 2 * time.Millisecond, nil},
		{900 * time.Millisecond, 900 * time.Millisecond, nil},
		{1500 * time.Millisecond, 1500 * time.Millisecond, nil},
		{1900*time.Millisecond + time.Microsecond, 1901 * time.Millisecond, nil},
		{time.Second, time.Second, nil},
		{time.Second - 1, time.Second, nil},
		{math.MaxInt64, time.Duration(math.MaxInt64).Truncate(time.Millisecond), nil},
		{0, 0, interfaces.ErrInvalid},
		{-1, 0, interfaces.ErrInvalid},
		{999 * time.Microsecond, 0, interfaces.ErrInvalid},
		{-time.Hour, 0, interfaces.ErrInvalid},
	} {
		for name, set := range map[string]func() error{
			"SetValue": func() error { return cache.SetValue(t.Context(), "key", []byte("v"), test.expire) },
			"AddValue": func() error { _, err := cache.AddValue(t.Context(), "key", []byte("v"), test.expire); return err },
			"SetValues": func() error {
				return cache.SetValues(t.Context(), map[string][]byte{"key": []byte("v")}, test.expire)
			},
		} {
			mini.FlushAll()
			if err := set(); !errors.Is(err, test.otherwise) {
				t.Errorf("%s with expire %v: %v, want %v", name, test.expire, err, test.otherwise)
			}
			if got := mini.TTL("key"); got != test.want {
				t.Errorf("%s with expire %v: %v are left, want %v", name, test.expire, got, test.want)
			}
		}
	}
}

func TestLargestExpireOnARealServer(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	cache := newCache(t, server.Addr())
	if err := cache.SetValue(t.Context(), "key", nil, math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	if left, err := cache.GetExpire(t.Context(), "key"); err != nil || left < math.MaxInt64-time.Hour {
		t.Errorf("GetExpire = %v, %v", left, err)
	}
}

// Another program may store for longer than a Duration can hold.
func TestExpireOfAnotherProgramMayBeLongerStill(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	cache := newCache(t, server.Addr())
	// As nanoseconds in 64 bits these are less than zero, somewhat more than
	// zero, and less than zero.
	for _, ms := range []string{"10000000000000", "18446744083709", "9000000000000000000"} {
		server.Do("SET", "key", "v", "PX", ms)
		if left, err := cache.GetExpire(t.Context(), "key"); err != nil || left != math.MaxInt64 {
			t.Errorf("GetExpire of %s ms = %v, %v; want the longest Duration", ms, left, err)
		}
	}
}

func TestManyKeysTakeFewRoundTrips(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	proxy := redistest.NewProxy(t, server.Addr())
	cache := newCache(t, proxy.Addr())
	wantWorking(t, cache)
	const n = 2500

	values := make(map[string][]byte, n)
	for i := range n {
		values[fmt.Sprint("key:", i)] = fmt.Append(nil, i)
	}
	keys := slices.Collect(maps.Keys(values))

	for _, call := range []struct {
		name  string
		trips int
		do    func() error
	}{
		{"SetValues", 10, func() error { return cache.SetValues(t.Context(), values, time.Hour) }}, // with the connection for batches
		{"GetValues", 3, func() error {
			got, err := cache.GetValues(t.Context(), keys...)
			if !maps.EqualFunc(got, values, slices.Equal) {
				t.Errorf("GetValues gave %d values, not those %d that were set", len(got), n)
			}
			return err
		}},
		{"GetValues of 100", 1, func() error { _, err := cache.GetValues(t.Context(), keys[:100]...); return err }},
		{"DeleteValues", 3, func() error { _, err := cache.DeleteValues(t.Context(), keys...); return err }},
	} {
		before := proxy.RoundTrips()
		if err := call.do(); err != nil {
			t.Errorf("%s: %v", call.name, err)
		}
		if trips := proxy.RoundTrips() - before; trips > call.trips {
			t.Errorf("%s took %d round trips, want %d at most", call.name, trips, call.trips)
		}
	}
	if stats := cache.Stats(); stats.Sets != n+1 || stats.Hits != n+101 || stats.Deletes != n {
		t.Errorf("Stats = %+v", stats)
	}
}

// A server whose table shrinks gives some keys again.
func TestScanYieldsOnceWhatTheServerGivesAgain(t *testing.T) {
	pages := map[string]struct {
		next string
		keys []string
	}{
		"0": {"7", []string{"a", "b", "b"}},
		"7": {"3", nil},
		"3": {"9", []string{"b", "c"}},
		"9": {"0", []string{"a", "d"}},
	}

	fake, err := miniserver.NewServer("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	if err := fake.Register("PING", func(c *miniserver.Peer, _ string, _ []string) { c.WriteInline("PONG") }); err != nil {
		t.Fatal(err)
	}

	if err := fake.Register("SCAN", func(c *miniserver.Peer, _ string, args []string) {
		page := pages[args[0]]
		c.WriteLen(2)
		c.WriteBulk(page.next)
		c.WriteStrings(page.keys)
	}); err != nil {
		t.Fatal(err)
	}

	cache := newCache(t, fake.Addr().String())
	if keys := scan(t, cache, "*"); !slices.Equal(keys, []string{"a", "b", "c", "d"}) {
		t.Errorf("ScanKeys = %q", keys)
	}
}

// A real server gives a scan in pages, and its table grows meanwhile.
func TestScanOfATableThatGrows(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	cache := newCache(t, server.Addr())
	const n = 20_000
	server.Do("EVAL", "for i = 1, tonumber(ARGV[1]) do redis.call('SET', 'key:' .. i, '') end", "0", fmt.Sprint(n))
	seen := map[string]int{}

	for key, err := range cache.ScanKeys(t.Context(), "key:*") {
		if err != nil {
			t.Fatal(err)
		}
		if seen[key]++; len(seen) == n/10 {
			server.Do("EVAL", "for i = 1, tonumber(ARGV[1]) do redis.call('SET', 'more:' .. i, '') end", "0", fmt.Sprint(4*n))
		}
		if seen[key] > 1 {
			t.Fatalf("key %q was yielded twice", key)
		}
	}
	if len(seen) != n {
		t.Errorf("%d keys were yielded, want %d", len(seen), n)
	}
	if deleted, err := cache.DeletePattern(t.Context(), "key:*"); deleted != n || err != nil {
		t.Errorf("DeletePattern = %d, %v; want %d", deleted, err, n)
	}
	if left := server.Do("DBSIZE"); left != fmt.Sprint(4*n) {
		t.Errorf("%s keys are left, want %d", left, 4*n)
	}
}

func TestEmptyPatternMatchesNothing(t *testing.T) {
	redistest.Each(t, func(t *testing.T, b redistest.Backend) {
		cache := newCache(t, b.Addr)
		wantWorking(t, cache)
		if keys := scan(t, cache, ""); len(keys) != 0 {
			t.Errorf("ScanKeys('') = %q", keys)
		}
		if n, err := cache.DeletePattern(t.Context(), ""); n != 0 || err != nil {
			t.Errorf("DeletePattern('') = %d, %v", n, err)
		}
		wantWorking(t, cache)
	})
}

// A pattern's pages are given up when the server goes away, and what was
// deleted by then is known.
func TestDeletePatternThatFailsHalfWay(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	proxy := redistest.NewProxy(t, server.Addr())
	cache := newCache(t, proxy.Addr())
	wantWorking(t, cache)
	server.Do("EVAL", "for i = 1, 5000 do redis.call('SET', 'key:' .. i, '') end", "0")
	pages := 0
	proxy.LoseReplies(func(request []byte) bool {
		if strings.Contains(strings.ToLower(string(request[:min(len(request), 20)])), "unlink") {
			pages++
		}
		return pages > 2
	})
	deleted, err := cache.DeletePattern(t.Context(), "key:*")
	if !errors.Is(err, interfaces.ErrUnavailable) || deleted < 1000 || deleted >= 5000 {
		t.Errorf("DeletePattern = %d, %v; want what two pages held, and ErrUnavailable", deleted, err)
	}
	if stats := cache.Stats(); stats.Errors != 1 || stats.Deletes != uint64(deleted) {
		t.Errorf("Stats = %+v after %d were deleted and one call failed", stats, deleted)
	}
}

func TestErrorsNameTheKeyAndTheServer(t *testing.T) {
	mini := redistest.Mini(t)
	cache := newCache(t, mini.Addr())
	if _, err := mini.Push("list", "element"); err != nil {
		t.Fatal(err)
	}

	_, err := cache.GetValue(context.Background(), "list")
	if err == nil || !strings.Contains(err.Error(), `"list"`) || !strings.Contains(err.Error(), mini.Addr()) {
		t.Errorf("GetValue of a list: %v", err)
	}
	_, missing := cache.GetValue(context.Background(), "user:1")
	_, timeless := cache.GetExpire(context.Background(), "user:1")

	for call, err := range map[string]error{"GetValue": missing, "GetExpire": timeless} {
		if !errors.Is(err, interfaces.ErrMiss) || err.Error() != `cache key "user:1": no such key` {
			t.Errorf("%s of an absent key: %v, want a miss that names it", call, err)
		}
	}

	err = cache.SetValue(context.Background(), strings.Repeat("k", 2000), nil, time.Hour)
	if !errors.Is(err, interfaces.ErrInvalid) || len(err.Error()) > 200 {
		t.Errorf("SetValue with a key of 2000 bytes: %v", err)
	}
}

func scan(t *testing.T, cache *redis.Cache, pattern string) (keys []string) {
	t.Helper()
	for key, err := range cache.ScanKeys(t.Context(), pattern) {
		if err != nil {
			t.Fatalf("ScanKeys(%q): %v", pattern, err)
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
