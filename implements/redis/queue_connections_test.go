package redis_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func TestQueueProducesOnceThoughTheReplyIsLost(t *testing.T) {
	redistest.Each(t, func(t *testing.T, b redistest.Backend) {
		proxy := redistest.NewProxy(t, b.Addr)
		site := openQueue(t, queueConfig(t, proxy.Addr()))
		produceTo(t, site, "q", "first") // by EVAL, and what follows by EVALSHA
		delayed, err := site.GetProducer("q")
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range []string{"second", "third"} {
			proxy.LoseReply(func(request []byte) bool { return bytes.Contains(request, []byte(body)) })
			if body == "third" {
				err = delayed.(interfaces.IDelayedProducer).ProduceAfter(t.Context(), time.Hour, []byte(body))
			} else {
				err = delayed.Produce(t.Context(), []byte(body))
			}
			if err != nil {
				t.Fatalf("Produce whose reply was lost: %v", err)
			}
		}
		if proxy.Lost() != 2 {
			t.Fatalf("%d replies were lost, want 2", proxy.Lost())
		}
		if depth := depthOf(t, site, "q"); depth.Waiting != 2 || depth.Delayed != 1 {
			t.Errorf("after 2 messages and one with a delay: %+v", depth)
		}
	})
}

// A Produce that is cancelled while it waits for the call before it adds nothing,
// so that its caller may repeat it.
func TestQueueDoesNotProduceWhatWasCancelled(t *testing.T) {
	redistest.Each(t, func(t *testing.T, b redistest.Backend) {
		proxy := redistest.NewProxy(t, b.Addr)
		site := openQueue(t, queueConfig(t, proxy.Addr()))
		produceTo(t, site, "q", "before")
		producer, err := site.GetProducer("q")
		if err != nil {
			t.Fatal(err)
		}
		sent := make(chan struct{}, 1)
		proxy.LoseReplies(func(request []byte) bool { // none, but it tells of the request
			if bytes.Contains(request, []byte("in flight")) {
				select {
				case sent <- struct{}{}:
				default:
				}
			}
			return false
		})
		proxy.Freeze()
		first := make(chan error, 1)
		go func() { first <- producer.Produce(t.Context(), []byte("in flight")) }()
		<-sent
		ctx, cancel := context.WithCancel(t.Context())
		second := make(chan error, 1)
		go func() { second <- producer.Produce(ctx, []byte("cancelled")) }()
		eventually(t, "the second waits for the first", func() bool { return redis.Waiting(site, "q") == 1 })
		cancel()
		if err := <-second; !errors.Is(err, context.Canceled) {
			t.Errorf("Produce that was cancelled: %v", err)
		}
		proxy.Thaw()
		if err := <-first; err != nil {
			t.Fatal(err)
		}
		produceTo(t, site, "q", "after")
		if depth := depthOf(t, site, "q"); depth.Waiting != 3 {
			t.Errorf("%d messages wait, want those before, in flight and after", depth.Waiting)
		}
	})
}

func TestQueueFindsWhatItReadAndDidNotGet(t *testing.T) {
	redistest.Each(t, func(t *testing.T, b redistest.Backend) {
		proxy := redistest.NewProxy(t, b.Addr)
		direct := openQueue(t, patient(queueConfig(t, b.Addr)))
		site := openQueue(t, patient(queueConfig(t, proxy.Addr())))
		got, _ := consume(t, site, "q", nil)
		produceTo(t, direct, "q", "warm up")
		nextOf(t, got, "a message")
		eventually(t, "it is acknowledged", func() bool { return depthOf(t, direct, "q") == interfaces.QueueDepth{} })

		// The next read that waits at the server has its reply lost.
		proxy.LoseReply(func(request []byte) bool { return bytes.Contains(bytes.ToLower(request), []byte("block")) })
		eventually(t, "such a read is under way", func() bool { return proxy.Lost() > 0 })
		produceTo(t, direct, "q", "lost on its way")
		if m := nextOf(t, got, "what was lost on its way"); m.Attempt != 1 {
			t.Errorf("a message that no handler had seen has attempt %d, want 1", m.Attempt)
		}
	})
}

// A consumer that lives knows what it has done: that its connections break is no
// reason to do it again.
func TestQueueDoesNothingTwiceThoughConnectionsBreak(t *testing.T) {
	const messages = 2000
	server := redistest.New(t, redistest.Options{})
	proxy := redistest.NewProxy(t, server.Addr())
	config := patient(queueConfig(t, server.Addr()))
	config.MaxLength = messages
	direct := openQueue(t, config)
	cut := patient(queueConfig(t, proxy.Addr()))
	cut.MaxLength = messages
	got, _ := consume(t, openQueue(t, cut), "q", func(context.Context, interfaces.Message) error {
		time.Sleep(time.Millisecond)
		return nil
	})
	seen := map[string]int{}
	for i := 0; i < messages; i += 20 {
		bodies := make([]string, 20)
		for j := range bodies {
			bodies[j] = fmt.Sprint(i + j)
		}
		produceTo(t, direct, "q", bodies...)
		if i%100 == 0 {
			proxy.Cut()
		}
		for range bodies {
			seen[string(nextOf(t, got, "a message").Body)]++
		}
	}
	eventually(t, "all are acknowledged", func() bool { return depthOf(t, direct, "q") == interfaces.QueueDepth{} })
	for len(got) > 0 {
		seen[string((<-got).Body)]++
	}
	for body, times := range seen {
		if times != 1 {
			t.Errorf("message %s was handled %d times", body, times)
		}
	}
	if len(seen) != messages {
		t.Errorf("%d messages were handled, want %d", len(seen), messages)
	}
}

// What is due again is sent, and lost on its way: no handler has seen that
// attempt, and it was the last.
func TestQueueFindsTheRetryThatItDidNotGet(t *testing.T) {
	redistest.Each(t, func(t *testing.T, b redistest.Backend) {
		proxy := redistest.NewProxy(t, b.Addr)
		direct := openQueue(t, patient(queueConfig(t, b.Addr)))
		config := patient(queueConfig(t, proxy.Addr()))
		config.MaxAttempts = 2
		got, _ := consume(t, openQueue(t, config), "q", func(_ context.Context, m interfaces.Message) error {
			if m.Attempt > 1 {
				return nil
			}
			proxy.LoseReplies(func(request []byte) bool { return bytes.Contains(request, []byte("its consumer died")) })
			return errors.New("again")
		})
		produceTo(t, direct, "q", "m")
		nextOf(t, got, "the first attempt")
		eventually(t, "the second attempt is sent", func() bool {
			return depthOf(t, direct, "q") == interfaces.QueueDepth{InFlight: 1} && proxy.Lost() > 0
		})
		proxy.LoseReplies(nil)
		if m := nextOf(t, got, "the attempt that was lost on its way"); m.Attempt != 2 {
			t.Errorf("an attempt that no handler had seen came again as %d, want 2", m.Attempt)
		}
		eventually(t, "it is acknowledged", func() bool { return depthOf(t, direct, "q") == interfaces.QueueDepth{} })
	})
}
