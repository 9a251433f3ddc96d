package redis

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// maxRounds is how often all masters are scanned while slots move. A key that
// moves from a master not yet scanned to one that was is found in the next
// round; to be missed for good it would have to move so in each of them.
const maxRounds = 5

// scanCluster yields the keys that match pattern on all masters.
func (c *Cache) scanCluster(ctx context.Context, pattern string, seen *seen, yield func(string, error) bool) {
	err := c.rounds(ctx, "scan keys", func(masters []*goredis.Client) (goOn bool, err error) {
		var errs []error
		for _, master := range masters {
			err := c.scanMaster(ctx, "scan keys", master, pattern, func(page []string) error {
				for _, key := range page {
					if seen.add(key) && !yield(key[len(c.prefix):], nil) {
						return errEnough
					}
				}
				return nil
			})
			if errors.Is(err, errEnough) {
				return false, nil
			}
			errs = append(errs, err)
		}
		return true, errors.Join(errs...)
	})
	if err != nil {
		yield("", c.failed(err))
	}
}

// errEnough says that nobody wants more keys.
var errEnough = errors.New("enough")

// deleteInCluster removes the keys that match pattern from all masters, side by
// side.
func (c *Cache) deleteInCluster(ctx context.Context, pattern string) (int, error) {
	const op = "delete pattern"
	var (
		mu      sync.Mutex
		deleted int
	)

	err := c.rounds(ctx, op, func(masters []*goredis.Client) (bool, error) {
		errs := make([]error, len(masters))
		var work sync.WaitGroup
		for i, master := range masters {
			work.Go(func() {
				errs[i] = c.scanMaster(ctx, op, master, pattern, func(page []string) error {
					n, err := c.unlinkAt(ctx, op, master, page)
					mu.Lock()
					defer mu.Unlock()
					deleted += n
					return err
				})
			})
		}
		work.Wait()
		return true, errors.Join(errs...)
	})
	if err != nil {
		err = c.failed(err)
	}
	return deleted, err
}

// rounds has round see to all masters, again for as long as keys may have gone
// from one to another meanwhile. It returns the error of the last round.
func (c *Cache) rounds(ctx context.Context, op string, round func([]*goredis.Client) (goOn bool, err error)) error {
	if err := c.connection.admit(ctx, op); err != nil {
		return err
	}
	err := c.turns(ctx, op, round)

	// Of several calls the one that was not begun any more knows nothing of
	// those before it, which the servers have left without an answer.
	if cause := ctx.Err(); err != nil && errors.Is(cause, context.DeadlineExceeded) && !errors.Is(err, interfaces.ErrUnavailable) {
		return c.connection.settings.ended(op, cause, true)
	}
	return err
}

func (c *Cache) turns(ctx context.Context, op string, round func([]*goredis.Client) (goOn bool, err error)) error {
	for turn := 1; ; turn++ {
		masters, err := c.connection.masters(ctx, op)
		if err != nil {
			return err
		}
		before := c.connection.layout(ctx, masters)
		goOn, err := round(masters)
		if !goOn || turn == maxRounds || ctx.Err() != nil || c.connection.closed.Load() {
			return err
		}
		masters, changed := c.connection.masters(ctx, op)
		if changed != nil {
			return errors.Join(err, changed)
		}
		after := c.connection.layout(ctx, masters)
		if after == before && !strings.Contains(after, slotOnItsWay) {
			return err
		}
	}
}

// scanMaster hands the keys of one master that match pattern to see, in full
// and page by page. Keys may come twice.
func (c *Cache) scanMaster(ctx context.Context, op string, master *goredis.Client, pattern string, see func(page []string) error) error {
	for page, err := range c.pagesOf(ctx, op, pattern, func(goredis.UniversalClient) goredis.Cmdable { return master }) {
		if err != nil {
			return err
		}
		if err := see(page); err != nil {
			return err
		}
	}
	return nil
}

// slotOnItsWay is how CLUSTER NODES begins to tell of one.
const slotOnItsWay = "["

// layout describes which slots the masters have, and give and take. Of a
// master that does not tell it knows nothing.
func (c *connection) layout(ctx context.Context, masters []*goredis.Client) string {
	lines := make([]string, len(masters))
	var work sync.WaitGroup
	for i, master := range masters {
		work.Go(func() {
			lines[i] = master.Options().Addr
			text := ""
			err := c.do(ctx, "cluster nodes", true, func(ctx context.Context, _ goredis.UniversalClient) (err error) {
				text, err = master.ClusterNodes(ctx).Result()
				return err
			})
			if err == nil {
				lines[i] += " " + ownSlots(text)
			}
		})
	}
	work.Wait()
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// ownSlots returns what a node says of its own slots.
func ownSlots(text string) string {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) > 8 && strings.Contains(fields[2], "myself") {
			return strings.Join(fields[8:], " ")
		}
	}
	return ""
}
