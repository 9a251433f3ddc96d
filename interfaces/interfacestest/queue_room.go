package interfacestest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var queueRoomChecks = []queueCheck{
	{
		name: "full", promise: "a full queue refuses with ErrFull and keeps what it has; there is room again when something was acknowledged",
		run: func(ctx context.Context, k *queueKit) {
			for i := range k.MaxLength {
				k.produce(ctx, fmt.Sprint(i))
			}
			k.wantError(k.producer().Produce(ctx, []byte("over")), interfaces.ErrFull, "Produce to a full queue")
			c := k.consume(ctx, k.Site, nil)
			for range k.MaxLength {
				if m := k.next(c, "one of the messages of a full queue"); string(m.Body) == "over" {
					k.Errorf("a message that was refused was delivered")
				}
			}
			if err := k.produceWithRoom(ctx, k.producer(), []byte("room")); err != nil {
				k.Fatalf("Produce after everything was acknowledged: %w", err)
			}
			k.next(c, "a message produced when there was room again")
			k.stop(c)
			k.emptied(ctx)
		},
	},
	{
		name: "all or none", promise: "Produce adds all of its messages or none",
		run: func(ctx context.Context, k *queueKit) {
			k.produce(ctx, "first", "second")
			var many [][]byte
			for range k.MaxLength - 1 {
				many = append(many, []byte("over"))
			}
			k.wantError(k.producer().Produce(ctx, many...), interfaces.ErrFull, "Produce of one more than there is room for")
			c := k.consume(ctx, k.Site, nil)
			for range 2 {
				if m := k.next(c, "one of 2 messages"); string(m.Body) == "over" {
					k.Errorf("a part of the messages was added")
				}
			}
			k.quiet(c, moment, "none of the refused messages")
			k.stop(c)
		},
	},
	{
		name: "full at once", promise: "many producers at once fill a queue to its last place and no further",
		run: func(ctx context.Context, k *queueKit) {
			var added, refused, failed atomic.Int64
			var producers sync.WaitGroup
			for range 8 {
				producers.Go(func() {
					producer := k.producerOf(k.Site)
					for range k.MaxLength/8 + 10 {
						switch err := producer.Produce(ctx, []byte("m")); {
						case err == nil:
							added.Add(1)
						case errors.Is(err, interfaces.ErrFull):
							refused.Add(1)
						default:
							failed.Add(1)
						}
					}
				})
			}
			producers.Wait()
			if int(added.Load()) != k.MaxLength || failed.Load() > 0 || refused.Load() == 0 {
				k.Errorf("%d were added, %d refused, %d failed; want %d to be added and the rest refused",
					added.Load(), refused.Load(), failed.Load(), k.MaxLength)
			}
			c := k.consume(ctx, k.Site, nil)
			for range k.MaxLength {
				k.next(c, "one of the messages of a full queue")
			}
			k.quiet(c, moment, "no more than the queue holds")
			k.stop(c)
		},
	},
}

// produceWithRoom produces a message as soon as there is room for it.
func (k *queueKit) produceWithRoom(ctx context.Context, producer interfaces.IQueueProducer, body []byte) error {
	deadline := time.Now().Add(k.Patience)
	for {
		err := producer.Produce(ctx, body)
		if !errors.Is(err, interfaces.ErrFull) || time.Now().After(deadline) {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

var queueDelayChecks = []queueCheck{
	{
		name: "delayed", promise: "ProduceAfter holds messages back for its delay and then delivers them",
		needs: needsDelay,
		run: func(ctx context.Context, k *queueKit) {
			producer := k.producer().(interfaces.IDelayedProducer)
			const delay = 4 * moment
			c := k.consume(ctx, k.Site, nil)
			began := time.Now()
			if err := producer.ProduceAfter(ctx, delay, []byte("later"), nil); err != nil {
				k.Fatalf("ProduceAfter: %w", err)
			}
			if err := producer.ProduceAfter(ctx, 0, []byte("now")); err != nil {
				k.Fatalf("ProduceAfter a delay of zero: %w", err)
			}
			got := map[string]bool{}
			for range 3 {
				m := k.next(c, "a message, delayed or not")
				got[string(m.Body)] = true
				if waited := time.Since(began); waited < delay && string(m.Body) != "now" {
					k.Errorf("a message delayed for %v was delivered after %v", delay, waited)
				}
				if m.Attempt != 1 {
					k.Errorf("a delayed message has attempt %d, want 1", m.Attempt)
				}
				if off := m.Time.Sub(began); off < -time.Minute || off > time.Minute {
					k.Errorf("Time of a delayed message = %v, produced at %v", m.Time, began)
				}
			}
			if !got["now"] || !got["later"] || !got[""] {
				k.Errorf("got %v, want the message without delay and both delayed ones", got)
			}
			k.quiet(c, moment, "after all were delivered")
			k.stop(c)
			k.emptied(ctx)
		},
	},
	{
		name: "bad delay", promise: "a delay below zero or above a year is ErrInvalid",
		needs: needsDelay,
		run: func(ctx context.Context, k *queueKit) {
			producer := k.producer().(interfaces.IDelayedProducer)
			for _, delay := range []time.Duration{-1, 366*24*time.Hour + 1, 1<<63 - 1} {
				k.wantError(producer.ProduceAfter(ctx, delay, []byte("m")), interfaces.ErrInvalid, "ProduceAfter "+delay.String())
			}
		},
	},
	{
		name: "delayed and full", promise: "delayed messages take room in the queue",
		needs: needsDelay,
		run: func(ctx context.Context, k *queueKit) {
			producer := k.producer().(interfaces.IDelayedProducer)
			for range k.MaxLength {
				if err := producer.ProduceAfter(ctx, 2*moment, []byte("m")); err != nil {
					k.Fatalf("ProduceAfter to a queue with room: %w", err)
				}
			}
			k.wantError(producer.ProduceAfter(ctx, moment, []byte("over")), interfaces.ErrFull, "ProduceAfter to a full queue")
			k.wantError(producer.Produce(ctx, []byte("over")), interfaces.ErrFull, "Produce to a queue full of delayed messages")
			c := k.consume(ctx, k.Site, nil)
			for range k.MaxLength {
				k.next(c, "a delayed message")
			}
			k.stop(c)
			k.emptied(ctx)
		},
	},
}

func needsDelay(h QueueHarness) string {
	if p, err := h.Site.GetProducer("kit"); err == nil {
		if _, ok := p.(interfaces.IDelayedProducer); ok {
			return ""
		}
	}
	return "producer that is an IDelayedProducer"
}
