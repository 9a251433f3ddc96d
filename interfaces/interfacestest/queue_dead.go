package interfacestest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var queueDeadChecks = []queueCheck{
	{
		name: "depth", promise: "GetDepth counts what waits, what is in flight, delayed and dead",
		needs: needsInspector,
		run: func(ctx context.Context, k *queueKit) {
			inspector := k.Site.(interfaces.IQueueInspector)
			want := func(when string, depth interfaces.QueueDepth) {
				k.wantDepth(ctx, inspector, fmt.Sprintf("%s, which should be %+v,", when, depth), func(d interfaces.QueueDepth) bool { return d == depth })
			}
			want("of a queue that nobody has used", interfaces.QueueDepth{})
			k.produce(ctx, "one", "two", "three")
			want("with 3 messages", interfaces.QueueDepth{Waiting: 3})
			release, open := k.gate()
			c := k.consume(ctx, k.Site, func(context.Context, interfaces.Message) error {
				<-release
				return nil
			})
			for range min(3, k.Concurrency) {
				k.next(c, "a message")
			}
			k.wantDepth(ctx, inspector, "with handlers at work", func(d interfaces.QueueDepth) bool {
				return d.InFlight >= min(3, k.Concurrency) && d.InFlight+d.Waiting == 3
			})
			open()
			want("after all were acknowledged", interfaces.QueueDepth{})
			k.stop(c)
			if needsDelay(k.QueueHarness) == "" {
				if err := k.producer().(interfaces.IDelayedProducer).ProduceAfter(ctx, time.Hour, []byte("later")); err != nil {
					k.Fatalf("ProduceAfter: %w", err)
				}
				want("with a delayed message", interfaces.QueueDepth{Delayed: 1})
			}
		},
	},
	{
		name: "dead letters", promise: "a message that was given up on is among the dead letters, with its attempts and the reason",
		needs: needsInspector,
		run: func(ctx context.Context, k *queueKit) {
			inspector := k.Site.(interfaces.IQueueInspector)
			began := time.Now()
			const bad = "bad \x00\xff\r\n %s"
			m := k.giveUp(ctx, bad, func() error { return fmt.Errorf("the reason: %s", strings.Repeat("é", 5_000)) })
			dead := k.listDead(ctx)
			if len(dead) != 1 {
				k.Fatalf("there are %d dead letters, want 1", len(dead))
			}
			d := dead[0]
			if d.ID != m.ID || string(d.Body) != bad || d.Attempt != k.MaxAttempts || !d.Time.Equal(m.Time) {
				k.Errorf("the dead letter is %q %q after %d attempts, produced %v; want %q %q after %d, produced %v",
					d.ID, d.Body, d.Attempt, d.Time, m.ID, bad, k.MaxAttempts, m.Time)
			}
			if !strings.HasPrefix(d.Reason, "the reason: ") || len(d.Reason) > 10_000 {
				k.Errorf("the reason of a dead letter is %s, want the beginning of the handler's error", short(d.Reason))
			}
			if off := d.Died.Sub(began); off < -time.Minute || off > time.Minute {
				k.Errorf("a dead letter has died %v, which is %v from when it was produced", d.Died, off)
			}
			k.giveUp(ctx, "worse", func() error { panic("the \x00 handler's panic") })
			dead = k.listDead(ctx)
			if len(dead) != 2 || string(dead[1].Body) != "worse" || !strings.Contains(dead[1].Reason, "handler's panic") {
				k.Errorf("dead letters after a second one: %+v, want it last with its panic for a reason", dead)
			}
			k.wantDepth(ctx, inspector, "with 2 dead letters", func(d interfaces.QueueDepth) bool {
				return d == interfaces.QueueDepth{Dead: 2}
			})
		},
	},
	{
		name: "restore", promise: "RestoreDead puts dead letters back as messages that were never attempted",
		needs: needsInspector,
		run: func(ctx context.Context, k *queueKit) {
			inspector := k.Site.(interfaces.IQueueInspector)
			k.giveUp(ctx, "stays", func() error { return errHandler })
			first := k.giveUp(ctx, "back", func() error { return errHandler })
			if n, err := inspector.RestoreDead(ctx, k.queue, first.ID, "no-such-id", first.ID); err != nil || n != 1 {
				k.Errorf("RestoreDead of an id, one that is not there, and the first again = %d, %w; want 1", n, orNoError(err))
			}
			c := k.consume(ctx, k.Site, nil)
			m := k.next(c, "a dead letter that was put back")
			if string(m.Body) != "back" || m.Attempt != 1 || !m.Time.Equal(first.Time) {
				k.Errorf("got %q attempt %d produced %v, want \"back\" attempt 1 produced %v", m.Body, m.Attempt, m.Time, first.Time)
			}
			k.quiet(c, moment, "after one dead letter was put back")
			k.stop(c)
			if dead := k.listDead(ctx); len(dead) != 1 || string(dead[0].Body) != "stays" {
				k.Errorf("dead letters after one was put back: %+v, want the other", dead)
			}
			if n, err := inspector.RestoreDead(ctx, k.queue); err != nil || n != 0 {
				k.Errorf("RestoreDead of no ids = %d, %w; want 0", n, orNoError(err))
			}
		},
	},
	{
		name: "discard", promise: "DiscardDead removes dead letters for good",
		needs: needsInspector,
		run: func(ctx context.Context, k *queueKit) {
			inspector := k.Site.(interfaces.IQueueInspector)
			k.giveUp(ctx, "stays", func() error { return errHandler })
			gone := k.giveUp(ctx, "goes", func() error { return errHandler })
			if n, err := inspector.DiscardDead(ctx, k.queue, gone.ID, "no-such-id"); err != nil || n != 1 {
				k.Errorf("DiscardDead of an id and one that is not there = %d, %w; want 1", n, orNoError(err))
			}
			if n, err := inspector.RestoreDead(ctx, k.queue, gone.ID); err != nil || n != 0 {
				k.Errorf("RestoreDead of what was discarded = %d, %w; want 0", n, orNoError(err))
			}
			dead := k.listDead(ctx)
			if len(dead) != 1 || string(dead[0].Body) != "stays" {
				k.Fatalf("dead letters after one was discarded: %+v, want the other", dead)
			}
			if n, err := inspector.DiscardDead(ctx, k.queue, dead[0].ID); err != nil || n != 1 {
				k.Errorf("DiscardDead of the last = %d, %w; want 1", n, orNoError(err))
			}
			k.wantDepth(ctx, inspector, "after all were discarded", func(d interfaces.QueueDepth) bool {
				return d == interfaces.QueueDepth{}
			})
		},
	},
	{
		name: "restore to a full queue", promise: "RestoreDead puts nothing back into a queue without room, and says ErrFull",
		needs: needsInspector,
		run: func(ctx context.Context, k *queueKit) {
			inspector := k.Site.(interfaces.IQueueInspector)
			a := k.giveUp(ctx, "a", func() error { return errHandler })
			b := k.giveUp(ctx, "b", func() error { return errHandler })
			for range k.MaxLength - 1 {
				k.produce(ctx, "m")
			}
			n, err := inspector.RestoreDead(ctx, k.queue, a.ID, b.ID)
			k.wantError(err, interfaces.ErrFull, "RestoreDead of 2 where there is room for 1")
			if dead := k.listDead(ctx); n != 0 || len(dead) != 2 {
				k.Errorf("RestoreDead without room put back %d and left %d, want 0 and 2", n, len(dead))
			}
			c := k.consume(ctx, k.Site, nil)
			for range k.MaxLength - 1 {
				k.next(c, "a message")
			}
			k.stop(c)
		},
	},
	{
		name: "inspect names", promise: "a name that is no queue's name is ErrInvalid",
		needs: needsInspector,
		run: func(ctx context.Context, k *queueKit) {
			inspector := k.Site.(interfaces.IQueueInspector)
			_, err := inspector.GetDepth(ctx, "{")
			k.wantError(err, interfaces.ErrInvalid, "GetDepth of a bad name")
			_, err = inspector.RestoreDead(ctx, "", "id")
			k.wantError(err, interfaces.ErrInvalid, "RestoreDead of a bad name")
			_, err = inspector.DiscardDead(ctx, "", "id")
			k.wantError(err, interfaces.ErrInvalid, "DiscardDead of a bad name")
			err = nil
			for _, e := range inspector.ListDead(ctx, "}") {
				err = e
			}
			k.wantError(err, interfaces.ErrInvalid, "ListDead of a bad name")
		},
	},
}

// giveUp produces a message and has all of its attempts fail.
func (k *queueKit) giveUp(ctx context.Context, body string, fail func() error) interfaces.Message {
	before := len(k.listDead(ctx))
	k.produce(ctx, body)
	c := k.consume(ctx, k.Site, func(context.Context, interfaces.Message) error { return fail() })
	var m interfaces.Message
	for range k.MaxAttempts {
		m = k.next(c, "the next attempt")
	}
	k.stop(c)
	k.wantDepth(ctx, k.Site.(interfaces.IQueueInspector), "after max_attempts failed", func(d interfaces.QueueDepth) bool {
		return d.Dead == before+1
	})
	return m
}

func (k *queueKit) listDead(ctx context.Context) []interfaces.DeadLetter {
	var dead []interfaces.DeadLetter
	for d, err := range k.Site.(interfaces.IQueueInspector).ListDead(ctx, k.queue) {
		if err != nil {
			k.Fatalf("ListDead: %w", err)
		}
		dead = append(dead, d)
	}
	return dead
}

func needsInspector(h QueueHarness) string {
	if _, ok := h.Site.(interfaces.IQueueInspector); !ok {
		return "site that is an IQueueInspector"
	}
	return ""
}
