package benchmarks

import (
	"context"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/hibiken/asynq"
	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/implements/memory"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

const (
	queueProducers = 16
	queueHandlers  = 8
	queueBatch     = 100
	queueBody      = 100 // bytes
)

// handled counts messages in handlers, and lets those who produce wait for
// theirs.
type handled struct {
	count atomic.Int64
	want  atomic.Int64
	done  chan struct{}
}

func newHandled() *handled { return &handled{done: make(chan struct{}, 1)} }

// one is what a handler does.
func (h *handled) one() {
	if h.count.Add(1) == h.want.Load() {
		h.done <- struct{}{}
	}
}

// after produces n messages and returns when they are handled.
func (h *handled) after(n int, produce func()) {
	h.count.Store(0)
	h.want.Store(int64(n))
	produce()
	<-h.done
}

// sender produces messages and has them handled by handlers that count them.
type sender struct {
	*handled
	produce func(bodies ...[]byte)
}

// throughput is work for many producers that each send one message at a time.
func (s sender) throughput(settled func()) func(n int) {
	send := parallel(queueProducers, func(_, n int) {
		body := make([]byte, queueBody)
		for range n {
			s.produce(body)
		}
	})
	return func(n int) {
		s.after(n, func() { send(n) })
		settled()
	}
}

// oneByOne is work for one producer that sends each message when the one
// before is sent.
func (s sender) oneByOne() func(n int) {
	body := make([]byte, queueBody)
	return func(n int) {
		s.after(n, func() {
			for range n {
				s.produce(body)
			}
		})
	}
}

// batches is work for one producer that sends a hundred at once.
func (s sender) batches(settled func()) func(n int) {
	bodies := make([][]byte, queueBatch)
	for i := range bodies {
		bodies[i] = make([]byte, queueBody)
	}
	return func(n int) {
		s.after(n, func() {
			for ; n > queueBatch; n -= queueBatch {
				s.produce(bodies...)
			}
			s.produce(bodies[:n]...)
		})
		settled()
	}
}

// roundTrips is work for one producer that waits until each of its messages is
// handled.
func (s sender) roundTrips() func(n int) {
	body := make([]byte, queueBody)
	return func(n int) {
		for range n {
			s.after(1, func() { s.produce(body) })
		}
	}
}

func TestQueueOnRedis(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	ours8, settled := oursOn(t, server.Addr(), "eight", queueHandlers)
	watermill8 := watermillOn(t, server.Addr(), "eight", queueHandlers)
	asynq8 := asynqOn(t, server.Addr(), "eight", queueHandlers)
	compare(t, "queue: 16 producers, 8 handlers, produced to acknowledged",
		ours("redis.QueueSite", ours8.throughput(settled)),
		peer("watermill-redisstream", watermill8.throughput(func() {})).atMost(1.0/4),
		peer("asynq", asynq8.throughput(func() {})).atMost(1.0/4),
	)
	compare(t, "queue: one producer, batches of 100, the others one by one",
		ours("redis.QueueSite", ours8.batches(settled)),
		peer("watermill-redisstream", watermill8.oneByOne()).atMost(1.0/6),
		peer("asynq", asynq8.oneByOne()).atMost(1.0/6),
	)
}

func TestQueueRoundTripOnRedis(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	ours1, _ := oursOn(t, server.Addr(), "one", 1)
	watermill1 := watermillOn(t, server.Addr(), "one", 1)
	compare(t, "queue: round trip of a message when idle",
		ours("redis.QueueSite", ours1.roundTrips()),
		peer("watermill-redisstream", watermill1.roundTrips()).atMost(1.1),
	)
}

func TestQueueInMemory(t *testing.T) {
	config := memory.DefaultQueueConfig()
	config.Concurrency, config.MaxLength = queueHandlers, 1<<30
	site, err := memory.NewQueueSite(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	own := consumeOurs(t, site, "bench")
	compare(t, "queue in memory: 16 producers, 8 handlers",
		ours("memory.QueueSite", own.throughput(func() {})),
		peer("channel", overChannel(t).throughput(func() {})).atMost(3),
	)
}

// oursOn returns a sender of ours and a function that waits until all is
// acknowledged at the server.
func oursOn(t *testing.T, addr, name string, handlers int) (s sender, settled func()) {
	t.Helper()
	config := redis.DefaultQueueConfig()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	config.Host = host
	if config.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	config.Concurrency, config.MaxLength = handlers, 1<<30
	site, err := redis.NewQueueSite(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	s = consumeOurs(t, site, name)
	return s, func() {
		for {
			depth, err := site.GetDepth(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if depth == (interfaces.QueueDepth{}) {
				return
			}
		}
	}
}

// queueSite is a site that can be closed.
type queueSite interface {
	interfaces.IQueueSite
	Close(ctx context.Context) error
}

// consumeOurs has a consumer run until the test ends, and then closes the site.
func consumeOurs(t *testing.T, site queueSite, name string) sender {
	t.Helper()
	producer, err := site.GetProducer(name)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := site.GetConsumer(name)
	if err != nil {
		t.Fatal(err)
	}
	h := newHandled()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() {
		ended <- consumer.Consume(ctx, func(context.Context, interfaces.Message) error {
			h.one()
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := site.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return sender{h, func(bodies ...[]byte) {
		if err := producer.Produce(context.Background(), bodies...); err != nil {
			t.Error(err)
		}
	}}
}

func watermillOn(t *testing.T, addr, topic string, handlers int) sender {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{Addr: addr})
	publisher, err := redisstream.NewPublisher(redisstream.PublisherConfig{Client: client}, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	h := newHandled()
	ctx, cancel := context.WithCancel(context.Background())
	var subscribers []*redisstream.Subscriber
	for range handlers {
		subscriber, err := redisstream.NewSubscriber(redisstream.SubscriberConfig{
			Client: client, ConsumerGroup: "bench", Consumer: watermill.NewShortUUID(),
		}, watermill.NopLogger{})
		if err != nil {
			t.Fatal(err)
		}
		subscribers = append(subscribers, subscriber)
		messages, err := subscriber.Subscribe(ctx, "watermill:"+topic)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for m := range messages {
				m.Ack()
				h.one()
			}
		}()
	}
	t.Cleanup(func() {
		cancel()
		// Each closes the client, and all but one of them complain of that.
		for _, s := range subscribers {
			_ = s.Close()
		}
		_ = publisher.Close()
	})
	return sender{h, func(bodies ...[]byte) {
		for _, body := range bodies {
			if err := publisher.Publish("watermill:"+topic, message.NewMessage(watermill.NewUUID(), body)); err != nil {
				t.Error(err)
			}
		}
	}}
}

func asynqOn(t *testing.T, addr, queue string, handlers int) sender {
	t.Helper()
	options := asynq.RedisClientOpt{Addr: addr}
	client := asynq.NewClient(options)
	// It asks for messages so often when there are none; by default that is a
	// second, which would be all that is measured.
	server := asynq.NewServer(options, asynq.Config{
		Concurrency: handlers, TaskCheckInterval: 10 * time.Millisecond, Queues: map[string]int{queue: 1}, LogLevel: asynq.FatalLevel,
	})
	h := newHandled()
	err := server.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error {
		h.one()
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Shutdown()
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return sender{h, func(bodies ...[]byte) {
		for _, body := range bodies {
			if _, err := client.Enqueue(asynq.NewTask("bench", body), asynq.Queue(queue)); err != nil {
				t.Error(err)
			}
		}
	}}
}

// overChannel does what a queue in memory does, over a channel: a message that
// is the receiver's own, with an ID and the time at which it was produced.
func overChannel(t *testing.T) sender {
	messages := make(chan interfaces.Message, 1000)
	h := newHandled()
	for range queueHandlers {
		go func() {
			for range messages {
				h.one()
			}
		}()
	}
	t.Cleanup(func() { close(messages) })
	var ids atomic.Int64
	return sender{h, func(bodies ...[]byte) {
		for _, body := range bodies {
			messages <- interfaces.Message{
				ID: strconv.FormatInt(ids.Add(1), 10), Body: append([]byte(nil), body...), Attempt: 1, Time: time.Now(),
			}
		}
	}}
}
