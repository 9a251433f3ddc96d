package redis_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func openBroadcast(t *testing.T, addr string, site *component.Site) *redis.Broadcast {
	t.Helper()
	config := redis.DefaultBroadcastConfig()
	config.Config = queueConfig(t, addr).Config
	b, err := redis.NewBroadcast(t.Context(), site, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return b
}

// hear has a consumer listen to "news" and returns what it hears, once it is
// subscribed.
func hear(t *testing.T, b *redis.Broadcast, client *goredis.Client, handle func(interfaces.Message) error) (<-chan interfaces.Message, func()) {
	t.Helper()
	const name = "news"
	consumer, err := b.GetConsumer(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	heard, ended := make(chan interfaces.Message, 100), make(chan error, 1)
	before := listeners(t, client, name)
	go func() {
		ended <- consumer.Consume(ctx, func(_ context.Context, m interfaces.Message) error {
			heard <- m
			if handle != nil {
				return handle(m)
			}
			return nil
		})
	}()
	eventually(t, "the consumer is subscribed", func() bool { return listeners(t, client, name) > before })
	return heard, func() {
		t.Helper()
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
}

func listeners(t *testing.T, client *goredis.Client, name string) int64 {
	t.Helper()
	counts, err := client.PubSubNumSub(t.Context(), name).Result()
	if err != nil {
		t.Fatal(err)
	}
	return counts[name]
}

func wantHeard(t *testing.T, heard <-chan interfaces.Message, want string) {
	t.Helper()
	select {
	case m := <-heard:
		if string(m.Body) != want || m.Attempt != 1 || m.ID == "" || time.Since(m.Time) > time.Minute {
			t.Errorf("heard %+v, want %q for the first time", m, want)
		}
	case <-time.After(patience):
		t.Errorf("%q was not heard", want)
	}
}

func TestBroadcastTalksAsTheOriginalDoes(t *testing.T) {
	redistest.Each(t, func(t *testing.T, backend redistest.Backend) {
		client := goredis.NewClient(&goredis.Options{Addr: backend.Addr})
		defer client.Close()
		b := openBroadcast(t, backend.Addr, nil)
		producer, err := b.GetProducer("news")
		if err != nil {
			t.Fatal(err)
		}
		if err := producer.Produce(t.Context(), []byte("nobody hears this")); err != nil {
			t.Errorf("Produce without a listener: %v", err)
		}

		one, stopOne := hear(t, b, client, func(interfaces.Message) error { return errors.New("no") })
		two, stopTwo := hear(t, b, client, func(m interfaces.Message) error { panic("no") })
		if err := client.Publish(t.Context(), "news", "from the original").Err(); err != nil {
			t.Fatal(err)
		}
		if err := producer.Produce(t.Context(), []byte("a"), nil, []byte("\x00b")); err != nil {
			t.Errorf("Produce: %v", err)
		}
		for _, want := range []string{"from the original", "a", "", "\x00b"} {
			wantHeard(t, one, want)
			wantHeard(t, two, want)
		}
		stopOne()
		stopTwo()

		original := client.Subscribe(t.Context(), "news")
		defer original.Close()
		if _, err := original.Receive(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := producer.Produce(t.Context(), []byte("to the original")); err != nil {
			t.Errorf("Produce: %v", err)
		}
		if m, err := original.ReceiveMessage(t.Context()); err != nil || m.Payload != "to the original" {
			t.Errorf("the original hears %v, %v", m, err)
		}
	})
}

func TestBroadcastListensAgain(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	proxy := redistest.NewProxy(t, server.Addr())
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	defer client.Close()
	log := &recordingLog{}
	b := openBroadcast(t, proxy.Addr(), siteWithLog(t, log))
	heard, stop := hear(t, b, client, nil)
	proxy.Cut()
	eventually(t, "the lost connection is said", func() bool { return log.count("was cut off") == 1 })
	if err := client.Publish(t.Context(), "news", "after").Err(); err != nil {
		t.Fatal(err)
	}
	wantHeard(t, heard, "after")
	stop()
}

// The server hangs when a lost subscription is made again: who ends Consume does
// not wait for that.
func TestBroadcastEndsWhileItSubscribes(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	proxy := redistest.NewProxy(t, server.Addr())
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	defer client.Close()
	config := redis.DefaultBroadcastConfig()
	config.Config = queueConfig(t, proxy.Addr()).Config
	config.ReadTimeout, config.WriteTimeout, config.DialTimeout = time.Hour, time.Hour, time.Hour
	b, err := redis.NewBroadcast(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	_, stop := hear(t, b, client, nil)
	proxy.Freeze()
	before := proxy.Accepted()
	proxy.Cut()
	eventually(t, "another connection for it", func() bool { return proxy.Accepted() > before })
	stop()
	if err := b.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestBroadcastRefusesBadCalls(t *testing.T) {
	b := openBroadcast(t, redistest.Mini(t).Addr(), nil)
	for _, name := range []string{"", "{", strings.Repeat("n", 1025)} {
		if _, err := b.GetProducer(name); !errors.Is(err, interfaces.ErrInvalid) {
			t.Errorf("GetProducer(%.10q): %v, want ErrInvalid", name, err)
		}
		if _, err := b.GetConsumer(name); !errors.Is(err, interfaces.ErrInvalid) {
			t.Errorf("GetConsumer(%.10q): %v, want ErrInvalid", name, err)
		}
	}
	consumer, _ := b.GetConsumer("news")
	if err := consumer.Consume(t.Context(), nil); !errors.Is(err, interfaces.ErrInvalid) {
		t.Errorf("Consume without a handler: %v, want ErrInvalid", err)
	}
	producer, _ := b.GetProducer("news")
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := producer.Produce(t.Context(), []byte("late")); !errors.Is(err, interfaces.ErrClosed) {
		t.Errorf("Produce after Close: %v, want ErrClosed", err)
	}
	if err := consumer.Consume(t.Context(), func(context.Context, interfaces.Message) error { return nil }); !errors.Is(err, interfaces.ErrClosed) {
		t.Errorf("Consume after Close: %v, want ErrClosed", err)
	}
	config := redis.DefaultBroadcastConfig()
	config.Concurrency = 0
	if _, err := redis.NewBroadcast(t.Context(), nil, config); err == nil || !strings.Contains(err.Error(), "concurrency") {
		t.Errorf("NewBroadcast without handlers: %v", err)
	}
}

func TestOriginalsQueueClassSaysWhatIsDifferent(t *testing.T) {
	reg := component.NewRegistry()
	if err := redis.Register(reg); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"redis.QueueSite": 0, "fivcglue.implements.queues_redis.QueueSiteImpl": 1} {
		t.Run(name, func(t *testing.T) {
			log := &recordingLog{}
			site := siteWithLog(t, log)
			class, ok := reg.Class(name)
			if !ok {
				t.Fatalf("there is no class %s", name)
			}
			if err := site.Build(t.Context(), []component.Item{{Class: class}}); err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := site.Close(context.Background()); err != nil {
					t.Error(err)
				}
			}()
			if got := log.count("redis.Broadcast"); got != want {
				t.Errorf("the log names redis.Broadcast %d times, want %d: %v", got, want, log.lines)
			}
		})
	}
}

func TestBroadcastClosesThoughThereIsNoTime(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		b := openBroadcast(t, redistest.Mini(t).Addr(), nil)
		if err := b.Close(ended); err != nil {
			t.Fatalf("Close of what is idle: %v", err)
		}
	}
}
