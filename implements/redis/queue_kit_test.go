package redis_test

import (
	"context"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// consume has a consumer run until the test ends or stop is called, and returns
// what its handler is given. A nil handle acknowledges.
func consume(t *testing.T, site *redis.QueueSite, name string, handle func(context.Context, interfaces.Message) error) (got <-chan interfaces.Message, stop func()) {
	t.Helper()
	consumer, err := site.GetConsumer(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	messages, ended := make(chan interfaces.Message, 100_000), make(chan error, 1)
	go func() {
		ended <- consumer.Consume(ctx, func(ctx context.Context, m interfaces.Message) error {
			messages <- m
			if handle == nil {
				return nil
			}
			return handle(ctx, m)
		})
	}()
	stopped := false
	stop = func() {
		t.Helper()
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Consume: %v", err)
			}
		case <-time.After(patience):
			t.Error("Consume does not end")
		}
	}
	t.Cleanup(stop)
	return messages, stop
}

func produceTo(t *testing.T, site interfaces.IQueueSite, name string, bodies ...string) {
	t.Helper()
	producer, err := site.GetProducer(name)
	if err != nil {
		t.Fatal(err)
	}
	messages := make([][]byte, len(bodies))
	for i, body := range bodies {
		messages[i] = []byte(body)
	}
	if err := producer.Produce(t.Context(), messages...); err != nil {
		t.Fatalf("Produce: %v", err)
	}
}

func nextOf(t *testing.T, got <-chan interfaces.Message, what string) interfaces.Message {
	t.Helper()
	select {
	case m := <-got:
		return m
	case <-time.After(patience):
		t.Fatalf("%s was not delivered within %v", what, patience)
		return interfaces.Message{}
	}
}

func depthOf(t *testing.T, site *redis.QueueSite, name string) interfaces.QueueDepth {
	t.Helper()
	depth, err := site.GetDepth(t.Context(), name)
	if err != nil {
		t.Fatalf("GetDepth: %v", err)
	}
	return depth
}

// patient has a visibility that no test waits for.
func patient(config redis.QueueConfig) redis.QueueConfig {
	config.Visibility = time.Hour
	return config
}
