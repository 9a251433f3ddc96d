package redis_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// BenchmarkQueue takes messages from 16 producers to 8 handlers of one
// consumer, to when they are acknowledged.
func BenchmarkQueue(b *testing.B) {
	const producers, handlers = 16, 8
	server := redistest.New(b, redistest.Options{})
	config := queueConfig(b, server.Addr())
	config.Concurrency, config.MaxLength, config.Visibility = handlers, b.N+1, 30e9
	site := openQueue(b, config)
	producer, _ := site.GetProducer("bench")
	consumer, _ := site.GetConsumer("bench")
	ctx, cancel := context.WithCancel(b.Context())
	var handled atomic.Int64
	body := make([]byte, 100)
	b.ReportAllocs()
	b.ResetTimer()
	var all sync.WaitGroup
	all.Go(func() {
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
	for i := range producers {
		all.Go(func() {
			for j := i; j < b.N; j += producers {
				if err := producer.Produce(b.Context(), body); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// BenchmarkQueueRoundTrip takes one message at a time to a consumer that waits
// for it.
func BenchmarkQueueRoundTrip(b *testing.B) {
	server := redistest.New(b, redistest.Options{})
	config := queueConfig(b, server.Addr())
	config.Visibility = 30e9
	site := openQueue(b, config)
	producer, _ := site.GetProducer("bench")
	consumer, _ := site.GetConsumer("bench")
	ctx, cancel := context.WithCancel(b.Context())
	handled := make(chan struct{})
	var consuming sync.WaitGroup
	consuming.Go(func() {
		err := consumer.Consume(ctx, func(context.Context, interfaces.Message) error {
			handled <- struct{}{}
			return nil
		})
		if err != nil {
			b.Error(err)
		}
	})
	body := make([]byte, 100)
	b.ResetTimer()
	for range b.N {
		if err := producer.Produce(b.Context(), body); err != nil {
			b.Error(err)
		}
		<-handled
	}
	b.StopTimer()
	cancel()
	consuming.Wait()
}
