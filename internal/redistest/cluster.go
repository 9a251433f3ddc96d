package redistest

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	clusterMasters = 3
	clusterSlots   = 16384

	// clusterPatience is how long a Cluster may take to agree on something.
	clusterPatience = 30 * time.Second

	// quick is after how much silence a node is replaced where a test waits for
	// that, and calm is so much that a machine that stands still for a moment
	// has nothing replaced that no test has touched.
	quick = time.Second
	calm  = 10 * time.Second
)

// Cluster is a Redis Cluster of six nodes, three of them masters with a replica
// each. A node that is silent is replaced by its replica, a second after a test
// waits for that.
type Cluster struct{ rig }

// NewCluster starts a Cluster for this test alone. That takes some three
// seconds: see SharedCluster.
func NewCluster(t testing.TB, options RigOptions) *Cluster {
	t.Helper()
	c := build(t, func() (*Cluster, error) { return startCluster(t, options) })
	t.Cleanup(c.close)
	return c
}

// Addrs returns the addresses of all nodes.
func (c *Cluster) Addrs() []string {
	addrs := make([]string, len(c.nodes))
	for i, n := range c.nodes {
		addrs[i] = n.Addr()
	}
	return addrs
}

// Nodes returns all nodes.
func (c *Cluster) Nodes() []*Node { return c.nodes }

// Masters returns the nodes that are masters now, by their first slot.
func (c *Cluster) Masters(t testing.TB) []*Node {
	t.Helper()
	shape := c.shape(t)
	masters := make([]*Node, len(shape))
	for i, m := range shape {
		masters[i] = m.node
	}
	return masters
}

// Replica returns a replica of master that runs.
func (c *Cluster) Replica(t testing.TB, master *Node) *Node {
	t.Helper()
	for _, m := range c.shape(t) {
		if m.node == master && len(m.replicas) > 0 {
			return m.replicas[0]
		}
	}
	t.Fatalf("%s has no replica", master.name)
	return nil
}

// Owner returns the master that holds key now.
func (c *Cluster) Owner(t testing.TB, key string) *Node {
	t.Helper()
	slot := Slot(key)
	for _, m := range c.shape(t) {
		if m.has(slot) {
			return m.node
		}
	}
	t.Fatalf("nobody holds slot %d", slot)
	return nil
}

// Fail has the replica of master take over, as CLUSTER FAILOVER does it, and
// waits until all nodes know. It returns the new master.
func (c *Cluster) Fail(t testing.TB, master *Node) *Node {
	t.Helper()
	replica := c.Replica(t, master)
	// It is refused while the two have no link, and given up when it takes too
	// long: then it is asked for again.
	var asked time.Time
	c.await(t, func(ctx context.Context) error {
		err := c.knownAsMaster(ctx, replica)
		if err == nil || time.Since(asked) < 6*time.Second {
			return err
		}
		err = replica.client.Do(ctx, "CLUSTER", "FAILOVER").Err()
		if err == nil {
			asked = time.Now()
			err = fmt.Errorf("%s has been asked to take over", replica.name)
		}
		return err
	})
	return replica
}

// AwaitMaster waits until node is a master in the eyes of all nodes that run.
func (c *Cluster) AwaitMaster(t testing.TB, node *Node) {
	t.Helper()
	c.await(t, func(ctx context.Context) error { return c.knownAsMaster(ctx, node) })
}

// knownAsMaster tells why node is no master in the eyes of all nodes that run.
func (c *Cluster) knownAsMaster(ctx context.Context, node *Node) error {
	views, err := c.views(ctx)
	if err != nil {
		return err
	}
	for from, view := range views {
		if e := view.at(node.Addr()); e == nil || !e.master() || len(e.slots) == 0 {
			return fmt.Errorf("%s does not know %s as a master", from.name, node.name)
		}
	}
	return c.agreed(ctx, views)
}

// Isolate cuts a master off from all other nodes, while clients still reach all
// of them, until Heal. The options must have asked for Proxies and BusProxies,
// and not for TLS.
func (c *Cluster) Isolate(t testing.TB, master *Node) {
	t.Helper()
	if master.proxy == nil || master.bus == nil || c.files != nil {
		t.Fatal("only a cluster with proxies for clients and nodes, and without TLS, can be parted")
	}
	id := master.Do(t, "CLUSTER", "MYID").(string)
	for _, n := range c.nodes {
		if n == master {
			n.bus.Part(func([]byte) bool { return true })
		} else {
			n.bus.Part(func(opening []byte) bool { return busSender(opening) == id })
		}
	}
	master.part()
}

// busSender returns the id of the node that began a connection of the bus: it
// stands in the head of each message.
func busSender(opening []byte) string {
	const begin, end = 40, 80
	if len(opening) < end {
		return ""
	}
	return string(opening[begin:end])
}

// Heal starts and thaws all nodes, ends what was begun, and waits until all
// nodes agree that three masters with a replica each hold all slots.
func (c *Cluster) Heal(t testing.TB) {
	t.Helper()
	if err := c.heal(); err != nil {
		t.Fatalf("the cluster does not heal: %v\n%s", err, c.logs())
	}
}

// Flush empties all nodes.
func (c *Cluster) Flush(t testing.TB) {
	t.Helper()
	for _, n := range c.Masters(t) {
		n.Do(t, "FLUSHALL")
	}
}

func (c *Cluster) heal() error {
	if err := c.start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), clusterPatience)
	defer cancel()
	if err := c.settleMoves(ctx); err != nil {
		return err
	}
	return c.hurry(ctx, func() error { return c.whole(ctx) })
}

// hurry asks until there is no error. Meanwhile the nodes are quick to find out
// who is there and who is not, also those that are apart; after that the ones
// that are together are calm.
func (c *Cluster) hurry(ctx context.Context, ask func() error) error {
	if err := c.bear(ctx, quick); err != nil {
		return err
	}
	if err := until(ctx, ask); err != nil {
		return err
	}
	return c.bear(ctx, calm)
}

// bear sets for how long a node may be silent.
func (c *Cluster) bear(ctx context.Context, silence time.Duration) error {
	for _, n := range c.nodes {
		if n.proc == nil || n.frozen || n.apart && silence == calm {
			continue
		}
		if err := n.client.ConfigSet(ctx, "cluster-node-timeout", strconv.FormatInt(silence.Milliseconds(), 10)).Err(); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
	}
	return nil
}

// reset gives a shared cluster to the next test.
func (c *Cluster) reset() error {
	if err := c.heal(); err != nil {
		return err
	}
	for _, n := range c.nodes {
		// A replica follows its master.
		if err := n.flushAll(); err != nil && !redis.IsReadOnlyError(err) {
			return err
		}
	}
	return nil
}

func startCluster(t testing.TB, options RigOptions) (*Cluster, error) {
	c := &Cluster{}
	if err := c.init(options); err != nil {
		return c, err
	}
	bus := make(map[*Node]int)

	for i := range 2 * clusterMasters {
		port, err := claimFreePort()
		if err != nil {
			return c, err
		}
		n, err := c.newNode(t, "node"+strconv.Itoa(i), func(n *Node) []string {
			n.busPort = port
			return append(c.clusterLines(n), c.data()...)
		})
		if err != nil {
			return c, err
		}
		bus[n] = port.number
		if !options.BusProxies {
			continue
		}
		if n.bus, err = newProxy(port.addr()); err != nil {
			return c, err
		}
		bus[n] = n.bus.port.number
		n.config = append(n.config, "cluster-announce-bus-port "+strconv.Itoa(bus[n]))
	}
	if err := c.start(); err != nil {
		return c, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), clusterPatience)
	defer cancel()
	if err := c.form(ctx, bus); err != nil {
		return c, fmt.Errorf("forming a cluster: %w\n%s", err, c.logs())
	}
	return c, nil
}

func (c *Cluster) clusterLines(n *Node) []string {
	lines := []string{
		"cluster-enabled yes",
		"cluster-port " + strconv.Itoa(n.busPort.number),
		"cluster-announce-ip 127.0.0.1",
		"cluster-node-timeout " + strconv.FormatInt(quick.Milliseconds(), 10),
		"cluster-replica-validity-factor 0",  // a replica takes over however old it is
		"cluster-allow-replica-migration no", // three pairs stay three pairs
	}
	if c.files != nil {
		lines = append(lines, "tls-cluster yes")
	}

	if n.proxy != nil {
		key := "cluster-announce-port "
		if c.files != nil {
			key = "cluster-announce-tls-port "
		}
		lines = append(lines, key+strconv.Itoa(n.proxy.port.number))
	}
	return lines
}

// form makes a cluster of nodes that run.
func (c *Cluster) form(ctx context.Context, bus map[*Node]int) error {
	for i, n := range c.nodes {
		if err := n.client.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err(); err != nil {
			return err
		}
		if i < clusterMasters {
			first, last := i*clusterSlots/clusterMasters, (i+1)*clusterSlots/clusterMasters-1
			if err := n.client.ClusterAddSlotsRange(ctx, first, last).Err(); err != nil {
				return err
			}
		}
	}

	// Each meets each: waiting for them to gossip takes seconds.
	for i, n := range c.nodes {
		for _, other := range c.nodes[i+1:] {
			if err := n.client.Do(ctx, "CLUSTER", "MEET", "127.0.0.1", other.port.number, bus[other]).Err(); err != nil {
				return err
			}
		}
	}
	var work sync.WaitGroup
	errs := make(chan error, clusterMasters)

	for i, n := range c.nodes[clusterMasters:] {
		work.Go(func() {
			id, err := c.nodes[i].client.ClusterMyID(ctx).Result()
			if err == nil {
				err = until(ctx, func() error { return n.client.ClusterReplicate(ctx, id).Err() })
			}
			errs <- err
		})
	}
	work.Wait()

	for range clusterMasters {
		if err := <-errs; err != nil {
			return err
		}
	}
	return c.hurry(ctx, func() error { return c.whole(ctx) })
}
