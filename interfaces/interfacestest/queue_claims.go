package interfacestest

import (
	"context"
	"fmt"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var queueClaimChecks = []queueCheck{
	{
		name: "slow handler", promise: "a handler that lives keeps its message, however long it takes",
		run: func(ctx context.Context, k *queueKit) {
			const attempts = 3
			for attempt := 1; ; attempt++ {
				stood, problem := k.handleSlowly(ctx)
				switch {
				case problem == nil:
					return
				case stood <= k.Visibility/4 || attempt == attempts:
					k.Errorf("%w", problem)
					return
				}
				k.queue += ":again"
			}
		},
	},
	{
		name: "dead consumer", promise: "the message of a consumer that died goes to another, as the next attempt",
		needs: func(h QueueHarness) string {
			if h.Abandon == nil || h.Other == nil || h.Visibility == 0 {
				return "Abandon, Other and Visibility"
			}
			return ""
		},
		run: func(ctx context.Context, k *queueKit) {
			k.produce(ctx, "m")
			lost := make(chan error, 10)
			release, open := k.gate()
			defer open()
			c := k.consume(ctx, k.Site, func(ctx context.Context, _ interfaces.Message) error {
				select {
				case <-ctx.Done():
				case <-release:
				}
				lost <- context.Cause(ctx)
				return ctx.Err()
			})
			first := k.next(c, "a message")
			other := k.other()
			heir := k.consume(ctx, other, nil)
			k.Abandon()
			second := k.next(heir, "the dead consumer's message")
			if second.ID != first.ID || second.Attempt != 2 {
				k.Errorf("the heir got message %q, attempt %d; want %q, attempt 2", second.ID, second.Attempt, first.ID)
			}
			select {
			case err := <-lost:
				k.wantError(err, interfaces.ErrLost, "the cause for which the context of the handler ended")
			case <-time.After(k.Patience):
				k.Errorf("the first handler's context goes on though its message went to somebody else")
			}
			k.stop(heir)
		},
	},
	{
		name: "stuck handler", promise: "a handler that never ends does not hold up other consumers, nor handlers beside it",
		run: func(ctx context.Context, k *queueKit) {
			release, open := k.gate()
			defer open()
			k.produce(ctx, "stuck")
			c := k.consume(ctx, k.Site, func(_ context.Context, m interfaces.Message) error {
				if string(m.Body) == "stuck" {
					<-release
				}
				return nil
			})
			k.next(c, "a message")
			k.produce(ctx, "beside")
			k.next(c, "a message beside one that is stuck")
			site := k.Site
			if k.Other != nil {
				site = k.other()
			}
			second := k.consume(ctx, site, nil)
			for range 20 {
				k.produce(ctx, "more")
				select {
				case <-c.got:
				case <-second.got:
				case <-time.After(k.Patience):
					k.Fatalf("no message is delivered while a handler is stuck")
				}
			}
			k.stop(second)
		},
	},
}

// handleSlowly has a message handled for longer than its claim lasts unless it
// is renewed, and returns what went wrong. A machine that stands still renews
// nothing: stood is for how long it did, at most.
func (k *queueKit) handleSlowly(ctx context.Context) (stood time.Duration, problem error) {
	k.produce(ctx, "slow")
	took := 3*k.Visibility + moment
	ended := make(chan error, 10)
	handle := func(ctx context.Context, _ interfaces.Message) error {
		select {
		case <-time.After(took):
		case <-ctx.Done():
		}
		ended <- context.Cause(ctx)
		return nil
	}
	c := k.consume(ctx, k.Site, handle)
	k.next(c, "a message")
	site := k.Site
	if k.Other != nil {
		site = k.other()
	}
	robber := k.consume(ctx, site, handle)
	step := max(k.Visibility/20, time.Millisecond)
	watch := func(d time.Duration, when string) {
		last := time.Now()
		for end := last.Add(d); problem == nil && last.Before(end); {
			select {
			case m := <-robber.got:
				problem = fmt.Errorf("another consumer got the message %s, attempt %d", when, m.Attempt)
			case <-time.After(step):
			}
			stood = max(stood, time.Since(last))
			last = time.Now()
		}
	}
	watch(took+moment, "while the handler was at work")
	select {
	case err := <-ended:
		if err != nil && problem == nil {
			problem = fmt.Errorf("the context of a slow handler ended: %w", err)
		}
	case <-time.After(k.Patience):
		k.Fatalf("the slow handler did not end")
	}
	k.stop(c)
	watch(moment, "after the slow handler was done")
	k.stop(robber)
	if problem == nil {
		k.emptied(ctx)
	}
	return stood, problem
}
