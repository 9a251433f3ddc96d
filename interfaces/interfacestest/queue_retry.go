package interfacestest

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var errHandler = errors.New("the handler's error")

var queueRetryChecks = []queueCheck{
	{
		name: "error", promise: "after an error the message is delivered again, the same, with the next attempt's number",
		run: func(ctx context.Context, k *queueKit) {
			k.again(ctx, func() error { return errHandler })
		},
	},
	{
		name: "panic", promise: "after a panic the message is delivered again",
		run: func(ctx context.Context, k *queueKit) {
			k.again(ctx, func() error { panic("the handler's panic") })
		},
	},
	{
		name: "goexit", promise: "after a handler that ends its goroutine the message is delivered again, and as many handlers run as before",
		run: func(ctx context.Context, k *queueKit) {
			for range k.Concurrency {
				k.produce(ctx, "m")
			}
			again := make(chan struct{}, k.Concurrency)
			release, open := k.gate()
			c := k.consume(ctx, k.Site, func(_ context.Context, m interfaces.Message) error {
				if m.Attempt == 1 {
					runtime.Goexit()
				}
				again <- struct{}{}
				<-release
				return nil
			})
			defer k.stop(c)
			defer open()
			for i := range k.Concurrency {
				select {
				case <-again:
				case <-time.After(k.Patience):
					k.Fatalf("%d of %d handlers run at once after as many have ended their goroutines", i, k.Concurrency)
				}
			}
		},
	},
	{
		name: "again later", promise: "a message is not tried again at once",
		run: func(ctx context.Context, k *queueKit) {
			k.produce(ctx, "m")
			failed := make(chan time.Time, 2)
			c := k.consume(ctx, k.Site, func(_ context.Context, m interfaces.Message) error {
				if m.Attempt > 1 {
					return nil
				}
				failed <- time.Now()
				return errHandler
			})
			k.next(c, "the first attempt")
			k.next(c, "the second attempt")
			if waited := time.Since(<-failed); waited < k.RetryDelay/2 {
				k.Errorf("the second attempt came %v after the first, want at least half of %v", waited, k.RetryDelay)
			}
			k.stop(c)
		},
	},
	{
		name: "others go on", promise: "a message that fails does not hold up the others",
		run: func(ctx context.Context, k *queueKit) {
			k.produce(ctx, "bad")
			release, open := k.gate()
			c := k.consume(ctx, k.Site, func(_ context.Context, m interfaces.Message) error {
				if string(m.Body) != "bad" {
					return nil
				}
				if m.Attempt > 1 {
					<-release
				}
				return errHandler
			})
			defer k.stop(c)
			defer open()
			k.next(c, "the first attempt")
			k.next(c, "the second attempt")
			k.produce(ctx, "good", "good", "good")
			for range 3 {
				k.next(c, "a message behind one that has failed")
			}
		},
	},
	{
		name: "given up", promise: "a message that always fails is tried max_attempts times",
		run: func(ctx context.Context, k *queueKit) {
			k.produce(ctx, "m")
			c := k.consume(ctx, k.Site, func(context.Context, interfaces.Message) error { return errHandler })
			for attempt := 1; attempt <= k.MaxAttempts; attempt++ {
				if m := k.next(c, "the next attempt"); m.Attempt != attempt {
					k.Errorf("attempt %d has the number %d", attempt, m.Attempt)
				}
			}
			k.quiet(c, 4*k.RetryDelay+moment, "after max_attempts")
			k.stop(c)
			k.emptied(ctx)
		},
	},
	{
		name: "acknowledged", promise: "a message is not acknowledged before its handler has returned nil",
		run: func(ctx context.Context, k *queueKit) {
			// Attempts are spread over runs of the consumer: what was taken
			// off the queue too early is gone by then.
			k.produce(ctx, "m")
			for attempt := 1; attempt < k.MaxAttempts; attempt++ {
				// The handler ends its run, lest the next attempt be made by it too.
				run, end := context.WithCancel(ctx)
				defer end()
				c := k.consume(run, k.Site, func(context.Context, interfaces.Message) error {
					end()
					return errHandler
				})
				if m := k.next(c, "an attempt by a new run"); m.Attempt != attempt {
					k.Errorf("attempt %d has the number %d", attempt, m.Attempt)
				}
				k.stop(c)
			}
			c := k.consume(ctx, k.Site, nil)
			k.next(c, "the last attempt")
			k.stop(c)
			again := k.consume(ctx, k.Site, nil)
			k.quiet(again, 2*k.RetryDelay+moment, "after it was acknowledged")
			k.stop(again)
			k.emptied(ctx)
		},
	},
}

// again wants a message whose first attempt fails to be tried once more.
func (k *queueKit) again(ctx context.Context, fail func() error) {
	k.produce(ctx, "m")
	c := k.consume(ctx, k.Site, func(_ context.Context, m interfaces.Message) error {
		if m.Attempt == 1 {
			return fail()
		}
		return nil
	})
	first := k.next(c, "the first attempt")
	second := k.next(c, "the second attempt")
	if first.Attempt != 1 || second.Attempt != 2 {
		k.Errorf("the attempts have the numbers %d and %d, want 1 and 2", first.Attempt, second.Attempt)
	}
	if first.ID != second.ID || string(first.Body) != string(second.Body) || !first.Time.Equal(second.Time) {
		k.Errorf("the second attempt is of another message: ID %q, Body %q, Time %v; the first had %q, %q, %v",
			second.ID, second.Body, second.Time, first.ID, first.Body, first.Time)
	}
	k.quiet(c, moment, "after the second attempt was acknowledged")
	k.stop(c)
}
