package memory

import (
	"context"
	"sync/atomic"
	"unsafe"

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
	_ [64]byte // apart from what is read with every call

	hits, misses, sets, deletes, errors, evictions counter
}

// deletion is told by otter of each value that is no longer there.
func (c *cacheCounts) deletion(event otter.DeletionEvent[string, entry]) {
	if event.WasEvicted() {
		c.evictions.add(1)
	}
}

// counter is a number that many goroutines add to at once. It is spread over
// several cache lines, of which a goroutine keeps to one for a while: two cores
// that share a line spend more time on counting than on reading the cache.
type counter [stripes]struct {
	n atomic.Uint64
	_ [56]byte // the rest of a cache line
}

const (
	stripes    = 1 << stripeBits
	stripeBits = 3
)

func (c *counter) add(n int) {
	if n > 0 {
		c[stripe()].n.Add(uint64(n))
	}
}

// stripe returns a number below stripes that goroutines running at the same
// time are unlikely to share. It comes from where the caller's stack is; the
// address is never followed.
func stripe() uint64 {
	var here byte
	const (
		leastStack = 11                    // in bits: stacks are not closer to each other
		golden     = 0x9e37_79b9_7f4a_7c15 // 2^64 over the golden ratio: it spreads what differs in any bits
	)
	return uint64(uintptr(unsafe.Pointer(&here))>>leastStack) * golden >> (64 - stripeBits)
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
