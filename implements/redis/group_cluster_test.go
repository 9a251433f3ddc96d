package redis_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func TestNodeOfAClusterThatIsDownConcernsItsKeysOnly(t *testing.T) {
	cluster := redistest.SharedCluster(t, clusterOptions)
	cache := groupCache(t, clusterConfig(cluster), func(c *redis.CacheConfig) { c.MaxRetries = 1 })
	values := map[string][]byte{}
	for i := range 60 {
		values[fmt.Sprint("key", i)] = []byte("v")
	}
	if err := cache.SetValues(t.Context(), values, time.Hour); err != nil {
		t.Fatal(err)
	}
	down := cluster.Owner(t, "key0")
	theirs := map[string]bool{}
	for key := range values {
		theirs[key] = cluster.Owner(t, key) == down
	}

	down.Proxy().Refuse()
	down.Proxy().Cut()
	eventually(t, "a quick error for a key of the node", func() bool {
		began := time.Now()
		_, err := cache.GetValue(t.Context(), "key0")
		return errors.Is(err, interfaces.ErrUnavailable) && time.Since(began) < 50*time.Millisecond
	})

	for key := range values {
		began := time.Now()
		_, err := cache.GetValue(t.Context(), key)
		if errors.Is(err, interfaces.ErrUnavailable) != theirs[key] || (err != nil) != theirs[key] {
			t.Errorf("%s: %v; its node is down: %v", key, err, theirs[key])
		}
		if took := time.Since(began); took > atOnce {
			t.Errorf("%s took %v", key, took)
		}
	}

	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}

	got, err := cache.GetValues(t.Context(), keys...)
	if !errors.Is(err, interfaces.ErrUnavailable) || !strings.Contains(err.Error(), down.Addr()) {
		t.Errorf("GetValues: %v, want the address of the node, %s", err, down.Addr())
	}

	for key := range values {
		if _, there := got[key]; there == theirs[key] {
			t.Errorf("GetValues: %s is there: %v; its node is down: %v", key, there, theirs[key])
		}
	}
	scanned := map[string]int{}
	var scanError error

	for key, err := range cache.ScanKeys(t.Context(), "key*") {
		if err != nil {
			scanError = err
		} else {
			scanned[key]++
		}
	}
	if !errors.Is(scanError, interfaces.ErrUnavailable) {
		t.Errorf("ScanKeys ended with %v", scanError)
	}

	for key := range values {
		if want := 1; theirs[key] && scanned[key] != 0 || !theirs[key] && scanned[key] != want {
			t.Errorf("ScanKeys: %s came %d times; its node is down: %v", key, scanned[key], theirs[key])
		}
	}
	if err := cache.CheckHealth(t.Context()); !errors.Is(err, interfaces.ErrUnavailable) || !strings.Contains(err.Error(), down.Addr()) {
		t.Errorf("CheckHealth: %v", err)
	}
	down.Proxy().Accept()
	eventually(t, "the node being noticed", func() bool { return cache.CheckHealth(t.Context()) == nil })
	if n, err := cache.DeleteValues(t.Context(), keys...); n != len(keys) || err != nil {
		t.Errorf("DeleteValues = %d, %v, want %d", n, err, len(keys))
	}
}

// A node that hangs holds up the mutexes that are on it, and no others.
func TestNodeOfAClusterThatHangsConcernsItsMutexesOnly(t *testing.T) {
	const several = 3
	cluster := redistest.SharedCluster(t, clusterOptions)
	config := clusterConfig(cluster)
	config.ReadTimeout, config.WriteTimeout = time.Hour, time.Hour
	site := group{config: config}.mutexes(t)
	hung := cluster.Owner(t, "mutex:hung")
	other := "other"
	for cluster.Owner(t, "mutex:"+other) == hung {
		other += "s"
	}
	for _, name := range []string{"hung", other} { // so that there are connections
		if err := interfaces.WithLock(t.Context(), getMutex(t, site, name), time.Hour, func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}

	hung.Proxy().Freeze()
	defer hung.Proxy().Thaw()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, several)
	for range several {
		go func() {
			_, err := getMutex(t, site, "hung").TryAcquire(ctx, time.Hour)
			ended <- err
		}()
	}
	eventually(t, "all being on their way", func() bool { return redis.Asking(site) == several })

	lease, err := getMutex(t, site, other).TryAcquire(t.Context(), time.Hour)
	if err != nil {
		t.Fatalf("TryAcquire of a mutex on another node: %v", err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Errorf("Release of a mutex on another node: %v", err)
	}
	if len(ended) > 0 {
		t.Errorf("it had to wait for the node that hangs: %v", <-ended)
	}
	cancel()
	for range several {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("TryAcquire at the node that hangs: %v", err)
		}
	}
}

// While a slot moves some of a mutex's keys are at one master and some at
// another, and neither can do anything.
func TestMutexWaitsForItsSlotToHaveMoved(t *testing.T) {
	cluster := redistest.SharedCluster(t, clusterOptions)
	mutex := getMutex(t, group{config: clusterConfig(cluster)}.mutexes(t, func(c *redis.MutexSiteConfig) {
		c.MaxRetries, c.MaxRetryBackoff = 100, time.Second
	}), "m")
	from := cluster.Owner(t, "mutex:m")
	masters := cluster.Masters(t)
	to := masters[0]
	if to == from {
		to = masters[1]
	}
	lease := tryAcquire(t, mutex, time.Hour)
	move, err := cluster.BeginMove(t.Context(), redistest.Slot("mutex:m"), from, to)
	if err != nil {
		t.Fatal(err)
	}

	asked := from.Proxy().RoundTrips()
	released := make(chan error, 1)
	go func() { released <- lease.Release(t.Context()) }()
	eventually(t, "the master being asked", func() bool { return from.Proxy().RoundTrips() > asked })
	if err := move.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-released; err != nil {
		t.Errorf("Release while the slot moved: %v", err)
	}
	release(t, tryAcquire(t, mutex, time.Hour))
}

func TestDeletePatternWhileSlotsMove(t *testing.T) {
	const keys, prefix = 10_000, "app[1]*:"
	cluster := redistest.SharedCluster(t, clusterOptions)
	cache := groupCache(t, clusterConfig(cluster), func(c *redis.CacheConfig) { c.KeyPrefix = prefix })
	values := map[string][]byte{}
	for i := range keys {
		values[fmt.Sprint("temp:", i)] = nil
	}

	values["kept"] = nil
	if err := cache.SetValues(t.Context(), values, time.Hour); err != nil {
		t.Fatal(err)
	}

	// Names that the prefix would match, were it a pattern.
	others := groupCache(t, clusterConfig(cluster))
	for _, key := range []string{"app1x:temp:1", "app1:temp:1", "app[1]x:temp:1"} {
		if err := others.SetValue(t.Context(), key, nil, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	masters := cluster.Masters(t)
	moving, stop := context.WithCancel(t.Context())
	defer stop()

	var (
		work  sync.WaitGroup
		moved int
	)
	begun := make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) })

	work.Go(func() {
		defer begin() // also when it fails
		for i, slot := range cluster.Slots(t, masters[0]) {
			if moving.Err() != nil {
				return
			}
			if err := cluster.MoveSlots(context.WithoutCancel(moving), masters[0], masters[1+i%2], slot); err != nil {
				t.Errorf("moving slot %d: %v", slot, err)
				return
			}
			if moved++; moved == 5 {
				begin()
			}
		}
	})
	<-begun
	seen := 0

	for _, err := range cache.ScanKeys(t.Context(), "temp:*") {
		if err != nil {
			t.Fatalf("ScanKeys while slots move: %v", err)
		}
		seen++
	}
	if seen != keys {
		t.Errorf("ScanKeys while slots move gave %d keys, want %d", seen, keys)
	}
	n, err := cache.DeletePattern(t.Context(), "temp:*")
	stop()
	work.Wait()
	if n != keys || err != nil {
		t.Errorf("DeletePattern while slots moved = %d, %v, want %d", n, err, keys)
	}
	t.Logf("%d slots moved meanwhile", moved)
	left := 0

	for key, err := range others.ScanKeys(t.Context(), "*") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(key, prefix+"temp:") {
			t.Errorf("%s is left", key)
		}
		left++
	}
	if want := 4; left != want { // three of others, and kept
		t.Errorf("%d keys are left, want %d", left, want)
	}
}
