package interfacestest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var queueCallChecks = []queueCheck{
	{
		name: "names", promise: "a name is 1 to 1024 bytes without braces, else ErrInvalid",
		run: func(_ context.Context, k *queueKit) {
			for _, name := range []string{"", strings.Repeat("n", 1025), "a{b", "a}b", "{}"} {
				_, err := k.Site.GetProducer(name)
				k.wantError(err, interfaces.ErrInvalid, "GetProducer of "+short(name))
				_, err = k.Site.GetConsumer(name)
				k.wantError(err, interfaces.ErrInvalid, "GetConsumer of "+short(name))
			}
			for _, name := range []string{"n", strings.Repeat("n", 1024), "über:all *?[a]\x00\xff \n"} {
				if _, err := k.Site.GetProducer(name); err != nil {
					k.Errorf("GetProducer of %s: %w", short(name), err)
				}
				if _, err := k.Site.GetConsumer(name); err != nil {
					k.Errorf("GetConsumer of %s: %w", short(name), err)
				}
			}
		},
	},
	{
		name: "nothing to produce", promise: "without messages Produce does nothing",
		run: func(ctx context.Context, k *queueKit) {
			if err := k.producer().Produce(ctx); err != nil {
				k.Errorf("Produce of nothing: %w", err)
			}
			c := k.consume(ctx, k.Site, nil)
			k.quiet(c, moment, "after Produce of nothing")
			k.stop(c)
		},
	},
	{
		name: "too large", promise: "bodies above 512 MB are ErrInvalid",
		run: func(ctx context.Context, k *queueKit) {
			half := make([]byte, 256<<20) // never touched, so it takes no memory
			err := k.producer().Produce(ctx, half, half, []byte("x"))
			k.wantError(err, interfaces.ErrInvalid, "Produce of 512 MB and a byte")
		},
	},
	{
		name: "no handler", promise: "a Consume without a handler is ErrInvalid",
		run: func(ctx context.Context, k *queueKit) {
			consumer, err := k.Site.GetConsumer(k.queue)
			if err != nil {
				k.Fatalf("GetConsumer: %w", err)
			}
			ctx, cancel := context.WithTimeout(ctx, k.Patience)
			defer cancel()
			k.wantError(consumer.Consume(ctx, nil), interfaces.ErrInvalid, "Consume without a handler")
		},
	},
	{
		name: "second Consume", promise: "a second Consume at the same time on the same consumer is ErrInvalid; one after the other is fine",
		run: func(ctx context.Context, k *queueKit) {
			consumer, err := k.Site.GetConsumer(k.queue)
			if err != nil {
				k.Fatalf("GetConsumer: %w", err)
			}
			for round := range 2 {
				k.produce(ctx, "m")
				first, cancel := context.WithCancel(ctx)
				began, ended := make(chan struct{}, 10), make(chan struct{})
				var consumeErr error
				go func() {
					defer close(ended)
					consumeErr = consumer.Consume(first, func(context.Context, interfaces.Message) error {
						began <- struct{}{}
						return nil
					})
				}()
				select {
				case <-began:
				case <-time.After(k.Patience):
					cancel()
					k.Fatalf("Consume %d on one consumer gave no message", round+1)
				}
				second, cancelSecond := context.WithTimeout(ctx, k.Patience)
				err := consumer.Consume(second, func(context.Context, interfaces.Message) error { return nil })
				k.wantError(err, interfaces.ErrInvalid, "a second Consume at the same time")
				cancelSecond()
				cancel()
				if !k.await(ended) {
					k.Fatalf("Consume did not return after its context had ended")
				}
				if consumeErr != nil {
					k.Errorf("the first Consume: %w", consumeErr)
				}
			}
		},
	},
	{
		name: "cancelled Produce", promise: "a Produce whose context has ended gives its error and adds nothing",
		run: func(ctx context.Context, k *queueKit) {
			cancelled, cancel := context.WithCancel(ctx)
			cancel()
			k.wantError(k.producer().Produce(cancelled, []byte("m")), context.Canceled, "Produce with a cancelled context")
			c := k.consume(ctx, k.Site, nil)
			k.quiet(c, moment, "after a cancelled Produce")
			k.stop(c)
		},
	},
	{
		name: "closed", promise: "after Close everything is ErrClosed, and a Consume that runs ends",
		needs: func(h QueueHarness) string {
			if _, ok := h.Site.(interface{ Close(context.Context) error }); !ok {
				return "site with a Close"
			}
			return ""
		},
		run: func(ctx context.Context, k *queueKit) {
			k.produce(ctx, "m")
			finished := make(chan struct{})
			c := k.consume(ctx, k.Site, func(ctx context.Context, _ interfaces.Message) error {
				defer close(finished)
				time.Sleep(moment)
				return ctx.Err()
			})
			k.next(c, "a message")
			if _, err := closeComponent(ctx, k.Site); err != nil {
				k.Errorf("Close: %w", err)
			}
			select {
			case <-finished:
			default:
				k.Errorf("Close returned while a handler was at work")
			}
			if !k.await(c.ended) {
				k.Fatalf("Consume goes on after Close")
			}
			k.wantError(c.err, interfaces.ErrClosed, "Consume at Close")
			k.wantError(k.producer().Produce(ctx, []byte("late")), interfaces.ErrClosed, "Produce after Close")
			again := k.consume(ctx, k.Site, nil)
			if !k.await(again.ended) {
				k.Fatalf("Consume after Close does not return")
			}
			k.wantError(again.err, interfaces.ErrClosed, "Consume after Close")
			if _, err := closeComponent(ctx, k.Site); err != nil && !errors.Is(err, interfaces.ErrClosed) {
				k.Errorf("a second Close: %w", err)
			}
		},
	},
}
