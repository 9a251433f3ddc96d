package interfacestest

import (
	"context"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var queueFailureChecks = []queueCheck{
	{
		name: "broken", promise: "a Produce that the backend cannot take is ErrUnavailable; a Consume waits for the backend",
		needs: func(h QueueHarness) string {
			if h.Break == nil {
				return "Break"
			}
			return ""
		},
		run: func(ctx context.Context, k *queueKit) {
			c := k.consume(ctx, k.Site, nil)
			k.produce(ctx, "before")
			k.next(c, "a message before the backend broke")
			repair := k.Break()
			err := k.producer().Produce(ctx, []byte("meanwhile"))
			k.wantError(err, interfaces.ErrUnavailable, "Produce to a broken backend")
			select {
			case <-c.ended:
				k.Errorf("Consume ended when the backend broke: %w", orNoError(c.err))
			case <-time.After(2 * moment):
			}
			repair()
			k.recover(ctx)
			for {
				// What was not answered may have been added all the same.
				if m := k.next(c, "a message after the backend was back"); string(m.Body) == "after" {
					break
				}
			}
			k.stop(c)
		},
	},
	{
		name: "silent", promise: "a Produce whose deadline runs out while the backend is silent matches DeadlineExceeded and ErrUnavailable, and keeps to its deadline",
		needs: func(h QueueHarness) string {
			if h.Hang == nil {
				return "Hang"
			}
			return ""
		},
		run: func(ctx context.Context, k *queueKit) {
			k.produce(ctx, "before")
			c := k.consume(ctx, k.Site, nil)
			k.next(c, "a message before the backend hung")
			repair := k.Hang()
			short, cancel := context.WithTimeout(ctx, 2*moment)
			defer cancel()
			began := time.Now()
			err := k.producer().Produce(short, []byte("meanwhile"))
			if took := time.Since(began); took > k.Patience/2 {
				k.Errorf("Produce with a deadline of %v took %v", 2*moment, took)
			}
			k.wantError(err, context.DeadlineExceeded, "Produce to a silent backend")
			k.wantError(err, interfaces.ErrUnavailable, "Produce to a silent backend")
			repair()
			k.recover(ctx)
			for {
				if m := k.next(c, "a message after the backend was back"); string(m.Body) == "after" {
					break
				}
			}
			k.stop(c)
		},
	},
	{
		name: "another type", promise: "a queue in whose place is something else is ErrInvalid, to both ends",
		needs: func(h QueueHarness) string {
			if h.StoreForeign == nil {
				return "StoreForeign"
			}
			return ""
		},
		run: func(ctx context.Context, k *queueKit) {
			if err := k.StoreForeign(k.queue); err != nil {
				k.Fatalf("StoreForeign: %w", err)
			}
			k.wantError(k.producer().Produce(ctx, []byte("m")), interfaces.ErrInvalid, "Produce to what is no queue")
			c := k.consume(ctx, k.Site, nil)
			if !k.await(c.ended) {
				k.Fatalf("Consume of what is no queue does not return")
			}
			k.wantError(c.err, interfaces.ErrInvalid, "Consume of what is no queue")
		},
	},
}

// recover produces a message as soon as the backend takes one.
func (k *queueKit) recover(ctx context.Context) {
	deadline := time.Now().Add(k.Patience)
	for {
		err := k.producer().Produce(ctx, []byte("after"))
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			k.Fatalf("Produce after the backend was back: %w", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
