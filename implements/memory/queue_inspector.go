package memory

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/fivcglue/fivcglue-go/implements/internal/queues"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// GetDepth implements interfaces.IQueueInspector.
func (s *QueueSite) GetDepth(ctx context.Context, name string) (interfaces.QueueDepth, error) {
	var depth interfaces.QueueDepth
	err := s.inspect(ctx, name, func(q *queue) {
		depth.Waiting = q.waiting.size
		depth.Delayed = len(q.delayed)
		depth.InFlight = q.held - depth.Waiting - depth.Delayed
		depth.Dead = len(q.dead)
	})
	return depth, err
}

// ListDead implements interfaces.IQueueInspector.
func (s *QueueSite) ListDead(ctx context.Context, name string) iter.Seq2[interfaces.DeadLetter, error] {
	return func(yield func(interfaces.DeadLetter, error) bool) {
		var dead []deadLetter
		if err := s.inspect(ctx, name, func(q *queue) { dead = q.dead }); err != nil {
			yield(interfaces.DeadLetter{}, err)
			return
		}
		for _, d := range dead {
			if err := ctx.Err(); err != nil {
				yield(interfaces.DeadLetter{}, err)
				return
			}
			if !yield(interfaces.DeadLetter{Message: d.message(), Reason: d.reason, Died: d.died}, nil) {
				return
			}
		}
	}
}

// RestoreDead implements interfaces.IQueueInspector.
func (s *QueueSite) RestoreDead(ctx context.Context, name string, ids ...string) (int, error) {
	var err error
	n, inspectErr := s.removeDead(ctx, name, ids, func(q *queue, found []deadLetter) bool {
		if len(found) > q.settings.MaxLength-q.held {
			err = fmt.Errorf("restore %d dead letters of queue %q: %w", len(found), name, interfaces.ErrFull)
			return false
		}
		for _, d := range found {
			q.lastID++
			q.held++
			q.waiting.push(queued{body: d.body, time: d.time, id: q.lastID})
		}
		q.wake.Broadcast()
		return true
	})
	if inspectErr != nil {
		err = inspectErr
	}
	return n, err
}

// DiscardDead implements interfaces.IQueueInspector.
func (s *QueueSite) DiscardDead(ctx context.Context, name string, ids ...string) (int, error) {
	return s.removeDead(ctx, name, ids, func(*queue, []deadLetter) bool { return true })
}

// removeDead takes those of ids that are there off the dead letters, if agree
// says so, and returns how many that are.
func (s *QueueSite) removeDead(ctx context.Context, name string, ids []string, agree func(*queue, []deadLetter) bool) (int, error) {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	removed := 0
	err := s.inspect(ctx, name, func(q *queue) {
		var found, kept []deadLetter
		for _, d := range q.dead {
			if wanted[strconv.FormatUint(d.id, 10)] {
				found = append(found, d)
			} else {
				kept = append(kept, d)
			}
		}
		if len(found) > 0 && agree(q, found) {
			// Not in place: somebody may be listing what there was.
			q.dead = slices.Clip(kept)
			removed = len(found)
		}
	})
	if removed > 0 {
		s.reclaim(name)
	}
	return removed, err
}

func (s *QueueSite) inspect(ctx context.Context, name string, f func(q *queue)) error {
	if err := queues.CheckName(name); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.look(name, func(q *queue) {
		if q != nil {
			f(q)
		}
	})
}
