package redis_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func TestQueueGoesOnAfterTheGroupIsLost(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	site := openQueue(t, queueConfig(t, server.Addr()))
	got, _ := consume(t, site, "q", nil)
	for i, lose := range []func(){
		func() {},
		server.Flush,
		func() { server.Do("SCRIPT", "FLUSH") },
		func() { server.Do("XGROUP", "DESTROY", "{queue:q}:stream", "fivcglue") },
		func() { server.Stop(); server.Start() },
	} {
		lose()
		body := fmt.Sprint("message ", i)
		eventually(t, "it can be produced again", func() bool {
			producer, err := site.GetProducer("q")
			if err != nil {
				t.Fatal(err)
			}
			return producer.Produce(t.Context(), []byte(body)) == nil
		})
		for string(nextOf(t, got, body).Body) != body {
			// What was in flight when the group was lost comes again.
		}
	}
}

func TestQueueKeysAreOneSlotAndLeaveNothing(t *testing.T) {
	redistest.Each(t, func(t *testing.T, b redistest.Backend) {
		client := goredis.NewClient(&goredis.Options{Addr: b.Addr})
		defer client.Close()
		site := openQueue(t, queueConfig(t, b.Addr))
		got, stop := consume(t, site, "a name: *", func(_ context.Context, m interfaces.Message) error {
			if string(m.Body) == "bad" {
				return errors.New("no")
			}
			return nil
		})
		produceTo(t, site, "a name: *", "good", "bad")
		producer, _ := site.GetProducer("a name: *")
		if err := producer.(interfaces.IDelayedProducer).ProduceAfter(t.Context(), 10*time.Millisecond, []byte("later")); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			nextOf(t, got, "a message or an attempt")
		}
		eventually(t, "one is dead and all others gone", func() bool {
			return depthOf(t, site, "a name: *") == interfaces.QueueDepth{Dead: 1}
		})
		stop()
		for d, err := range site.ListDead(t.Context(), "a name: *") {
			if err != nil {
				t.Fatal(err)
			}
			if n, err := site.DiscardDead(t.Context(), "a name: *", d.ID); n != 1 || err != nil {
				t.Errorf("DiscardDead = %d, %v", n, err)
			}
		}
		keys, err := client.Keys(t.Context(), "*").Result()
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			rest, ok := strings.CutPrefix(key, "{queue:a name: *}:")
			if !ok || rest != "stream" && !strings.HasPrefix(rest, "producer:") {
				t.Errorf("the key %q is there, of a queue that is empty", key)
			}
			if ttl := client.PTTL(t.Context(), key).Val(); rest != "stream" && ttl <= 0 {
				t.Errorf("the key %q stays for ever", key)
			}
		}
		if n := client.XLen(t.Context(), "{queue:a name: *}:stream").Val(); n != 0 {
			t.Errorf("%d acknowledged messages are in the stream", n)
		}
		consumers, err := client.XInfoConsumers(t.Context(), "{queue:a name: *}:stream", "fivcglue").Result()
		if err != nil || len(consumers) != 0 {
			t.Errorf("consumers that are known after Consume has returned: %v, %v", consumers, err)
		}
	})
}

// A server whose memory is full takes nothing more, and goes on to hand out what
// it has: that is what makes room.
func TestQueueIsConsumedThoughMemoryIsFull(t *testing.T) {
	const messages = 40
	server := redistest.New(t, redistest.Options{})
	site := openQueue(t, patient(queueConfig(t, server.Addr())))
	first, stop := consume(t, site, "q", nil)
	produceTo(t, site, "q", "first")
	nextOf(t, first, "the first message") // so that there is a group
	stop()
	for i := range messages {
		produceTo(t, site, "q", fmt.Sprint(i))
	}
	producer, err := site.GetProducer("q")
	if err != nil {
		t.Fatal(err)
	}
	if err := producer.(interfaces.IDelayedProducer).ProduceAfter(t.Context(), time.Millisecond, []byte("delayed")); err != nil {
		t.Fatal(err)
	}
	server.Do("CONFIG", "SET", "maxmemory", "1")
	if err := producer.Produce(t.Context(), []byte("more")); !errors.Is(err, interfaces.ErrUnavailable) {
		t.Errorf("Produce to a server whose memory is full: %v, want ErrUnavailable", err)
	}
	got, _ := consume(t, site, "q", func(_ context.Context, m interfaces.Message) error {
		if m.Attempt == 1 && string(m.Body) == "7" || string(m.Body) == "8" {
			return errors.New("again")
		}
		return nil
	})
	for range messages + 1 + 2 {
		nextOf(t, got, "a message, or another attempt")
	}
	eventually(t, "what is left is delayed or dead", func() bool {
		return depthOf(t, site, "q") == interfaces.QueueDepth{Delayed: 1, Dead: 1}
	})
	server.Do("CONFIG", "SET", "maxmemory", "0")
	if m := nextOf(t, got, "what was delayed"); string(m.Body) != "delayed" {
		t.Errorf("got %q", m.Body)
	}
}

func TestQueueBearsClocksThatJump(t *testing.T) {
	mini := redistest.Mini(t)
	now := time.Now()
	mini.SetTime(now)
	config := queueConfig(t, mini.Addr())
	config.MaxAttempts = 100
	site := openQueue(t, config)
	got, _ := consume(t, site, "q", func(_ context.Context, m interfaces.Message) error {
		if m.Attempt == 1 {
			return errors.New("again")
		}
		return nil
	})
	missing := map[string]bool{}
	for i, jump := range []time.Duration{0, time.Hour, -time.Hour, -48 * time.Hour, 24 * time.Hour} {
		mini.SetTime(now.Add(jump))
		body := fmt.Sprint("after a jump to ", jump, " number ", i)
		missing[body] = true
		produceTo(t, site, "q", body)
		nextOf(t, got, body)
	}
	// From then on time passes, and all that the jumps have delayed is due.
	passed := 72 * time.Hour
	eventually(t, "every message is delivered again", func() bool {
		passed += time.Second
		mini.SetTime(now.Add(passed))
		for len(got) > 0 {
			if m := <-got; m.Attempt > 1 {
				delete(missing, string(m.Body))
			}
		}
		return len(missing) == 0
	})
}

func TestQueueLogsAPanicWithItsStack(t *testing.T) {
	log := &recordingLog{}
	site, err := redis.NewQueueSite(t.Context(), siteWithLog(t, log), queueConfig(t, redistest.Mini(t).Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	got, _ := consume(t, site, "q", func(_ context.Context, m interfaces.Message) error {
		if m.Attempt == 1 {
			panic("out of cheese")
		}
		return nil
	})
	produceTo(t, site, "q", "m")
	nextOf(t, got, "the first attempt")
	nextOf(t, got, "the second attempt")
	if log.count("out of cheese") != 1 || log.count("queue_faults_test.go") != 1 {
		t.Errorf("the log does not have the panic and its stack once: %v", log.lines)
	}
}

func TestQueueWaitsForItsServer(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	server.Stop()
	site := openQueue(t, patient(queueConfig(t, server.Addr())))
	got, _ := consume(t, site, "q", nil)
	producer, err := site.GetProducer("q")
	if err != nil {
		t.Fatal(err)
	}
	if err := producer.Produce(t.Context(), []byte("m")); !errors.Is(err, interfaces.ErrUnavailable) {
		t.Errorf("Produce without a server: %v, want ErrUnavailable", err)
	}
	server.Start()
	eventually(t, "it can be produced", func() bool { return producer.Produce(t.Context(), []byte("m")) == nil })
	nextOf(t, got, "a message when the server is there")
	server.Freeze()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := producer.Produce(ctx, []byte("m")); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, interfaces.ErrUnavailable) {
		t.Errorf("Produce to a frozen server: %v, want DeadlineExceeded and ErrUnavailable", err)
	}
	server.Thaw()
	eventually(t, "it can be produced again", func() bool { return producer.Produce(t.Context(), []byte("after")) == nil })
	for string(nextOf(t, got, "a message after the server was frozen").Body) != "after" {
	}
}

func TestQueueConsumerWaitsForItsPassword(t *testing.T) {
	server := redistest.New(t, redistest.Options{Password: "secret"})
	site := openQueue(t, queueConfig(t, server.Addr()))
	got, _ := consume(t, site, "q", nil)
	producer, err := site.GetProducer("q")
	if err != nil {
		t.Fatal(err)
	}
	if err := producer.Produce(t.Context(), []byte("m")); !errors.Is(err, interfaces.ErrInvalid) {
		t.Errorf("Produce without the password: %v, want ErrInvalid", err)
	}
	server.SetPassword("")
	eventually(t, "it can be produced", func() bool { return producer.Produce(t.Context(), []byte("m")) == nil })
	nextOf(t, got, "a message when no password is asked for any more")
}

func TestQueueGivesBackWhatItReadAhead(t *testing.T) {
	redistest.Each(t, func(t *testing.T, b redistest.Backend) {
		config := patient(queueConfig(t, b.Addr))
		site := openQueue(t, config)
		bodies := make([]string, 0, config.MaxLength)
		for range 30 {
			bodies = append(bodies, "quick")
		}
		for range config.Concurrency {
			bodies = append(bodies, "block")
		}
		const ahead = 10
		for range ahead {
			bodies = append(bodies, "ahead")
		}
		produceTo(t, site, "q", bodies...)
		release := make(chan struct{})
		got, stop := consume(t, site, "q", func(_ context.Context, m interfaces.Message) error {
			if string(m.Body) == "block" {
				<-release
			}
			return nil
		})
		for range 30 + config.Concurrency {
			nextOf(t, got, "a message")
		}
		eventually(t, "the rest is read ahead", func() bool {
			return depthOf(t, site, "q").InFlight >= config.Concurrency+ahead
		})
		time.AfterFunc(200*time.Millisecond, func() { close(release) }) // by then the run has to end
		stop()
		heir, _ := consume(t, openQueue(t, config), "q", nil)
		for range ahead {
			if m := nextOf(t, heir, "what was read ahead"); string(m.Body) != "ahead" || m.Attempt != 1 {
				t.Errorf("got %q attempt %d, want what was read ahead, attempt 1", m.Body, m.Attempt)
			}
		}
	})
}

// A handler goes on though its claim is lost, and the message comes back to the
// same consumer meanwhile, after somebody else's attempt.
func TestQueueHandsOutWhatALostHandlerStillHas(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	defer client.Close()
	const stream, group = "{queue:q}:stream", "fivcglue"
	site := openQueue(t, queueConfig(t, server.Addr()))
	release := make(chan struct{})
	lost := make(chan struct{})
	got, _ := consume(t, site, "q", func(ctx context.Context, m interfaces.Message) error {
		if m.Attempt == 1 {
			<-ctx.Done()
			close(lost)
			<-release
			return errors.New("too late to matter")
		}
		return nil
	})
	defer close(release)
	produceTo(t, site, "q", "m")
	id := nextOf(t, got, "the message").ID

	claim := goredis.XClaimArgs{Stream: stream, Group: group, Consumer: "another", Messages: []string{id}}
	if err := client.XClaimJustID(t.Context(), &claim).Err(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-lost:
	case <-time.After(patience):
		t.Fatal("the handler's context does not end")
	}
	if _, err := client.TxPipelined(t.Context(), func(pipe goredis.Pipeliner) error {
		pipe.XAck(t.Context(), stream, group, id)
		pipe.ZAdd(t.Context(), "{queue:q}:retry", goredis.Z{Member: id + ":2"})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if m := nextOf(t, got, "the message that another has given back"); m.ID != id || m.Attempt != 3 {
		t.Errorf("got %s attempt %d, want %s attempt 3", m.ID, m.Attempt, id)
	}
	eventually(t, "it is acknowledged", func() bool { return depthOf(t, site, "q") == interfaces.QueueDepth{} })
}

// What was done is acknowledged also when no read is to come, because all workers
// are at something that takes long.
func TestQueueAcknowledgesWhileItsWorkersAreBusy(t *testing.T) {
	redistest.Each(t, func(t *testing.T, b redistest.Backend) {
		config := patient(queueConfig(t, b.Addr))
		config.Concurrency = 1
		site := openQueue(t, config)
		bodies := make([]string, 41) // so many that it reads ahead
		bodies[40] = "long"
		produceTo(t, site, "q", bodies...)
		release, long := make(chan struct{}), make(chan struct{})
		defer close(release)
		consume(t, site, "q", func(_ context.Context, m interfaces.Message) error {
			if string(m.Body) == "long" {
				close(long)
				<-release
			}
			time.Sleep(time.Millisecond) // so that the last are handled when there is nothing more to be read
			return nil
		})
		select {
		case <-long:
		case <-time.After(patience):
			t.Error("the long one is not begun with")
		}
		eventually(t, "only the long one is in flight", func() bool {
			return depthOf(t, site, "q") == interfaces.QueueDepth{InFlight: 1}
		})
	})
}
