package redistest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// slotRange is the slots from first to last.
type slotRange struct{ first, last int }

// viewEntry is what one node thinks of one node.
type viewEntry struct {
	id, addr  string
	flags     []string
	masterID  string
	connected bool
	slots     []slotRange
	moving    bool // one of its slots is on its way
}

func (e *viewEntry) master() bool { return slices.Contains(e.flags, "master") }

// doubtful tells whether the node is not known well, or thought to have failed.
func (e *viewEntry) doubtful() bool {
	for _, flag := range []string{"fail", "fail?", "handshake", "noaddr"} {
		if slices.Contains(e.flags, flag) {
			return true
		}
	}
	return !e.connected
}

// view is what one node thinks of the cluster, in the order of the ids.
type view []viewEntry

func (v view) at(addr string) *viewEntry {
	for i := range v {
		if v[i].addr == addr {
			return &v[i]
		}
	}
	return nil
}

// roles describes who is what and holds which slots, to compare views.
func (v view) roles() string {
	var text strings.Builder
	for _, e := range v {
		if e.master() {
			fmt.Fprintf(&text, "%s %v;", e.addr, e.slots)
		} else {
			fmt.Fprintf(&text, "%s follows %s;", e.addr, e.masterID)
		}
	}
	return text.String()
}

// shard is a master and its replicas that run.
type shard struct {
	node     *Node
	slots    []slotRange
	replicas []*Node
}

func (s shard) has(slot int) bool {
	return slices.ContainsFunc(s.slots, func(r slotRange) bool { return r.first <= slot && slot <= r.last })
}

// shape waits until the nodes that run agree, and returns the shards by their
// first slot.
func (c *Cluster) shape(t testing.TB) []shard {
	t.Helper()
	var agreed view
	c.await(t, func(ctx context.Context) error {
		views, err := c.views(ctx)
		if err != nil {
			return err
		}
		for _, agreed = range views {
			break
		}
		return c.agreed(ctx, views)
	})
	var shards []shard

	for _, e := range agreed {
		if e.master() && len(e.slots) > 0 {
			shards = append(shards, shard{node: c.at(e.addr), slots: e.slots, replicas: c.replicasOf(agreed, e.id)})
		}
	}
	slices.SortFunc(shards, func(a, b shard) int { return cmp.Compare(a.slots[0].first, b.slots[0].first) })
	return shards
}

// await asks until there is no error; the test fails if that takes too long.
func (c *Cluster) await(t testing.TB, ask func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), clusterPatience)
	defer cancel()
	if ask(ctx) == nil {
		return
	}
	if err := c.hurry(ctx, func() error { return ask(ctx) }); err != nil {
		t.Fatalf("waiting for the cluster: %v\n%s", err, c.logs())
	}
}

// views asks each node that runs.
func (c *Cluster) views(ctx context.Context) (map[*Node]view, error) {
	views := make(map[*Node]view)
	for _, n := range c.nodes {
		if !n.up() {
			continue
		}
		text, err := n.client.ClusterNodes(ctx).Result()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.name, err)
		}
		if views[n], err = parseView(text); err != nil {
			return nil, fmt.Errorf("%s: %w", n.name, err)
		}
	}
	if len(views) == 0 {
		return nil, errors.New("no node runs")
	}
	return views, nil
}

// agreed tells why the nodes that run do not see the same cluster, in which
// every slot is held.
func (c *Cluster) agreed(ctx context.Context, views map[*Node]view) error {
	roles := ""
	for n, v := range views {
		if roles == "" {
			roles = v.roles()
		}
		if v.roles() != roles {
			return fmt.Errorf("%s sees another cluster than the others", n.name)
		}
		if held := v.held(); held != clusterSlots {
			return fmt.Errorf("%s: %d slots are held", n.name, held)
		}

		info, err := n.client.ClusterInfo(ctx).Result()
		if err != nil {
			return err
		}
		if !strings.Contains(info, "cluster_state:ok") {
			return fmt.Errorf("%s says that the cluster is not well", n.name)
		}
	}
	return nil
}

// whole tells why the cluster is not as it was when it was made.
func (c *Cluster) whole(ctx context.Context) error {
	views, err := c.views(ctx)
	if err != nil {
		return err
	}
	if len(views) != len(c.nodes) {
		return fmt.Errorf("%d nodes run", len(views))
	}

	for n, v := range views {
		masters := 0
		for i := range v {
			if v[i].doubtful() {
				return fmt.Errorf("%s doubts %s: %v", n.name, v[i].addr, v[i].flags)
			}
			if v[i].master() && len(v[i].slots) > 0 {
				masters++
			}
		}
		if len(v) != len(c.nodes) || masters != clusterMasters {
			return fmt.Errorf("%s knows %d nodes and %d masters", n.name, len(v), masters)
		}
		if err := replicaReady(ctx, n.client); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
	}
	return c.agreed(ctx, views)
}

func (v view) held() int {
	held := 0
	for _, e := range v {
		if slices.Contains(e.flags, "fail") {
			continue // what it holds, nobody serves
		}
		for _, r := range e.slots {
			held += r.last - r.first + 1
		}
	}
	return held
}

func (c *Cluster) at(addr string) *Node {
	for _, n := range c.nodes {
		if n.Addr() == addr {
			return n
		}
	}
	return nil
}

func (c *Cluster) replicasOf(v view, id string) []*Node {
	var replicas []*Node
	for _, e := range v {
		if n := c.at(e.addr); e.masterID == id && n.up() {
			replicas = append(replicas, n)
		}
	}
	return replicas
}

// parseView reads what CLUSTER NODES answers.
func parseView(text string) (view, error) {
	var v view
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 8 {
			return nil, fmt.Errorf("not a line of CLUSTER NODES: %q", line)
		}

		addr, _, _ := strings.Cut(fields[1], "@")
		e := viewEntry{
			id: fields[0], addr: addr, flags: strings.Split(fields[2], ","), masterID: fields[3],
			connected: fields[7] == "connected" || strings.Contains(fields[2], "myself"),
		}

		for _, slots := range fields[8:] {
			if strings.HasPrefix(slots, "[") {
				e.moving = true
				continue
			}

			first, last, ok := strings.Cut(slots, "-")
			if !ok {
				last = first
			}
			from, err1 := strconv.Atoi(first)
			to, err2 := strconv.Atoi(last)
			if err := errors.Join(err1, err2); err != nil {
				return nil, err
			}
			e.slots = append(e.slots, slotRange{from, to})
		}
		v = append(v, e)
	}
	slices.SortFunc(v, func(a, b viewEntry) int { return cmp.Compare(a.id, b.id) })
	return v, nil
}
