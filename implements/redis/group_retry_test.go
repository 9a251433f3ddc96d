package redis_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// go-redis's client of a Cluster sends a command again when a connection is
// lost, whatever the command does.
func TestLostReplyInAGroup(t *testing.T) {
	eachGroup(t, func(t *testing.T, g group) {
		if g.config.Enabled {
			t.Skip("the proxies cannot tell one command from another under TLS")
		}
		cache := groupCache(t, g.config)
		wantWorking(t, cache)

		lose := func(word string) (lost func() int) {
			before := g.lost()
			for _, node := range g.nodes {
				node.Proxy().LoseReply(func(request []byte) bool { return bytes.Contains(bytes.ToUpper(request), []byte(word)) })
			}
			return func() int { return g.lost() - before }
		}

		lost := lose("\r\nSET\r\n")
		if err := cache.SetValue(t.Context(), "k", []byte("again"), time.Hour); err != nil || lost() != 1 {
			t.Errorf("SetValue: %v after %d lost replies, want none after 1", err, lost())
		}

		lost = lose("NX")
		if added, err := cache.AddValue(t.Context(), "new", []byte("v"), time.Hour); !errors.Is(err, interfaces.ErrUnavailable) || added || lost() != 1 {
			t.Errorf("AddValue = %v, %v after %d lost replies", added, err, lost())
		}
		if value, err := cache.GetValue(t.Context(), "new"); err != nil || string(value) != "v" {
			t.Errorf("GetValue of what was added = %q, %v", value, err)
		}

		lost = lose("UNLINK")
		if n, err := cache.DeleteValues(t.Context(), "k"); !errors.Is(err, interfaces.ErrUnavailable) || lost() != 1 {
			t.Errorf("DeleteValues = %d, %v after %d lost replies", n, err, lost())
		}

		lost = lose("GET")
		if values, err := cache.GetValues(t.Context(), "new", "k"); err != nil || len(values) != 1 || lost() < 1 {
			t.Errorf("GetValues = %q, %v after %d lost replies, want the one that is left", values, err, lost())
		}
	})
}

func (g group) lost() (n int) {
	for _, node := range g.nodes {
		n += node.Proxy().Lost()
	}
	return n
}

func TestKeysInAnotherSlotOnItsWay(t *testing.T) {
	cluster := redistest.SharedCluster(t, clusterOptions)
	cache := groupCache(t, clusterConfig(cluster))
	values := map[string][]byte{"{slot}a": []byte("a"), "{slot}b": []byte("b"), "{slot}c": []byte("c"), "{slot}d": []byte("d")}
	if err := cache.SetValues(t.Context(), values, time.Hour); err != nil {
		t.Fatal(err)
	}
	from := cluster.Owner(t, "{slot}")
	to := cluster.Masters(t)[0]
	if to == from {
		to = cluster.Masters(t)[1]
	}

	move, err := cluster.BeginMove(t.Context(), redistest.Slot("{slot}"), from, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := move.Keys(t.Context(), 2); err != nil {
		t.Fatal(err)
	}

	got, err := cache.GetValues(t.Context(), "{slot}a", "{slot}b", "{slot}c", "{slot}d")
	if err != nil || len(got) != len(values) {
		t.Errorf("GetValues of a slot that is half moved = %q, %v", got, err)
	}

	for key := range values {
		if _, err := cache.GetValue(t.Context(), key); err != nil {
			t.Errorf("GetValue of a slot that is half moved: %v", err)
		}
	}
	seen := map[string]int{}

	for key, err := range cache.ScanKeys(t.Context(), "{slot}*") {
		if err != nil {
			t.Fatal(err)
		}
		seen[key]++
	}

	for key := range values {
		if seen[key] != 1 {
			t.Errorf("ScanKeys gave %s %d times", key, seen[key])
		}
	}
	if n, err := cache.DeletePattern(t.Context(), "{slot}*"); n != len(values) || err != nil {
		t.Errorf("DeletePattern = %d, %v", n, err)
	}
	if err := move.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
}
