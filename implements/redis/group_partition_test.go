package redis_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// A partition is one between nodes: their clients reach all of them.

// A master that is cut off serves its clients for a while and then says that
// the cluster is down; what it says of who has which keys is wrong for as long
// as it is apart.
func TestClusterSurvivesAPartition(t *testing.T) {
	t.Parallel()
	cluster := redistest.NewCluster(t, redistest.RigOptions{Proxies: true, BusProxies: true})
	apart := cluster.Owner(t, "{queue:"+workQueue+"}")
	replica := cluster.Replica(t, apart)
	var mutexes []string // on that node too
	for i := 0; len(mutexes) < 2; i++ {
		if name := fmt.Sprint("m", i); cluster.Owner(t, "mutex:"+name) == apart {
			mutexes = append(mutexes, name)
		}
	}
	g := group{config: clusterConfig(cluster), nodes: cluster.Nodes()}
	cache := groupCache(t, g.config)
	l, w := startLoad(t, cache), startWork(t, g, mutexes[0])
	fresh := g.mutexes(t)
	mutex, err := fresh.GetMutex(mutexes[1])
	if err != nil {
		t.Fatal(err)
	}
	l.awaitGood(t, "at the beginning")
	w.awaitGood(t, "at the beginning")
	if err := fresh.CheckHealth(t.Context()); err != nil {
		t.Fatal(err)
	}

	cluster.Isolate(t, apart)
	cluster.AwaitMaster(t, replica)
	began := time.Now()
	const what = "a master cut off from the other nodes"
	l.awaitGood(t, what)
	w.awaitMessages(t, what)
	eventually(t, "a mutex of the master that is cut off", func() bool {
		_, err := mutex.TryAcquire(t.Context(), time.Minute)
		if err != nil && !errors.Is(err, interfaces.ErrUnavailable) {
			t.Fatalf("TryAcquire: %v", err)
		}
		return err == nil
	})
	t.Logf("recovered %v after a replica had taken over: %s", time.Since(began).Round(time.Millisecond), l.report())
	if role := apart.Role(t); role != "master" {
		t.Errorf("the node that is cut off is a %s: it is not cut off", role)
	}
	w.awaitGood(t, what) // what was lost with the old master is over by now, leases too

	cluster.Heal(t)
	l.awaitGood(t, what+", and back")
	w.awaitGood(t, what+", and back")
	l.verify(t)
	w.verify(t)
	eventually(t, "the cluster is healthy", func() bool { return cache.CheckHealth(t.Context()) == nil })
}

// The master goes on serving its clients: they have to leave it.
func TestSentinelGroupSurvivesAPartition(t *testing.T) {
	t.Parallel()
	group := redistest.SharedSentinels(t, sentinelOptions)
	cache := groupCache(t, sentinelConfig(group))
	l := startLoad(t, cache)
	l.awaitGood(t, "at the beginning")
	apart := group.Master(t)
	next := group.Other(apart)
	group.Isolate(t, apart)
	group.AwaitMaster(t, next)
	const what = "a master cut off from its Sentinels and its replica"
	eventually(t, "values that are stored on the new master", func() bool {
		err := cache.SetValue(t.Context(), "where", nil, time.Hour)
		return err == nil && next.Do(t, "EXISTS", "where") == int64(1)
	})
	l.awaitGood(t, what)
	if role := apart.Role(t); role != "master" {
		t.Errorf("the node that is cut off is a %s: it is not cut off", role)
	}
	group.Heal(t)
	l.awaitGood(t, what+", and back")
	l.verify(t)
}
