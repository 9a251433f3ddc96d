package redis_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// What cannot be noted for another attempt, or as a dead letter, has to stay what
// it was: a script that is refused half way is not undone.
func TestQueueLosesNothingThatCannotBeNoted(t *testing.T) {
	for _, foreign := range []string{"retry", "dead", "letters"} {
		t.Run(foreign, func(t *testing.T) {
			server := redistest.New(t, redistest.Options{})
			config := queueConfig(t, server.Addr())
			config.MaxAttempts = 2
			site := openQueue(t, config)
			first, stop := consume(t, site, "q", nil)
			produceTo(t, site, "q", "first")
			nextOf(t, first, "the first message") // so that there is a group
			stop()

			bodies := []string{"a", "b", "c"}
			produceTo(t, site, "q", bodies...)
			server.Do("SET", "{queue:q}:"+foreign, "of another type")
			consumer, err := site.GetConsumer("q")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := consumer.Consume(ctx, func(context.Context, interfaces.Message) error { return errors.New("no") }); !errors.Is(err, interfaces.ErrInvalid) {
				t.Errorf("Consume: %v, want ErrInvalid", err)
			}

			server.Do("DEL", "{queue:q}:"+foreign)
			got, _ := consume(t, site, "q", nil)
			found := map[string]bool{}
			eventually(t, "each message being handled, or dead", func() bool {
				for len(got) > 0 {
					found[string((<-got).Body)] = true
				}
				for d, err := range site.ListDead(t.Context(), "q") {
					if err != nil {
						t.Fatal(err)
					}
					found[string(d.Body)] = true
				}
				return len(found) == len(bodies)
			})
		})
	}
}

// A call that is refused because a key is of another type has done nothing.
func TestQueueIsAsItWasWhereAScriptIsRefused(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	config := queueConfig(t, server.Addr())
	config.MaxAttempts = 1
	site := openQueue(t, config)
	producer, err := site.GetProducer("q")
	if err != nil {
		t.Fatal(err)
	}
	server.Do("SET", "{queue:q}:later", "of another type")
	if err := producer.(interfaces.IDelayedProducer).ProduceAfter(t.Context(), time.Hour, []byte("m")); !errors.Is(err, interfaces.ErrInvalid) {
		t.Errorf("ProduceAfter: %v, want ErrInvalid", err)
	}
	if depth := depthOf(t, site, "q"); depth != (interfaces.QueueDepth{}) {
		t.Errorf("after a ProduceAfter that was refused the queue holds %+v", depth)
	}

	produceTo(t, site, "q", "m")
	got, stop := consume(t, site, "q", func(context.Context, interfaces.Message) error { return errors.New("no") })
	id := nextOf(t, got, "the message").ID
	eventually(t, "it is dead", func() bool { return depthOf(t, site, "q") == interfaces.QueueDepth{Dead: 1} })
	stop()
	server.Do("SET", "{queue:q}:dead", "of another type")
	if _, err := site.RestoreDead(t.Context(), "q", id); !errors.Is(err, interfaces.ErrInvalid) {
		t.Errorf("RestoreDead: %v, want ErrInvalid", err)
	}
	server.Do("DEL", "{queue:q}:dead")
	if depth := depthOf(t, site, "q"); depth != (interfaces.QueueDepth{}) {
		t.Errorf("after a RestoreDead that was refused the queue holds %+v", depth)
	}
}

// What was begun with has had its attempt, also where the server refuses to note
// what became of it and the consumer leaves.
func TestQueueCountsTheAttemptsThatItCannotTellOf(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	config := queueConfig(t, server.Addr())
	config.MaxAttempts, config.Visibility = 1, 100*time.Millisecond
	site := openQueue(t, config)
	server.Do("SET", "{queue:q}:dead", "of another type")
	produceTo(t, site, "q", "m")
	consumer, err := site.GetConsumer("q")
	if err != nil {
		t.Fatal(err)
	}
	var attempts atomic.Int32
	handle := func(context.Context, interfaces.Message) error {
		attempts.Add(1)
		return errors.New("no")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := consumer.Consume(ctx, handle); !errors.Is(err, interfaces.ErrInvalid) {
		t.Errorf("Consume: %v, want ErrInvalid", err)
	}
	server.Do("DEL", "{queue:q}:dead")
	consume(t, site, "q", handle)
	eventually(t, "the message is dead", func() bool { return depthOf(t, site, "q") == interfaces.QueueDepth{Dead: 1} })
	if n := attempts.Load(); n > 1 {
		t.Errorf("there were %d attempts, want no second one", n)
	}
}

// A server that refuses to acknowledge, or to renew claims, would have everything
// done again and again.
func TestQueueEndsWhereItsUserLacksARight(t *testing.T) {
	for _, command := range []string{"xack", "xdel", "xclaim"} {
		t.Run(command, func(t *testing.T) {
			server := redistest.New(t, redistest.Options{})
			site := openQueue(t, queueConfig(t, server.Addr()))
			server.Do("ACL", "SETUSER", "default", "-"+command)
			produceTo(t, site, "q", "m")
			consumer, err := site.GetConsumer("q")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			err = consumer.Consume(ctx, func(ctx context.Context, _ interfaces.Message) error {
				if command == "xclaim" {
					<-ctx.Done() // which ends when nothing has renewed the claim
				}
				return nil
			})
			if !errors.Is(err, interfaces.ErrInvalid) {
				t.Errorf("Consume: %v, want ErrInvalid", err)
			}
		})
	}
}
