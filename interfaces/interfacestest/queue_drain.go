package interfacestest

import (
	"context"
	"fmt"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var queueDrainChecks = []queueCheck{
	{
		name: "idle", promise: "an idle Consume returns nil within a second after its context has ended",
		run: func(ctx context.Context, k *queueKit) {
			const attempts = 3 // on a machine that is busy it may be late
			var took time.Duration
			for range attempts {
				c := k.consume(ctx, k.Site, nil)
				k.produce(ctx, "m")
				k.next(c, "a message")
				time.Sleep(moment)
				began := time.Now()
				k.stop(c)
				if took = time.Since(began); took <= time.Second {
					return
				}
			}
			k.Errorf("an idle Consume took %v to return", took)
		},
	},
	{
		name: "ended context", promise: "a Consume whose context has ended already returns nil and delivers nothing",
		run: func(ctx context.Context, k *queueKit) {
			k.produce(ctx, "m")
			ended, cancel := context.WithCancel(ctx)
			cancel()
			c := k.consume(ended, k.Site, nil)
			k.stop(c)
			k.quiet(c, moment, "Consume with an ended context")
			again := k.consume(ctx, k.Site, nil)
			if m := k.next(again, "the message"); m.Attempt != 1 {
				k.Errorf("a message that was never handled has attempt %d, want 1", m.Attempt)
			}
			k.stop(again)
		},
	},
	{
		name: "in flight", promise: "Consume returns when the handlers in flight have; their contexts outlive its own and their results count",
		run: func(ctx context.Context, k *queueKit) {
			k.produce(ctx, "m")
			release, open := k.gate()
			ended := make(chan error, 10)
			c := k.consume(ctx, k.Site, func(ctx context.Context, _ interfaces.Message) error {
				<-release
				ended <- ctx.Err()
				return nil
			})
			k.next(c, "a message")
			c.cancel()
			select {
			case <-c.ended:
				k.Errorf("Consume returned while a handler was at work")
			case <-time.After(moment):
			}
			open()
			k.stop(c)
			select {
			case err := <-ended:
				if err != nil {
					k.Errorf("the handler's context ended with Consume's: %w", err)
				}
			case <-time.After(k.Patience):
				k.Fatalf("the handler did not end")
			}
			again := k.consume(ctx, k.Site, nil)
			k.quiet(again, k.Visibility+moment, "after a handler was done while Consume drained")
			k.stop(again)
			k.emptied(ctx)
		},
	},
	{
		name: "nothing new", promise: "once its context has ended Consume hands out no message that it has not yet; they go to others as if untouched",
		run: func(ctx context.Context, k *queueKit) {
			const n = 10
			for i := range n * k.Concurrency {
				if i >= k.MaxLength {
					break
				}
				k.produce(ctx, fmt.Sprint(i))
			}
			total := min(n*k.Concurrency, k.MaxLength)
			release, open := k.gate()
			c := k.consume(ctx, k.Site, func(context.Context, interfaces.Message) error {
				<-release
				return nil
			})
			seen := map[string]bool{}
			for range k.Concurrency {
				seen[k.next(c, "a message").ID] = true
			}
			c.cancel()
			time.Sleep(moment)
			open()
			k.stop(c)
			for more := len(c.got); more > 0; more-- {
				k.Errorf("message %q was handed out after the context had ended", (<-c.got).Body)
			}
			// What was read ahead comes back without a wait for visibility.
			heir := k.consume(ctx, k.Site, nil)
			began := time.Now()
			for len(seen) < total {
				m := k.next(heir, "a message that was not handled")
				if seen[m.ID] {
					k.Errorf("message %q was delivered twice", m.Body)
				}
				if m.Attempt != 1 {
					k.Errorf("a message that was never handled has attempt %d, want 1", m.Attempt)
				}
				seen[m.ID] = true
			}
			if took := time.Since(began); k.Visibility > 2*time.Second && took >= k.Visibility {
				k.Errorf("what was read ahead came back after %v only", took)
			}
			k.stop(heir)
			k.emptied(ctx)
		},
	},
}
