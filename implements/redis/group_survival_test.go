package redis_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

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
	eventually(t, "the cluster is healthy after all that", func() bool { return cache.CheckHealth(t.Context()) == nil })
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
		cache := groupCache(t, sentinelConfig(group), func(c *redis.CacheConfig) {
			c.DialTimeout, c.ReadTimeout = time.Minute, time.Minute // others answer: nobody has to wait for this one
		})
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		eventually(t, "the master being found", func() bool { return cache.CheckHealth(ctx) == nil })
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

func TestNoRoomInAGroup(t *testing.T) {
	eachGroup(t, func(t *testing.T, g group) {
		cache := groupCache(t, g.config)
		value := bytes.Repeat([]byte("x"), 1<<20)
		if err := cache.SetValue(t.Context(), "before", value, time.Hour); err != nil {
			t.Fatal(err)
		}

		g.limit(t, "1mb")
		defer g.limit(t, "0")

		err := cache.SetValue(t.Context(), "after", value, time.Hour)
		if !errors.Is(err, interfaces.ErrUnavailable) || !strings.Contains(err.Error(), "OOM") {
			t.Errorf("SetValue without room: %v", err)
		}
		if _, err := cache.GetValue(t.Context(), "before"); err != nil {
			t.Errorf("GetValue without room: %v", err)
		}
		g.limit(t, "0")
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
