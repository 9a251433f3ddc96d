package interfacestest_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"path"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// cacheFault is a cache that is broken in one way, and the checks that find it
// out.
type cacheFault struct {
	name   string
	wrap   func(*tiny) interfaces.ICache
	found  []string
	blocks bool // for ever, and in a way that testing/synctest cannot see through
}

// tune breaks the reference by its own knobs.
func tune(change func(*tiny)) func(*tiny) interfaces.ICache {
	return func(c *tiny) interfaces.ICache {
		change(c)
		return c
	}
}

// expiring has expiries counted in another way.
func expiring(expires func(now time.Time, expire time.Duration) time.Time) func(*tiny) interfaces.ICache {
	return tune(func(c *tiny) { c.expires = expires })
}

// refusing gives other errors than it should.
func refusing(translate func(error) error) func(*tiny) interfaces.ICache {
	return tune(func(c *tiny) { c.translate = translate })
}

var cacheFaults = []cacheFault{
	{
		name: "ignores expiry",
		wrap: expiring(func(time.Time, time.Duration) time.Time { return time.Time{} }),
		found: []string{
			"expire/shortest", "expire/on time", "expire/fraction of a second", "expire/gone everywhere", "expire/replaced",
			"expire/not by reading", "expire/remaining", "expire/longest", "expire/none",
		},
	},
	{
		name: "truncates expiry to seconds",
		wrap: expiring(func(now time.Time, d time.Duration) time.Time {
			return now.Add(max(d.Truncate(time.Second), time.Second))
		}),
		found: []string{
			"expire/shortest", "expire/on time", "expire/fraction of a second", "expire/gone everywhere", "expire/replaced",
			"expire/not by reading", "expire/remaining",
		},
	},
	{
		name: "rounds expiry up to seconds",
		wrap: expiring(func(now time.Time, d time.Duration) time.Time {
			if d > math.MaxInt64-time.Second {
				return now.Add(d)
			}
			return now.Add((d + time.Second - 1).Truncate(time.Second))
		}),
		found: []string{
			"expire/shortest", "expire/on time", "expire/fraction of a second", "expire/gone everywhere", "expire/replaced",
			"expire/not by reading", "expire/remaining",
		},
	},
	{
		name:  "expires in a thousandth of the time",
		wrap:  expiring(func(now time.Time, d time.Duration) time.Time { return now.Add(d / 1000) }),
		found: []string{"expire/on time", "expire/fraction of a second", "expire/remaining", "expire/longest", "expire/none"},
	},
	{
		name: "overflows with the longest expire",
		wrap: expiring(func(now time.Time, d time.Duration) time.Time {
			return time.Unix(0, now.UnixNano()+int64(d))
		}),
		found: []string{"expire/longest"},
	},
	{name: "stores for ever on expire 0", wrap: wrap[foreverOnZero], found: []string{"expire/too short", "stats/counts"}},
	{name: "prolongs what is read", wrap: wrap[prolongsOnRead], found: []string{
		"expire/shortest", "expire/on time", "expire/fraction of a second", "expire/not by reading", "expire/none", "add/absent only",
	}},
	{name: "GetExpire is 0 for a key without expiry", wrap: wrap[zeroForNone], found: []string{"expire/none"}},
	{name: "GetExpire of an absent key is no error", wrap: wrap[expireOfAbsent], found: []string{"values/absent", "expire/gone everywhere"}},
	{name: "AddValue counts an expired value", wrap: wrap[addSeesExpired], found: []string{"expire/gone everywhere"}},
	{name: "keeps the bytes it is given", wrap: tune(func(c *tiny) { c.cloneIn = func(b []byte) []byte { return b } }), found: []string{"values/copied in"}},
	{name: "gives the bytes it keeps", wrap: tune(func(c *tiny) { c.cloneOut = func(b []byte) []byte { return b } }), found: []string{"values/copied out"}},
	{name: "loses nil", wrap: wrap[losesNil], found: []string{"values/nil and empty", "stats/counts"}},
	{name: "takes empty for a miss", wrap: wrap[emptyIsMiss], found: []string{"values/nil and empty", "expire/longest", "stats/counts"}},
	{name: "ends values at a zero byte", wrap: tune(func(c *tiny) {
		c.cloneIn = func(b []byte) []byte { b, _, _ = bytes.Cut(b, []byte{0}); return bytes.Clone(b) }
	}), found: []string{"values/set and get", "keys/any bytes"}},
	{name: "SetValue keeps what is there", wrap: wrap[keepsFirst], found: []string{
		"values/replace", "values/set and get", "expire/replaced", "expire/none", "stats/counts",
	}},
	{name: "stores in two halves", wrap: wrap[tearsValues], found: []string{"values/concurrent"}},
	{name: "takes any key", wrap: wrap[anyKey], found: []string{"keys/empty", "keys/too large", "stats/counts"}},
	{name: "refuses the largest key", wrap: wrap[shortKeys], found: []string{"keys/largest"}},
	{name: "trims keys", wrap: wrap[trimsKeys], found: []string{"keys/any bytes"}},
	{name: "GetValues gives a nil map", wrap: wrap[nilMap], found: []string{"batch/nothing to do", "batch/get"}},
	{name: "GetValues of several gives nil for a miss", wrap: wrap[nilForMiss], found: []string{"batch/get", "failure/foreign type"}},
	{name: "SetValues stores a hundred at most", wrap: wrap[setsHundred], found: []string{
		"batch/set", "scan/many", "scan/delete", "scan/changes meanwhile", "scan/cancel",
	}},
	{name: "SetValues of nothing needs an expire", wrap: wrap[emptyNeedsExpire], found: []string{
		"batch/nothing to do",
	}},
	{name: "SetValues of nothing is no error ever", wrap: wrap[emptyIsNothing], found: []string{
		"context/nothing to do", "failure/closed first",
	}},
	{name: "GetValue looks at its key first", wrap: wrap[argumentsFirst], found: []string{"context/invalid calls", "failure/closed first"}},
	{name: "AddValue looks at its expire first", wrap: wrap[expireFirst], found: []string{"context/invalid calls", "failure/closed first"}},
	{name: "GetExpire looks at its context first", wrap: wrap[contextFirst], found: []string{"failure/closed first"}},
	{name: "DeleteValues counts what it was given", wrap: wrap[countsGiven], found: []string{"batch/delete", "expire/gone everywhere"}},
	{name: "AddValue looks, then stores", wrap: wrap[addInTwoSteps], found: []string{"add/exclusive"}},
	{name: "AddValue overwrites", wrap: wrap[addOverwrites], found: []string{"add/absent only", "add/exclusive", "stats/counts"}},
	{name: "scan yields twice", wrap: wrap[scansTwice], found: []string{"scan/globs", "scan/malformed globs", "scan/bytes", "scan/anchored", "scan/many", "scan/delete", "scan/changes meanwhile", "scan/cancel"}},
	{name: "scan stops at a page", wrap: wrap[onePage], found: []string{"scan/many", "scan/changes meanwhile", "scan/cancel"}},
	{name: "scan goes on after an error", wrap: wrap[scansOn], found: []string{"context/cancelled", "context/deadline", "failure/closed", "failure/closed first", "failure/unavailable", "failure/silent"}},
	{name: "scan swallows errors", wrap: wrap[scanSwallows], found: []string{"context/cancelled", "context/deadline", "failure/closed", "failure/closed first", "failure/unavailable", "failure/silent"}},
	{name: "scan holds its lock", wrap: wrap[scanLocks], found: []string{"scan/stop early", "scan/changes meanwhile"}, blocks: true},
	{
		name: "globs by path.Match",
		wrap: tune(func(c *tiny) {
			c.match = func(pattern, key string) bool { ok, _ := path.Match(pattern, key); return ok }
		}),
		found: []string{"scan/globs", "scan/malformed globs", "scan/bytes", "keys/any bytes"},
	},
	{
		name:  "globs are searched for anywhere",
		wrap:  tune(func(c *tiny) { match := c.match; c.match = func(p, key string) bool { return match("*"+p+"*", key) } }),
		found: []string{"scan/globs", "scan/malformed globs", "scan/bytes", "scan/anchored", "scan/many", "scan/delete"},
	},
	{name: "Stats counts calls, not keys", wrap: wrap[countsCalls], found: []string{"stats/counts"}},
	{name: "Stats counts a miss as an error", wrap: wrap[missIsError], found: []string{"stats/counts"}},
	{name: "Stats lies about the size", wrap: wrap[wrongSize], found: []string{"stats/size"}},
	{name: "Stats asks the backend", wrap: wrap[statsAsks], found: []string{"failure/silent"}},
	{name: "works after Close", wrap: wrap[neverCloses], found: []string{"failure/closed", "failure/closed first"}},
	{name: "ignores cancellation", wrap: refusing(func(err error) error {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return nil
		}
		return err
	}), found: []string{
		"context/cancelled", "context/deadline", "context/invalid calls", "context/nothing to do", "failure/silent", "stats/counts",
	}},
	{name: "reports a failure as a miss", wrap: refusing(func(err error) error {
		if errors.Is(err, interfaces.ErrInvalid) {
			return err
		}
		return interfaces.ErrMiss
	}), found: []string{
		"failure/closed", "failure/closed first", "failure/unavailable", "failure/silent",
		"context/cancelled", "context/deadline", "context/invalid calls", "context/nothing to do", "stats/counts",
	}},
	{name: "reports a failure as a miss as well", wrap: refusing(func(err error) error {
		if errors.Is(err, interfaces.ErrUnavailable) {
			return errors.Join(err, interfaces.ErrMiss)
		}
		return err
	}), found: []string{"failure/unavailable", "failure/silent"}},
	{name: "reports another type as a miss", wrap: wrap[foreignIsMiss], found: []string{"failure/foreign type"}},
	{name: "never recovers", wrap: wrap[staysDown], found: []string{"failure/unavailable", "failure/silent"}},
}
