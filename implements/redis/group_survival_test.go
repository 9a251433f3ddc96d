package redis_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// In one test, for each fail-over takes seconds.
func TestClusterSurvives(t *testing.T) {
	t.Parallel()
	cluster := redistest.SharedCluster(t, clusterOptions)
	g := group{config: clusterConfig(cluster), nodes: cluster.Nodes()}
	cache := groupCache(t, g.config)
	l, w := startLoad(t, cache), startWork(t, g, "soak")
	recovered := func(what string) {
		l.awaitGood(t, what)
		w.awaitGood(t, what)
	}
	recovered("at the beginning")

	began := time.Now()
	lap := func(what string) {
		recovered(what)
		t.Logf("%s: recovered after %v", what, time.Since(began).Round(time.Millisecond))
		cluster.Heal(t)
		recovered(what + ", healed")
		began = time.Now()
	}

	killed := cluster.Owner(t, "{queue:"+workQueue+"}")
	replica := cluster.Replica(t, killed)
	killed.Kill(t)
	cluster.AwaitMaster(t, replica)
	lap("the master of a queue killed")

	hung := cluster.Owner(t, "mutex:soak")
	replica = cluster.Replica(t, hung)
	hung.Freeze(t)
	cluster.AwaitMaster(t, replica)
	lap("the master of a mutex hung")

	// The other nodes see nothing of it, so that nobody takes over.
	apart := cluster.Owner(t, "{queue:"+workQueue+"}")
	apart.Proxy().Freeze()
	eventually(t, "an error of the node that is cut off", func() bool { return cache.CheckHealth(t.Context()) != nil })
	apart.Proxy().Thaw()
	lap("a master cut off from its clients, and back")
	cluster.Fail(t, cluster.Masters(t)[0])
	lap("a replica taking over on request")
	l.verify(t)
	w.verify(t)
	if err := cache.CheckHealth(t.Context()); err != nil {
		t.Errorf("CheckHealth after all that: %v", err)
	}
}

func TestSentinelGroupSurvives(t *testing.T) {
	t.Parallel()
	group := redistest.SharedSentinels(t, sentinelOptions)
	g := sentinelGroupOf(group)
	l, w := startLoad(t, groupCache(t, g.config)), startWork(t, g, "soak")
	recovered := func(what string) {
		l.awaitGood(t, what)
		w.awaitGood(t, what)
	}
	recovered("at the beginning")

	for what, end := range map[string]func(master *redistest.Node){
		"the master killed": func(master *redistest.Node) { master.Kill(t) },
		"the master hung":   func(master *redistest.Node) { master.Freeze(t) },
	} {
		master, began := group.Master(t), time.Now()
		end(master)
		group.AwaitMaster(t, group.Other(master))
		recovered(what)
		t.Logf("%s: recovered after %v", what, time.Since(began).Round(time.Millisecond))
		group.Heal(t)
		recovered(what + ", healed")
	}
	l.verify(t)
	w.verify(t)
}

func TestSentinelsThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	group := redistest.SharedSentinels(t, sentinelOptions)
	before := groupCache(t, sentinelConfig(group))
	wantWorking(t, before)

	t.Run("one is silent", func(t *testing.T) {
		group.Watchers()[0].Freeze(t)
		began := time.Now()
		cache := groupCache(t, sentinelConfig(group))
		eventually(t, "the master being found", func() bool { return cache.CheckHealth(t.Context()) == nil })
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("finding the master took %v", took)
		}
		group.Watchers()[0].Thaw(t)
	})

	for name, end := range map[string]func(n *redistest.Node){
		"all are silent": func(n *redistest.Node) { n.Freeze(t) },
		"all are down":   func(n *redistest.Node) { n.Kill(t) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, watcher := range group.Watchers() {
				end(watcher)
			}
			cache := groupCache(t, sentinelConfig(group))
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			_, err := cache.GetValue(ctx, "k")
			cancel()
			if !errors.Is(err, interfaces.ErrUnavailable) {
				t.Errorf("GetValue of a cache that cannot find the master: %v", err)
			}
			eventually(t, "the outage being known", func() bool {
				began := time.Now()
				_, err := cache.GetValue(t.Context(), "k")
				return errors.Is(err, interfaces.ErrUnavailable) && time.Since(began) < 50*time.Millisecond
			})
			wantWorking(t, before) // it knows the master
			group.Heal(t)
			eventually(t, "the master being found", func() bool { return cache.CheckHealth(t.Context()) == nil })
			wantWorking(t, cache)
		})
	}
}

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

	work.Go(func() {
		for i, slot := range cluster.Slots(t, masters[0]) {
			if moving.Err() != nil {
				return
			}
			if err := cluster.MoveSlots(context.WithoutCancel(moving), masters[0], masters[1+i%2], slot); err != nil {
				t.Errorf("moving slot %d: %v", slot, err)
				return
			}
			if moved++; moved == 5 {
				close(begun)
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

func TestNoRoomInAGroup(t *testing.T) {
	eachGroup(t, func(t *testing.T, g group) {
		cache := groupCache(t, g.config)
		value := bytes.Repeat([]byte("x"), 1<<20)
		if err := cache.SetValue(t.Context(), "before", value, time.Hour); err != nil {
			t.Fatal(err)
		}

		limit := func(size string) {
			for _, node := range g.nodes {
				if node.IsData() {
					node.Do(t, "CONFIG", "SET", "maxmemory", size)
				}
			}
		}
		limit("1mb")
		defer limit("0")

		err := cache.SetValue(t.Context(), "after", value, time.Hour)
		if !errors.Is(err, interfaces.ErrUnavailable) || !strings.Contains(err.Error(), "OOM") {
			t.Errorf("SetValue without room: %v", err)
		}
		if _, err := cache.GetValue(t.Context(), "before"); err != nil {
			t.Errorf("GetValue without room: %v", err)
		}
		limit("0")
		if err := cache.SetValue(t.Context(), "after", value, time.Hour); err != nil {
			t.Errorf("SetValue when there is room again: %v", err)
		}
	})
}

func TestLargeValueInAGroup(t *testing.T) {
	value := bytes.Repeat([]byte("0123456789abcdef"), 4<<20) // 64 MiB
	eachGroup(t, func(t *testing.T, g group) {
		cache := groupCache(t, g.config, func(c *redis.CacheConfig) {
			c.ReadTimeout, c.WriteTimeout = time.Minute, time.Minute // with the race detector TLS is slow
		})
		if err := cache.SetValue(t.Context(), "large", value, time.Hour); err != nil {
			t.Fatal(err)
		}
		got, err := cache.GetValue(t.Context(), "large")
		if err != nil || !bytes.Equal(got, value) {
			t.Errorf("GetValue = %d bytes, %v", len(got), err)
		}
	})
}

func TestWrongUserOfAGroup(t *testing.T) {
	const wrong = "wr0ng-pa55word"
	group := redistest.SharedSentinels(t, sentinelOptions)
	single := redistest.SharedSingle(t, secureOptions)
	for name, config := range map[string]redis.Config{
		"password":              changed(secureConfig(single), func(c *redis.Config) { c.Password = component.NewSecret(wrong) }),
		"user":                  changed(secureConfig(single), func(c *redis.Config) { c.Username = "nobody" }),
		"password behind":       changed(sentinelConfig(group), func(c *redis.Config) { c.Password = component.NewSecret(wrong) }),
		"password at sentinels": changed(sentinelConfig(group), func(c *redis.Config) { c.SentinelPassword = component.NewSecret(wrong) }),
	} {
		t.Run(name, func(t *testing.T) {
			cache := groupCache(t, config)
			for call, err := range map[string]error{
				"SetValue":    cache.SetValue(t.Context(), "k", nil, time.Hour),
				"CheckHealth": cache.CheckHealth(t.Context()),
			} {
				if !errors.Is(err, interfaces.ErrInvalid) || errors.Is(err, interfaces.ErrUnavailable) {
					t.Errorf("%s: %v", call, err)
				}
				if strings.Contains(fmt.Sprint(err), wrong) {
					t.Errorf("%s repeats the password: %v", call, err)
				}
			}
		})
	}

	t.Run("rules", func(t *testing.T) {
		node := single.Node()
		node.Do(t, "ACL", "SETUSER", "app", "resetkeys", "~app:*")
		defer node.Do(t, "ACL", "SETUSER", "app", "~*")
		cache := groupCache(t, secureConfig(single))
		if err := cache.SetValue(t.Context(), "other:k", nil, time.Hour); !errors.Is(err, interfaces.ErrInvalid) || !strings.Contains(err.Error(), "NOPERM") {
			t.Errorf("SetValue of a key that the user may not touch: %v", err)
		}
		if err := errors.Join(cache.SetValue(t.Context(), "app:k", nil, time.Hour), cache.CheckHealth(t.Context())); err != nil {
			t.Errorf("SetValue of a key of the user's: %v", err)
		}
		node.Do(t, "ACL", "SETUSER", "app", "-@read")
		defer node.Do(t, "ACL", "SETUSER", "app", "+@all")
		if err := cache.CheckHealth(t.Context()); !errors.Is(err, interfaces.ErrInvalid) || !strings.Contains(err.Error(), "NOPERM") {
			t.Errorf("CheckHealth of a user that may not read: %v", err)
		}
	})
}

func TestCertificates(t *testing.T) {
	single := redistest.SharedSingle(t, secureOptions)
	others, err := redistest.NewCertificates(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	good := secureConfig(single)

	for name, test := range map[string]struct {
		config redis.Config
		want   string // empty: it works
	}{
		"as it should be": {good, ""},
		"rediss": {changed(good, func(c *redis.Config) {
			c.URL = component.NewSecret(fmt.Sprintf("rediss://%s:%s@%s/1", c.Username, c.Password.Reveal(), c.Addrs[0]))
			c.Enabled, c.Addrs, c.Username, c.Password = false, nil, "", component.Secret{}
		}), ""},
		"names of redis-py": {changed(good, func(c *redis.Config) {
			c.SSL, c.SSLCACerts, c.SSLCertfile, c.SSLKeyfile, c.SSLCertReqs = true, c.CA, c.Cert, c.Key, "required"
			c.TLS = redis.TLS{}
		}), ""},
		"anybody's":           {changed(good, func(c *redis.Config) { c.CA, c.Insecure = "", true }), ""},
		"server name":         {changed(good, func(c *redis.Config) { c.ServerName = "localhost" }), ""},
		"another server name": {changed(good, func(c *redis.Config) { c.ServerName = "example.com" }), "example.com"},
		"another authority":   {changed(good, func(c *redis.Config) { c.CA = others.CA }), "unknown authority"},
		"no certificate":      {changed(good, func(c *redis.Config) { c.Cert, c.Key = "", "" }), "backend unavailable"},
		"no TLS":              {changed(good, func(c *redis.Config) { c.TLS = redis.TLS{} }), ""},
	} {
		t.Run(name, func(t *testing.T) {
			cache := groupCache(t, test.config)
			err := cache.SetValue(t.Context(), "k", []byte("v"), time.Hour)
			switch {
			case name == "no TLS":
				if !errors.Is(err, interfaces.ErrUnavailable) {
					t.Errorf("SetValue: %v", err)
				}
			case test.want == "" && err != nil:
				t.Errorf("SetValue: %v", err)
			case test.want != "" && (!errors.Is(err, interfaces.ErrUnavailable) || !strings.Contains(err.Error(), test.want)):
				t.Errorf("SetValue: %v, want something of %q", err, test.want)
			}
		})
	}

	for key, config := range map[string]redis.Config{
		"tls_ca":   changed(good, func(c *redis.Config) { c.CA = others.ClientKey }),
		"tls_cert": changed(good, func(c *redis.Config) { c.Cert = others.ClientCert }),
	} {
		c := redis.DefaultCacheConfig()
		c.Config = config
		_, err := redis.NewCache(t.Context(), nil, c)
		var at component.KeyError
		if !errors.As(err, &at) || at.Key != key {
			t.Errorf("NewCache with a wrong %s: %v", key, err)
		}
	}
}

func groupCache(t *testing.T, config redis.Config, change ...func(*redis.CacheConfig)) *redis.Cache {
	t.Helper()
	c := redis.DefaultCacheConfig()
	c.Config = config
	for _, f := range change {
		f(&c)
	}
	return newSiteCache(t, nil, c)
}

func changed(c redis.Config, change func(*redis.Config)) redis.Config {
	change(&c)
	return c
}
