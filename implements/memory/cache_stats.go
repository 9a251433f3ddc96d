package memory

import (
	"context"
	"math/rand/v2"
	"sync/atomic"

	"github.com/maypok86/otter/v2"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// Stats implements interfaces.ICache. Evictions counts what was dropped for
// want of room and what was removed once it had expired.
func (c *Cache) Stats() interfaces.CacheStats {
	return interfaces.CacheStats{
		Hits:      c.counts.hits.sum(),
		Misses:    c.counts.misses.sum(),
		Sets:      c.counts.sets.sum(),
		Deletes:   c.counts.deletes.sum(),
		Errors:    c.counts.errors.sum(),
		Evictions: c.counts.evictions.sum(),
		Size:      int64(c.entries.EstimatedSize()),
	}
}

type cacheCounts struct {
	hits, misses, sets, deletes, errors, evictions counter
}

// deletion is told by otter of each value that is no longer there.
func (c *cacheCounts) deletion(event otter.DeletionEvent[string, entry]) {
	if event.WasEvicted() {
		c.evictions.add(1)
	}
}

// counter is a number that many goroutines add to at once. It is spread over
// several cache lines: on one, two cores that read the cache would spend more
// time on counting than on reading.
type counter [8]struct {
	n atomic.Uint64
	_ [56]byte // the rest of a cache line
}

func (c *counter) add(n int) {
	if n > 0 {
		c[rand.Uint32()%uint32(len(c))].n.Add(uint64(n))
	}
}

func (c *counter) sum() uint64 {
	var sum uint64
	for i := range c {
		sum += c[i].n.Load()
	}

	return sum
}

// cacheLogger hands what otter has to say, which is only of panics that it
// caught, to the site's logger.
type cacheLogger struct{ log interfaces.ILogger }

func (l cacheLogger) Warn(_ context.Context, msg string, err error) { l.log.Warn(msg, "error", err) }

func (l cacheLogger) Error(_ context.Context, msg string, err error) { l.log.Error(msg, "error", err) }
