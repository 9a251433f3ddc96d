package redis

import (
	"sync/atomic"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// counts are what a cache has done. They share a cache line or two: a round
// trip to the server costs a thousand times what a contended counter does.
type counts struct {
	hits, misses, sets, deletes, errors atomic.Uint64
}

func (c *counts) stats() interfaces.CacheStats {
	return interfaces.CacheStats{
		Hits:    c.hits.Load(),
		Misses:  c.misses.Load(),
		Sets:    c.sets.Load(),
		Deletes: c.deletes.Load(),
		Errors:  c.errors.Load(),
		Size:    -1,
	}
}
