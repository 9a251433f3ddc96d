package memory_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/memory"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// Both ends of a queue at work: 16 producers, 8 handlers, 100 bytes a message.
const (
	benchProducers = 16
	benchHandlers  = 8
	benchBody      = 100
)

func BenchmarkQueue(b *testing.B) {
	config := memory.DefaultQueueConfig()
	config.Concurrency = benchHandlers
	config.MaxLength = b.N + 1
	site, err := memory.NewQueueSite(b.Context(), nil, config)
	if err != nil {
		b.Fatal(err)
	}
	producer, _ := site.GetProducer("bench")
	consumer, _ := site.GetConsumer("bench")
	ctx, cancel := context.WithCancel(b.Context())
	var handled atomic.Int64
	body := make([]byte, benchBody)
	b.ReportAllocs()
	b.ResetTimer()
	produceAll(b.N, func() {
		if err := producer.Produce(ctx, body); err != nil {
			b.Error(err)
		}
	}, func() {
		err := consumer.Consume(ctx, func(context.Context, interfaces.Message) error {
			if handled.Add(1) == int64(b.N) {
				cancel()
			}
			return nil
		})
		if err != nil {
			b.Error(err)
		}
	})
}

// BenchmarkChannel does the same over a channel: a message that is the
// receiver's own, with an ID and the time it was produced.
func BenchmarkChannel(b *testing.B) {
	messages := make(chan interfaces.Message, 1000)
	body := make([]byte, benchBody)
	var handled, ids atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	produceAll(b.N, func() {
		messages <- interfaces.Message{
			ID: strconv.FormatInt(ids.Add(1), 10), Body: append([]byte(nil), body...), Attempt: 1, Time: time.Now(),
		}
	}, func() {
		var handlers sync.WaitGroup
		for range benchHandlers {
			handlers.Go(func() {
				for range messages {
					if handled.Add(1) == int64(b.N) {
						close(messages)
					}
				}
			})
		}
		handlers.Wait()
	})
}

func produceAll(n int, produce, consume func()) {
	var all sync.WaitGroup
	all.Go(consume)
	for i := range benchProducers {
		all.Go(func() {
			for j := i; j < n; j += benchProducers {
				produce()
			}
		})
	}
	all.Wait()
}
