package redis_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
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

func TestQueueForgetsConsumersThatDied(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{})
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	defer client.Close()
	const stream, group = "{queue:q}:stream", "fivcglue"
	config := queueConfig(t, server.Addr())
	config.Visibility = 500 * time.Millisecond
	site := openQueue(t, config)
	redis.ForgetConsumersAfter(site, time.Millisecond)
	produceTo(t, site, "q", "kept", "done")
	if err := client.XGroupCreate(t.Context(), stream, group, "0").Err(); err != nil {
		t.Fatal(err)
	}
	for _, dead := range []string{"has a message", "has none"} {
		streams, err := client.XReadGroup(t.Context(), &goredis.XReadGroupArgs{
			Group: group, Consumer: dead, Streams: []string{stream, ">"}, Count: 1, Block: -1,
		}).Result()
		if err != nil {
			t.Fatal(err)
		}
		if dead == "has none" {
			if err := client.XAck(t.Context(), stream, group, streams[0].Messages[0].ID).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	eventually(t, "they have been silent for long", func() bool {
		consumers, err := client.XInfoConsumers(t.Context(), stream, group).Result()
		return err == nil && min(consumers[0].Idle, consumers[1].Idle) > 10*config.Visibility
	})
	got, _ := consume(t, site, "q", nil)
	if m := nextOf(t, got, "the message of the dead consumer"); string(m.Body) != "kept" || m.Attempt != 2 {
		t.Errorf("got %q attempt %d, want what the dead consumer had, attempt 2", m.Body, m.Attempt)
	}
	eventually(t, "the consumers that died are forgotten", func() bool {
		consumers, err := client.XInfoConsumers(t.Context(), stream, group).Result()
		return err == nil && len(consumers) == 1
	})
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

func TestQueueBuriesWhatKillsItsConsumers(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, b redistest.Backend) {
		client := goredis.NewClient(&goredis.Options{Addr: b.Addr})
		defer client.Close()
		const stream, group = "{queue:q}:stream", "fivcglue"
		config := queueConfig(t, b.Addr)
		config.MaxAttempts, config.Visibility = 2, 2*time.Second // a handler begins before that
		log := &recordingLog{}
		site, err := redis.NewQueueSite(t.Context(), siteWithLog(t, log), config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := site.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
		produceTo(t, site, "q", "poison", "read ahead")
		if err := client.XGroupCreate(t.Context(), stream, group, "0").Err(); err != nil {
			t.Fatal(err)
		}
		// A consumer that has read both, begun with the first, for the second
		// time, and died.
		read, err := client.XReadGroup(t.Context(), &goredis.XReadGroupArgs{
			Group: group, Consumer: "dead", Streams: []string{stream, ">"}, Count: 2, Block: -1,
		}).Result()
		if err != nil {
			t.Fatal(err)
		}
		poison := read[0].Messages[0].ID
		if err := client.Do(t.Context(), "XCLAIM", queueStream, queueGroup, "dead", 0, poison, "RETRYCOUNT", 2).Err(); err != nil {
			t.Fatal(err)
		}
		if err := client.HSet(t.Context(), "{queue:q}:unstarted", "dead", poison).Err(); err != nil {
			t.Fatal(err)
		}
		got, _ := consume(t, site, "q", nil)
		if m := nextOf(t, got, "what was read ahead"); string(m.Body) != "read ahead" || m.Attempt != 1 {
			t.Errorf("got %q attempt %d, want what was read ahead, attempt 1", m.Body, m.Attempt)
		}
		eventually(t, "what killed its consumers is dead", func() bool {
			return depthOf(t, site, "q") == interfaces.QueueDepth{Dead: 1}
		})
		for d, err := range site.ListDead(t.Context(), "q") {
			if err != nil || string(d.Body) != "poison" || d.Attempt != 2 || !strings.Contains(d.Reason, "consumer died") {
				t.Errorf("the dead letter is %+v, %v", d, err)
			}
		}
		eventually(t, "the log says once that a message was given up on", func() bool {
			return log.count("goes to the dead letters") == 1
		})
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

// What the server has of queue "q".
const (
	queueStream = "{queue:q}:stream"
	queueGroup  = "fivcglue"
)

// readAndDie has a new consumer "dead" of queue "q", and of its group, get
// messages that it does nothing with.
func readAndDie(t *testing.T, client *goredis.Client, count int64) []goredis.XMessage {
	t.Helper()
	if err := client.XGroupCreate(t.Context(), queueStream, queueGroup, "0").Err(); err != nil {
		t.Fatal(err)
	}
	read, err := client.XReadGroup(t.Context(), &goredis.XReadGroupArgs{
		Group: queueGroup, Consumer: "dead", Streams: []string{queueStream, ">"}, Count: count, Block: -1,
	}).Result()
	if err != nil {
		t.Fatal(err)
	}
	return read[0].Messages
}

// A message that killed its consumers does not stand in the way of others where
// the server's memory is full.
func TestQueueBuriesThoughTheMemoryIsFull(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	defer client.Close()
	config := queueConfig(t, server.Addr())
	config.Concurrency = 1
	site := openQueue(t, config)
	produceTo(t, site, "q", "poison", "behind")
	poison := readAndDie(t, client, 2)[0].ID
	if err := client.Do(t.Context(), "XCLAIM", queueStream, queueGroup, "dead", 0, poison, "RETRYCOUNT", config.MaxAttempts).Err(); err != nil {
		t.Fatal(err)
	}
	server.Do("CONFIG", "SET", "maxmemory", "1")
	got, _ := consume(t, site, "q", nil)
	if m := nextOf(t, got, "what was behind"); string(m.Body) != "behind" {
		t.Errorf("got %q, want what was behind", m.Body)
	}
	eventually(t, "what killed its consumers is dead", func() bool {
		return depthOf(t, site, "q") == interfaces.QueueDepth{Dead: 1}
	})
}

// What a consumer had that died comes before what is new, and at the pace of those
// who take it over, however busy they are.
func TestQueueTakesOverFromTheDeadInTheMidstOfWork(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	defer client.Close()
	const died, fresh = 30, 70
	config := patient(queueConfig(t, server.Addr()))
	config.MaxLength = died + fresh
	site := openQueue(t, config)
	bodies := make([]string, died)
	for i := range bodies {
		bodies[i] = "of the dead"
	}
	produceTo(t, site, "q", bodies...)
	for _, m := range readAndDie(t, client, died) {
		args := []any{"XCLAIM", queueStream, queueGroup, "dead", 0, m.ID, "IDLE", (2 * config.Visibility).Milliseconds(), "JUSTID"}
		if err := client.Do(t.Context(), args...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	produceTo(t, site, "q", make([]string, fresh)...)
	// So long that they have no time to claim at once as many as they are, and
	// read ahead all the same.
	const long = 55 * time.Millisecond
	got, _ := consume(t, site, "q", func(context.Context, interfaces.Message) error {
		time.Sleep(long)
		return nil
	})
	last := 0
	for i := range died + fresh {
		if m := nextOf(t, got, "a message"); len(m.Body) > 0 {
			last = i
		}
	}
	if last > died+fresh*3/4 {
		t.Errorf("the last of %d messages of the dead came as number %d, among %d new ones", died, last+1, fresh)
	}
}
