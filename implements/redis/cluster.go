package redis

import (
	"context"
	"errors"
	"fmt"
	"sync"

	goredis "github.com/redis/go-redis/v9"
)

// clustered tells whether the servers are a Redis Cluster, in which a command
// may be about the keys of one slot only.
func (c *connection) clustered() bool { return c.settings.mode == modeCluster }

// masters returns a client for each master of the cluster, as of now.
func (c *connection) masters(ctx context.Context, op string) ([]*goredis.Client, error) {
	var (
		mu      sync.Mutex
		masters []*goredis.Client
	)
	err := c.do(ctx, op, true, func(ctx context.Context, client goredis.UniversalClient) error {
		masters = masters[:0]
		err := client.(*goredis.ClusterClient).ForEachMaster(ctx, func(_ context.Context, master *goredis.Client) error {
			mu.Lock()
			defer mu.Unlock()
			masters = append(masters, master)
			return nil
		})
		if err == nil {
			err = ctx.Err() // go-redis gives what it knew before if nobody answers
		}
		return err
	})
	return masters, err
}

// checkMasters asks all masters, and joins what is wrong with each.
func (c *connection) checkMasters(ctx context.Context) error {
	const op = "check health"
	masters, err := c.masters(ctx, op)
	if err != nil {
		return err
	}
	errs := make([]error, len(masters))
	var work sync.WaitGroup

	for i, master := range masters {
		work.Go(func() {
			errs[i] = c.do(ctx, op, true, func(ctx context.Context, _ goredis.UniversalClient) error {
				err := master.Ping(ctx).Err()
				if classify(err) == invalid && !isRefused(err) {
					return nil // whoever may not PING is answered all the same
				}
				return err
			})
		})
	}
	work.Wait()
	return errors.Join(errs...)
}

// isRefused tells whether the breaker of a node has answered in its place.
func isRefused(err error) bool {
	var node *nodeError
	return errors.As(err, &node) && node.refused
}

// each makes one command for each of n things, 0 to n-1, in pipelines that
// go-redis splits by node, and hands those that were answered to done. What
// done returns, and what became of the others, is joined to one error.
//
// What is idempotent is tried again as do does it, without what was answered.
func (c *connection) each(
	ctx context.Context, op string, idempotent bool, n int,
	command func(ctx context.Context, i int) goredis.Cmder, done func(i int, command goredis.Cmder) error,
) error {
	if err := c.admit(ctx, op); err != nil {
		return err
	}
	pending := make([]int, n)
	for i := range pending {
		pending[i] = i
	}
	var failed tally

	for attempt := 0; ; attempt++ {
		commands := c.exchange(ctx, pending, command)
		again := pending[:0]
		var last tally
		for j := range commands {
			err := commands[j].Err()
			kind := classify(err)
			if kind == elsewhere {
				c.reload()
			}
			switch {
			case kind == answered, kind == invalid && !isRefused(err):
				failed.add(c.settings.explain(op, done(pending[j], commands[j].Cmder)))
			case over(ctx, kind) == nil && c.repeatable(kind, idempotent):
				again = append(again, pending[j])
				last.add(c.settings.explain(op, err))
			default:
				failed.add(c.verdict(ctx, op, kind, err))
			}
		}

		pending = again
		if len(pending) == 0 {
			return failed.join()
		}
		if attempt >= c.settings.MaxRetries || !c.backOff(ctx, attempt) {
			return errors.Join(failed.join(), last.join())
		}
		if err := c.admitAgain(ctx, op, last.join()); err != nil {
			return errors.Join(failed.join(), err)
		}
	}
}

func (c *connection) exchange(
	ctx context.Context, pending []int, command func(ctx context.Context, i int) goredis.Cmder,
) []settled {
	commands := make([]settled, len(pending))
	_ = c.run(ctx, func(ctx context.Context, client goredis.UniversalClient) error {
		pipeline := client.Pipeline()
		for j, i := range pending {
			commands[j].Cmder = command(ctx, i)
			_ = pipeline.Process(ctx, &commands[j]) // it is not sent yet
		}
		_, err := pipeline.Exec(ctx) // each command has its own error
		return err
	})
	return commands
}

// settled is a command that keeps the answer of its node. When another node
// could not be connected to before the context ended, go-redis gives all
// commands of a pipeline that error, those that were answered too.
type settled struct {
	goredis.Cmder

	answered bool
}

// SetErr implements goredis.Cmder.
func (s *settled) SetErr(err error) {
	kind := classify(err)
	final := kind == answered || kind == invalid || kind == unable
	if final || !s.answered {
		s.answered = final
		s.Cmder.SetErr(err)
	}
}

// verdict is the error of a command that is not tried again.
func (c *connection) verdict(ctx context.Context, op string, kind failure, err error) error {
	if c.closed.Load() {
		return c.shut(op)
	}
	if cause := over(ctx, kind); cause != nil {
		return c.settings.ended(op, cause, true)
	}
	return c.settings.explain(op, err)
}

// tally joins errors, of which there are many that say the same.
type tally struct {
	errs   []error
	counts map[string]int
}

func (t *tally) add(err error) {
	if err == nil {
		return
	}
	if t.counts == nil {
		t.counts = map[string]int{}
	}
	text := err.Error()
	if t.counts[text]++; t.counts[text] == 1 {
		t.errs = append(t.errs, err)
	}
}

func (t *tally) join() error {
	joined := make([]error, len(t.errs))
	for i, err := range t.errs {
		joined[i] = err
		if n := t.counts[err.Error()]; n > 1 {
			joined[i] = fmt.Errorf("%w (and %d more)", err, n-1)
		}
	}
	return errors.Join(joined...)
}
