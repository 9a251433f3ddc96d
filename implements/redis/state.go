package redis

import (
	"cmp"
	"iter"
	"slices"
)

// Connections counts the connections of this component and of those that it
// shares them with: those in use, and those that wait for it. Connections for
// calls that wait at a server, and those that only ask whether it is there, are
// not counted.
func (c *Cache) Connections() (used, idle int) {
	stats := c.connection.client.PoolStats()
	return int(stats.TotalConns) - int(stats.IdleConns), int(stats.IdleConns)
}

// Servers yields the servers, and whether each is in order as far as is known:
// calls are let through to those that are. Of a Cluster they are the nodes that
// were connected to, else it is the one that the cache is on.
func (c *Cache) Servers() iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		if !c.connection.clustered() {
			yield(c.connection.settings.place(), c.connection.outage.Load() == nil)
			return
		}
		nodes := c.connection.nodes.all()
		slices.SortFunc(nodes, func(a, b *node) int { return cmp.Compare(a.addr, b.addr) })
		for _, of := range nodes {
			if !yield(of.addr, of.outage.Load() == nil) {
				return
			}
		}
	}
}
