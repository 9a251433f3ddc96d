package redistest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func TestSlot(t *testing.T) {
	for key, want := range map[string]int{
		"":               0,
		"123456789":      0x31c3,
		"{123456789}x":   0x31c3,
		"a{123456789}{x": 0x31c3,
		"{}123456789":    redistest.Slot("{}123456789"),
	} {
		if got := redistest.Slot(key); got != want {
			t.Errorf("Slot(%q) = %d, want %d", key, got, want)
		}
	}
	if redistest.Slot("{}a") == redistest.Slot("{}b") {
		t.Error("empty braces are taken for a tag")
	}
}

func TestCluster(t *testing.T) {
	cluster := redistest.SharedCluster(t, redistest.RigOptions{Proxies: true})
	client := clusterClient(t, cluster, nil)
	for i := range 100 {
		mustSet(t, client, fmt.Sprint("key", i))
	}

	masters := cluster.Masters(t)
	if len(masters) != 3 || len(cluster.Nodes()) != 6 || len(cluster.Addrs()) != 6 {
		t.Fatalf("%d masters among %d nodes at %v", len(masters), len(cluster.Nodes()), cluster.Addrs())
	}
	if got, want := cluster.Owner(t, "key1").Do(t, "CLUSTER", "KEYSLOT", "key1"), int64(redistest.Slot("key1")); got != want {
		t.Errorf("slot %v, want %d", got, want)
	}

	for _, master := range masters {
		if n := master.Proxy().Accepted(); n < 2 { // a client and a replica
			t.Errorf("%d connections have passed the proxy of %s", n, master.Addr())
		}
	}

	t.Run("fail over", func(t *testing.T) {
		next := cluster.Fail(t, masters[0])
		if now := cluster.Masters(t); now[0] != next || next == masters[0] {
			t.Errorf("the first master is %s, want %s", now[0].Addr(), next.Addr())
		}
	})
	t.Run("move slots", func(t *testing.T) { testMoveSlots(t, cluster, client) })

	t.Run("kill", func(t *testing.T) {
		owner := cluster.Owner(t, "key1")
		replica := cluster.Replica(t, owner)
		owner.Kill(t)
		if _, err := net.Dial("tcp", owner.Addr()); err == nil {
			t.Error("the address of a killed node takes connections")
		}
		cluster.AwaitMaster(t, replica)
		client.ReloadState(t.Context()) // go-redis asks once a minute
		eventually(t, func() error { return client.Get(t.Context(), "key1").Err() })
		cluster.Heal(t)
		if got := cluster.Replica(t, replica); got != owner {
			t.Errorf("%s follows the new master, want %s", got.Addr(), owner.Addr())
		}
	})

	t.Run("freeze", func(t *testing.T) {
		owner := cluster.Owner(t, "key2")
		replica := cluster.Replica(t, owner)
		owner.Freeze(t)
		cluster.AwaitMaster(t, replica)
		owner.Thaw(t)
		cluster.Heal(t)
	})
}

func testMoveSlots(t *testing.T, cluster *redistest.Cluster, client *redis.ClusterClient) {
	ctx := t.Context()
	slot := redistest.Slot("key1")
	from := cluster.Owner(t, "key1")
	to := cluster.Masters(t)[0]
	if to == from {
		to = cluster.Masters(t)[1]
	}
	for i := range 20 {
		mustSet(t, client, fmt.Sprint("{key1}", i))
	}

	move, err := cluster.BeginMove(ctx, slot, from, to)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := move.Keys(ctx, 5); n != 5 || err != nil {
		t.Fatalf("%d keys have moved: %v", n, err)
	}
	asked := 0

	for i := range 20 {
		err := from.Client().Get(ctx, fmt.Sprint("{key1}", i)).Err()
		if err != nil && strings.HasPrefix(err.Error(), "ASK ") {
			asked++
		}
	}
	if asked < 4 { // key1 itself may be one of the five
		t.Errorf("%d keys are answered with ASK, want 4 or 5", asked)
	}
	if err := move.Finish(ctx); err != nil {
		t.Fatal(err)
	}
	if got := cluster.Owner(t, "key1"); got != to {
		t.Errorf("%s holds the slot, want %s", got.Addr(), to.Addr())
	}
	if got, want := len(cluster.Slots(t, to)), 5462; got != want && got != want-1 && got != want+1 {
		t.Errorf("the new master holds %d slots", got)
	}
	if err := cluster.MoveSlots(ctx, to, from, slot); err != nil {
		t.Fatal(err)
	}
	if n := client.Exists(ctx, "{key1}7").Val(); n != 1 {
		t.Error("a key was lost on its way there and back")
	}
}

func TestSharedClusterIsHealed(t *testing.T) {
	options := redistest.RigOptions{Proxies: true} // as TestCluster has them
	t.Run("break it", func(t *testing.T) {
		cluster := redistest.SharedCluster(t, options)
		mustSet(t, clusterClient(t, cluster, nil), "k")
		masters := cluster.Masters(t)
		if _, err := cluster.BeginMove(t.Context(), cluster.Slots(t, masters[0])[0], masters[0], masters[1]); err != nil {
			t.Fatal(err)
		}
		masters[1].Proxy().Freeze()
		masters[2].Freeze(t)
		cluster.Replica(t, masters[0]).Kill(t)
	})
	t.Run("use it", func(t *testing.T) {
		cluster := redistest.SharedCluster(t, options)
		if n := clusterClient(t, cluster, nil).Exists(t.Context(), "k").Val(); n != 0 {
			t.Error("the last test's keys are there")
		}
		for _, node := range cluster.Nodes() {
			if text := node.Do(t, "CLUSTER", "NODES").(string); strings.Contains(text, "->-") || strings.Contains(text, "-<-") {
				t.Errorf("a slot is on its way still:\n%s", text)
			}
		}
	})
}

func TestClusterThatIsParted(t *testing.T) {
	t.Parallel()
	cluster := redistest.NewCluster(t, redistest.RigOptions{Proxies: true, BusProxies: true})
	client := clusterClient(t, cluster, nil)
	mustSet(t, client, "key1")
	apart := cluster.Owner(t, "key1")
	replica := cluster.Replica(t, apart)
	cluster.Isolate(t, apart)
	cluster.AwaitMaster(t, replica)
	direct := redis.NewClient(&redis.Options{Addr: apart.Addr(), MaxRetries: -1})
	defer direct.Close()

	// It takes itself for the master, until it finds itself in the minority.
	if role := apart.Role(t); role != "master" {
		t.Errorf("the node that is apart is a %s", role)
	}
	eventually(t, func() error {
		if err := direct.Get(t.Context(), "key1").Err(); err == nil || !strings.HasPrefix(err.Error(), "CLUSTERDOWN") {
			return fmt.Errorf("GET at the node that is apart: %w", err)
		}
		return nil
	})
	cluster.Heal(t)
	if got := cluster.Replica(t, replica); got != apart {
		t.Errorf("%s follows the new master, want %s", got.Addr(), apart.Addr())
	}
}

func TestSentinelsThatAreParted(t *testing.T) {
	t.Parallel()
	group := redistest.NewSentinels(t, redistest.RigOptions{Username: "app", Password: "pw", Proxies: true})
	master := group.Master(t)
	group.Isolate(t, master)
	group.AwaitMaster(t, group.Other(master))
	if role := master.Role(t); role != "master" {
		t.Errorf("the node that is apart is a %s", role)
	}
	group.Heal(t)
	if role := master.Role(t); role != "slave" {
		t.Errorf("the node that was apart is a %s", role)
	}
}

func TestSecureCluster(t *testing.T) {
	cluster := redistest.NewCluster(t, redistest.RigOptions{
		TLS: true, ClientCert: true, Username: "app", Password: "pw", Proxies: true, Config: []string{"maxmemory 64mb"},
	})
	client := clusterClient(t, cluster, cluster.Certificates())
	mustSet(t, client, "key1")
	plain := clusterClient(t, cluster, nil)
	if err := plain.Get(t.Context(), "key1").Err(); err == nil {
		t.Error("a client without TLS is let in")
	}
	from, to := cluster.Owner(t, "key1"), cluster.Masters(t)[0]
	if from == to {
		to = cluster.Masters(t)[1]
	}
	if err := cluster.MoveSlots(t.Context(), from, to, redistest.Slot("key1")); err != nil {
		t.Fatal(err)
	}
	if err := client.Get(t.Context(), "key1").Err(); err != nil {
		t.Errorf("after its slot has moved: %v", err)
	}
}

func TestSentinels(t *testing.T) {
	group := redistest.NewSentinels(t, redistest.RigOptions{TLS: true, Username: "app", Password: "pw", Proxies: true})
	client := failoverClient(t, group)
	eventually(t, func() error { return client.Set(t.Context(), "k", "v", 0).Err() })
	master := group.Master(t)

	next := group.Fail(t)
	if next == master || next != group.Other(master) || group.Master(t) != next {
		t.Fatal("the replica did not become the master")
	}

	group.Heal(t)
	next.Kill(t)
	group.AwaitMaster(t, master)
	eventually(t, func() error { return client.Set(t.Context(), "k", "v", 0).Err() })
	for _, sentinel := range group.Watchers() {
		sentinel.Freeze(t)
	}
	group.Heal(t)
	if n := next.Do(t, "EXISTS", "k"); n != int64(1) {
		t.Error("the node that was killed does not follow the new master")
	}
}

func TestSingleWithCertificatesAndUser(t *testing.T) {
	single := redistest.SharedSingle(t, redistest.RigOptions{
		TLS: true, ClientCert: true, Username: "app", Password: "pw", Rules: "~app:* +@all",
	})
	secure, err := single.Certificates().ClientConfig()
	if err != nil {
		t.Fatal(err)
	}

	connect := func(change func(o *redis.Options)) error {
		options := &redis.Options{Addr: single.Addr(), Username: "app", Password: "pw", TLSConfig: secure.Clone(), MaxRetries: -1}
		change(options)
		client := redis.NewClient(options)
		defer client.Close()
		return client.Set(t.Context(), "app:k", "v", 0).Err()
	}
	if err := connect(func(*redis.Options) {}); err != nil {
		t.Errorf("with everything that it takes: %v", err)
	}

	for name, change := range map[string]func(*redis.Options){
		"no TLS":         func(o *redis.Options) { o.TLSConfig = nil },
		"no certificate": func(o *redis.Options) { o.TLSConfig.Certificates = nil },
		"no authority":   func(o *redis.Options) { o.TLSConfig.RootCAs = nil },
		"no user":        func(o *redis.Options) { o.Username, o.Password = "", "" },
		"wrong password": func(o *redis.Options) { o.Password = "other" },
	} {
		if err := connect(change); err == nil {
			t.Errorf("%s: let in", name)
		}
	}
	if n := single.Node().Do(t, "EXISTS", "app:k"); n != int64(1) {
		t.Errorf("EXISTS = %v", n)
	}
}

func TestNodesEndWithTheTest(t *testing.T) {
	var (
		addr   string
		folder string
	)
	t.Run("use one", func(t *testing.T) {
		single := redistest.NewSingle(t, redistest.RigOptions{})
		addr = single.Addr()
		folder = single.Node().Do(t, "CONFIG", "GET", "dir").([]any)[1].(string)
	})
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("the server lives on")
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its folder: %v", err)
	}
}

func clusterClient(t *testing.T, cluster *redistest.Cluster, files *redistest.Certificates) *redis.ClusterClient {
	t.Helper()
	options := &redis.ClusterOptions{
		Addrs: cluster.Addrs(), Username: cluster.Options().Username, Password: cluster.Options().Password,
		DialTimeout: 500 * time.Millisecond, ReadTimeout: 500 * time.Millisecond,
	}
	if files != nil {
		var err error
		if options.TLSConfig, err = files.ClientConfig(); err != nil {
			t.Fatal(err)
		}
	}
	client := redis.NewClusterClient(options)
	t.Cleanup(func() { client.Close() })
	return client
}

func failoverClient(t *testing.T, group *redistest.Sentinels) *redis.Client {
	t.Helper()
	o := group.Options()
	options := &redis.FailoverOptions{
		SentinelAddrs: group.Addrs(), MasterName: redistest.MasterName, DialTimeout: 500 * time.Millisecond,
		Username: o.Username, Password: o.Password, SentinelUsername: o.Username, SentinelPassword: o.Password,
	}
	if o.TLS {
		var err error
		if options.TLSConfig, err = group.Certificates().ClientConfig(); err != nil {
			t.Fatal(err)
		}
	}
	client := redis.NewFailoverClient(options)
	t.Cleanup(func() { client.Close() })
	return client
}

func mustSet(t *testing.T, client *redis.ClusterClient, key string) {
	t.Helper()
	eventually(t, func() error { return client.Set(t.Context(), key, "v", 0).Err() })
}

func eventually(t *testing.T, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
