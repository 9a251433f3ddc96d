package redis

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/implements/internal/queues"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// GetDepth implements interfaces.IQueueInspector.
func (s *QueueSite) GetDepth(ctx context.Context, name string) (interfaces.QueueDepth, error) {
	if err := queues.CheckName(name); err != nil {
		return interfaces.QueueDepth{}, err
	}
	answer, err := s.run(ctx, fmt.Sprintf("depth of queue %q", name), true, queueDepth, keysOf(name).inspected(), queueGroup)
	if err != nil {
		return interfaces.QueueDepth{}, err
	}
	list, _ := answer.([]any)
	var counts [4]int
	for i := range min(len(list), len(counts)) {
		n, _ := list[i].(int64)
		counts[i] = int(n)
	}
	return interfaces.QueueDepth{Waiting: counts[0], InFlight: counts[1], Delayed: counts[2], Dead: counts[3]}, nil
}

// lettersAtOnce is how many dead letters a listing reads in one call.
const lettersAtOnce = 20

// ListDead implements interfaces.IQueueInspector. It keeps the IDs of all dead
// letters, about 60 bytes each, while it yields.
func (s *QueueSite) ListDead(ctx context.Context, name string) iter.Seq2[interfaces.DeadLetter, error] {
	return func(yield func(interfaces.DeadLetter, error) bool) {
		if err := s.listDead(ctx, name, yield); err != nil {
			yield(interfaces.DeadLetter{}, err)
		}
	}
}

func (s *QueueSite) listDead(ctx context.Context, name string, yield func(interfaces.DeadLetter, error) bool) error {
	if err := queues.CheckName(name); err != nil {
		return err
	}
	keys := keysOf(name)
	op := fmt.Sprintf("list dead letters of queue %q", name)
	ids := new([]string)
	err := s.conn.do(ctx, op, true, func(ctx context.Context, client goredis.UniversalClient) error {
		got, err := client.ZRange(ctx, keys.dead, 0, -1).Result()
		*ids = got
		return err
	})
	if err != nil {
		return err
	}
	for page := range slices.Chunk(*ids, lettersAtOnce) {
		letters := new([]any)
		err := s.conn.do(ctx, op, true, func(ctx context.Context, client goredis.UniversalClient) error {
			got, err := client.HMGet(ctx, keys.letters, page...).Result()
			*letters = got
			return err
		})
		if err != nil {
			return err
		}
		for i, letter := range *letters {
			text, ok := letter.(string)
			if !ok {
				continue // removed meanwhile
			}
			d, err := parseLetter(page[i], text)
			if err != nil {
				return fmt.Errorf("%s: %w", op, err)
			}
			if !yield(d, nil) {
				return nil
			}
		}
	}
	return nil
}

// parseLetter reads a dead letter: attempts, times of production and death in
// ms, the size of the reason, the reason and the body.
func parseLetter(id, text string) (interfaces.DeadLetter, error) {
	parts := strings.SplitN(text, " ", 5)
	if len(parts) == 5 {
		attempts, err1 := strconv.Atoi(parts[0])
		size, err2 := strconv.Atoi(parts[3])
		if err1 == nil && err2 == nil && size >= 0 && size <= len(parts[4]) {
			return interfaces.DeadLetter{
				Message: interfaces.Message{
					ID: id, Body: []byte(parts[4][size:]), Attempt: attempts, Time: millis(parts[1]),
				},
				Reason: parts[4][:size], Died: millis(parts[2]),
			}, nil
		}
	}
	return interfaces.DeadLetter{}, fmt.Errorf("dead letter %q is not as it was written: %w", id, interfaces.ErrInvalid)
}

// RestoreDead implements interfaces.IQueueInspector.
func (s *QueueSite) RestoreDead(ctx context.Context, name string, ids ...string) (int, error) {
	op := fmt.Sprintf("restore dead letters of queue %q", name)
	keys := keysOf(name)
	n, err := s.removeDead(ctx, op, name, queueRestore,
		[]string{keys.stream, keys.delayed, keys.dead, keys.letters}, []any{s.settings.MaxLength}, ids)
	if n < 0 {
		return 0, fmt.Errorf("%s: %w", op, interfaces.ErrFull)
	}
	return n, err
}

// DiscardDead implements interfaces.IQueueInspector.
func (s *QueueSite) DiscardDead(ctx context.Context, name string, ids ...string) (int, error) {
	keys := keysOf(name)
	return s.removeDead(ctx, fmt.Sprintf("discard dead letters of queue %q", name), name, queueDiscard,
		[]string{keys.dead, keys.letters}, nil, ids)
}

func (s *QueueSite) removeDead(
	ctx context.Context, op, name string, script *goredis.Script, keys []string, args []any, ids []string,
) (int, error) {
	if err := queues.CheckName(name); err != nil {
		return 0, err
	}
	if len(ids) == 0 {
		return 0, nil
	}
	for _, id := range ids {
		args = append(args, id)
	}
	// Not again when the reply was lost: it would find nothing and say 0.
	answer, err := s.run(ctx, op, false, script, keys, args...)
	n, _ := answer.(int64)
	return int(n), err
}
