package redis_test

import (
	"context"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

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
