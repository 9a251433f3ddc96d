package interfacestest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var queueDeliveryChecks = []queueCheck{
	{
		name: "message", promise: "a message has the body that was produced, an ID, the time and attempt 1",
		run: func(ctx context.Context, k *queueKit) {
			before := time.Now()
			bodies := []string{"plain", "", "\x00\xff binary \r\n$-1\r\n", string(bytes.Repeat([]byte("large "), 20_000))}
			k.produce(ctx, bodies...)
			if err := k.producer().Produce(ctx, nil); err != nil {
				k.Errorf("Produce of a nil body: %w", err)
			}
			c := k.consume(ctx, k.Site, nil)
			missing := map[string]int{"": 2, bodies[0]: 1, bodies[2]: 1, bodies[3]: 1}
			ids := map[string]bool{}
			for range 5 {
				m := k.next(c, "one of 5 messages")
				missing[string(m.Body)]--
				if missing[string(m.Body)] < 0 {
					k.Errorf("got %s, which was not produced, or not so often", short(string(m.Body)))
				}
				if m.Attempt != 1 {
					k.Errorf("the first attempt has the number %d", m.Attempt)
				}
				if m.ID == "" || ids[m.ID] {
					k.Errorf("the ID %q is empty or another message's", m.ID)
				}
				ids[m.ID] = true
				if m.Time.Before(before.Add(-time.Minute)) || m.Time.After(time.Now().Add(time.Minute)) {
					k.Errorf("Time = %v for a message produced after %v", m.Time, before)
				}
			}
			k.quiet(c, moment, "after 5 messages were handled")
			k.stop(c)
			k.emptied(ctx)
		},
	},
	{
		name: "produced before", promise: "what was produced before anybody consumed is delivered",
		run: func(ctx context.Context, k *queueKit) {
			k.produce(ctx, "early")
			time.Sleep(moment)
			c := k.consume(ctx, k.Site, nil)
			k.next(c, "what was produced before")
			k.produce(ctx, "late")
			k.next(c, "what was produced while a consumer waited")
			k.stop(c)
		},
	},
	{
		name: "copied in", promise: "what was produced is the queue's own: the producer may change its bytes",
		run: func(ctx context.Context, k *queueKit) {
			body := []byte("before")
			if err := k.producer().Produce(ctx, body); err != nil {
				k.Fatalf("Produce: %w", err)
			}
			copy(body, "AFTER!")
			c := k.consume(ctx, k.Site, nil)
			if m := k.next(c, "a message"); string(m.Body) != "before" {
				k.Errorf("the body is %q after the producer changed its own, want what was produced", m.Body)
			}
			k.stop(c)
		},
	},
	{
		name: "copied out", promise: "a body is the receiver's own: the next attempt gets what was produced",
		run: func(ctx context.Context, k *queueKit) {
			k.produce(ctx, "before")
			var mu sync.Mutex
			var seen []string
			c := k.consume(ctx, k.Site, func(_ context.Context, m interfaces.Message) error {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, string(m.Body))
				copy(m.Body, "AFTER!")
				if m.Attempt == 1 {
					return errors.New("again")
				}
				return nil
			})
			k.next(c, "the first attempt")
			k.next(c, "the second attempt")
			k.stop(c)
			mu.Lock()
			defer mu.Unlock()
			for i, body := range seen {
				if body != "before" {
					k.Errorf("attempt %d got %q, want what was produced", i+1, body)
				}
			}
		},
	},
	{
		name: "shared", promise: "consumers share the messages of a queue, each of which goes to one of them",
		run: func(ctx context.Context, k *queueKit) {
			sites := []interfaces.IQueueSite{k.Site, k.Site}
			if k.Other != nil {
				sites = append(sites, k.other())
			}
			var consumers []*consuming
			for _, site := range sites {
				consumers = append(consumers, k.consume(ctx, site, nil))
			}
			const n = 200
			producer := k.producer()
			failed := make(chan error, 1)
			go func() {
				for i := range n {
					if err := k.produceWithRoom(ctx, producer, fmt.Append(nil, i)); err != nil {
						failed <- err
						return
					}
					if i%10 == 0 {
						time.Sleep(time.Millisecond)
					}
				}
			}()
			seen := map[string]int{}
			deadline := time.After(k.Patience)
			for total := 0; total < n; {
				for _, c := range consumers {
					select {
					case m := <-c.got:
						seen[string(m.Body)]++
						total++
						deadline = time.After(k.Patience) // for the next, however many there are
					default:
					}
				}
				select {
				case err := <-failed:
					k.Fatalf("Produce beside consumers: %w", err)
				case <-deadline:
					k.Fatalf("%d of %d messages were delivered", len(seen), n)
				case <-time.After(100 * time.Microsecond):
				}
			}
			for _, c := range consumers {
				k.quiet(c, moment, "after all were delivered")
			}
			for body, times := range seen {
				if times != 1 {
					k.Errorf("message %s was delivered %d times", body, times)
				}
			}
			for _, c := range consumers {
				k.stop(c)
			}
		},
	},
	{
		name: "separate", promise: "queues of different names have nothing to do with each other",
		run: func(ctx context.Context, k *queueKit) {
			k.produce(ctx, "mine")
			c := k.consume(ctx, k.Site, nil)
			k.next(c, "a message")
			mine := k.queue
			k.queue += ":stream"
			k.produce(ctx, "theirs")
			k.quiet(c, moment, "a message of another queue")
			theirs := k.consume(ctx, k.Site, nil)
			k.next(theirs, "the other queue's message")
			k.stop(theirs)
			k.queue = mine
			k.stop(c)
		},
	},
	{
		name: "concurrency", promise: "as many handlers run at once as the setting says, and no more",
		run: func(ctx context.Context, k *queueKit) {
			for i := range 2*k.Concurrency + 1 {
				k.produce(ctx, fmt.Sprint(i))
			}
			release, open := k.gate()
			c := k.consume(ctx, k.Site, func(context.Context, interfaces.Message) error {
				<-release
				return nil
			})
			for i := range k.Concurrency {
				select {
				case <-c.got:
				case <-time.After(k.Patience):
					open()
					k.Fatalf("only %d of %d handlers run at once", i, k.Concurrency)
				}
			}
			k.quiet(c, moment, "all handlers are at work")
			open()
			k.stop(c)
			if most := c.mostAtOnce(); most > k.Concurrency {
				k.Errorf("%d handlers ran at once, more than %d", most, k.Concurrency)
			}
		},
	},
	{
		name: "values", promise: "the context of a handler has the values of Consume's",
		run: func(ctx context.Context, k *queueKit) {
			type key struct{}
			k.produce(ctx, "m")
			got := make(chan any, 1)
			c := k.consume(context.WithValue(ctx, key{}, "value"), k.Site, func(ctx context.Context, _ interfaces.Message) error {
				got <- ctx.Value(key{})
				return nil
			})
			k.next(c, "a message")
			k.stop(c)
			if v := <-got; v != "value" {
				k.Errorf("the handler's context has %v for a value of Consume's", v)
			}
		},
	},
}
