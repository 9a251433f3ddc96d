package memory_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/memory"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
)

func queueHarness() (interfacestest.QueueHarness, error) {
	config := memory.DefaultQueueConfig()
	config.MaxAttempts, config.Concurrency, config.MaxLength = 3, 4, 50
	config.RetryDelay, config.MaxRetryDelay = 20*time.Millisecond, 200*time.Millisecond
	site, err := memory.NewQueueSite(context.Background(), nil, config)
	return interfacestest.QueueHarness{
		Site: site, MaxAttempts: config.MaxAttempts, Concurrency: config.Concurrency,
		MaxLength: config.MaxLength, RetryDelay: config.RetryDelay,
	}, err
}

func TestQueueConforms(t *testing.T) {
	interfacestest.TestQueue(t, func(t *testing.T) interfacestest.QueueHarness {
		t.Parallel()
		h, err := queueHarness()
		if err != nil {
			t.Fatal(err)
		}
		return h
	})
}

func TestQueueConformsInControlledTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if err := interfacestest.CheckQueue(t.Context(), queueHarness); err != nil {
			t.Error(err)
		}
	})
}

// openQueue returns a site with the defaults as changed, closed with the test.
func openQueue(t *testing.T, change func(*memory.QueueConfig)) *memory.QueueSite {
	t.Helper()
	config := memory.DefaultQueueConfig()
	if change != nil {
		change(&config)
	}
	site, err := memory.NewQueueSite(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return site
}

func produce(t *testing.T, site interfaces.IQueueSite, name string, bodies ...string) {
	t.Helper()
	producer, err := site.GetProducer(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range bodies {
		if err := producer.Produce(t.Context(), []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
}

// consumeAll handles the messages of queue q until none has come for an hour of the bubble's
// time.
func consumeAll(t *testing.T, site interfaces.IQueueSite, handle func(context.Context, interfaces.Message) error) {
	t.Helper()
	consumer, err := site.GetConsumer("q")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	idle := time.AfterFunc(time.Hour, cancel)
	defer idle.Stop()
	err = consumer.Consume(ctx, func(ctx context.Context, m interfaces.Message) error {
		idle.Reset(time.Hour)
		return handle(ctx, m)
	})
	if err != nil {
		t.Errorf("Consume: %v", err)
	}
}

func TestQueueHandsOutInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := openQueue(t, nil)
		var want, got []string
		for i := range 1000 {
			want = append(want, fmt.Sprint(i))
		}
		produce(t, site, "q", want...)
		consumeAll(t, site, func(_ context.Context, m interfaces.Message) error {
			got = append(got, string(m.Body))
			return nil
		})
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("got %v", got)
		}
	})
}

func TestQueueWaitsLongerBeforeEachAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := openQueue(t, func(c *memory.QueueConfig) {
			c.MaxAttempts, c.RetryDelay, c.MaxRetryDelay = 7, time.Second, 8*time.Second
		})
		produce(t, site, "q", "m")
		var at []time.Time
		consumeAll(t, site, func(context.Context, interfaces.Message) error {
			at = append(at, time.Now())
			return errors.New("no")
		})
		most := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 8 * time.Second, 8 * time.Second}
		if len(at) != len(most)+1 {
			t.Fatalf("%d attempts, want %d", len(at), len(most)+1)
		}
		for i, longest := range most {
			waited := at[i+1].Sub(at[i])
			if waited < longest/2 || waited > longest {
				t.Errorf("attempt %d came after %v, want %v to %v", i+2, waited, longest/2, longest)
			}
		}
	})
}

func TestQueueDelaysToTheMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := openQueue(t, nil)
		began := time.Now()
		p, err := site.GetProducer("q")
		if err != nil {
			t.Fatal(err)
		}
		delays := []time.Duration{30 * time.Minute, time.Millisecond, 2 * time.Second, 0, time.Minute}
		for _, delay := range delays {
			if err := p.(interfaces.IDelayedProducer).ProduceAfter(t.Context(), delay, []byte(delay.String())); err != nil {
				t.Fatal(err)
			}
		}
		handled := 0
		consumeAll(t, site, func(_ context.Context, m interfaces.Message) error {
			handled++
			if waited := time.Since(began).String(); waited != string(m.Body) {
				t.Errorf("a message delayed for %s came after %s", m.Body, waited)
			}
			return nil
		})
		if handled != len(delays) {
			t.Errorf("%d messages were handled, want %d", handled, len(delays))
		}
	})
}

func TestQueueIDsAreNotUsedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := openQueue(t, nil)
		seen := map[string]bool{}
		for range 3 {
			// The queue is reclaimed after each round.
			produce(t, site, "q", "a", "b")
			consumeAll(t, site, func(_ context.Context, m interfaces.Message) error {
				if seen[m.ID] {
					t.Errorf("the ID %s was used before", m.ID)
				}
				seen[m.ID] = true
				return nil
			})
		}
	})
}

func TestQueueNamesAreReclaimed(t *testing.T) {
	const names = 20_000
	synctest.Test(t, func(t *testing.T) {
		site := openQueue(t, nil)
		before := heap()
		for i := range names {
			name := fmt.Sprintf("one of many queues, number %d", i)
			produce(t, site, name, "m")
			consumer, err := site.GetConsumer(name)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			if err := consumer.Consume(ctx, func(context.Context, interfaces.Message) error { cancel(); return nil }); err != nil {
				t.Fatal(err)
			}
			if _, err := site.GetDepth(t.Context(), name+" that nobody uses"); err != nil {
				t.Fatal(err)
			}
			// Until its goroutines have ended: the runtime keeps the memory of
			// as many as there ever were at once.
			synctest.Wait()
		}
		if grown := heap() - before; grown > names*50 {
			t.Errorf("%d used and emptied queues hold %d bytes", names, grown)
		}
		runtime.KeepAlive(site)
	})
}

func TestQueueMemoryShrinksWithWhatItHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := openQueue(t, func(c *memory.QueueConfig) { c.MaxLength = 200_000 })
		before := heap()
		body := strings.Repeat("x", 100)
		for range 200_000 {
			produce(t, site, "q", body)
		}
		handled := 0
		consumeAll(t, site, func(context.Context, interfaces.Message) error { handled++; return nil })
		if handled != 200_000 {
			t.Errorf("%d messages were handled", handled)
		}
		produce(t, site, "q", "keeps the queue")
		if grown := heap() - before; grown > 2<<20 {
			t.Errorf("a queue that was emptied holds %d bytes", grown)
		}
		runtime.KeepAlive(site)
	})
}

func TestQueueCloseGivesUpWaitingForHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site, err := memory.NewQueueSite(t.Context(), nil, memory.DefaultQueueConfig())
		if err != nil {
			t.Fatal(err)
		}
		produce(t, site, "q", "m")
		consumer, _ := site.GetConsumer("q")
		var cause error
		var consuming sync.WaitGroup
		consuming.Go(func() {
			err := consumer.Consume(t.Context(), func(ctx context.Context, _ interfaces.Message) error {
				<-ctx.Done()
				cause = context.Cause(ctx)
				return nil
			})
			if !errors.Is(err, interfaces.ErrClosed) {
				t.Errorf("Consume: %v, want ErrClosed", err)
			}
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		if err := site.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close while a handler waits for its context: %v, want DeadlineExceeded", err)
		}
		if waited := time.Since(began); waited != time.Minute {
			t.Errorf("Close waited %v for the handler, want a minute", waited)
		}
		consuming.Wait()
		if !errors.Is(cause, interfaces.ErrClosed) {
			t.Errorf("the handler's context ended with %v, want ErrClosed", cause)
		}
		if err := site.Close(t.Context()); err != nil {
			t.Errorf("Close again: %v", err)
		}
	})
}

func TestQueueSettingsThatContradictEachOther(t *testing.T) {
	config := memory.DefaultQueueConfig()
	config.MaxAttempts, config.Visibility = 0, 99*time.Millisecond
	_, err := memory.NewQueueSite(t.Context(), nil, config)
	if _, ok := errors.AsType[component.KeyError](err); !ok || !strings.Contains(err.Error(), "visibility") || !strings.Contains(err.Error(), "max_attempts") {
		t.Errorf("NewQueueSite: %v, want KeyErrors of visibility and max_attempts", err)
	}
}
