package redis_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// consumerEnv tells a process that it is a consumer, of the server at its
// value.
const consumerEnv = "FIVCGLUE_TEST_QUEUE_CONSUMER"

// survivalConfig is that of the processes that are killed, and of the one that
// counts what they did.
func survivalConfig(t testing.TB, addr string) redis.QueueConfig {
	config := queueConfig(t, addr)
	config.Visibility = time.Second
	config.MaxAttempts, config.MaxLength, config.Concurrency = 1000, 100_000, 8
	return config
}

// TestQueueConsumerProcess is what TestQueueSurvives runs as processes of
// their own. It says what it has handled, a line each, until it is killed or
// its standard input ends.
func TestQueueConsumerProcess(t *testing.T) {
	addr := os.Getenv(consumerEnv)
	if addr == "" {
		t.Skip("this is not a process that TestQueueSurvives has started")
	}
	site := openQueue(t, survivalConfig(t, addr))
	consumer, err := site.GetConsumer("survival")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		cancel()
	}()
	err = consumer.Consume(ctx, func(_ context.Context, m interfaces.Message) error {
		time.Sleep(rand.N(2 * time.Millisecond))
		_, err := fmt.Fprintf(os.Stdout, "handled %s\n", m.Body)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// consumerProcess is one that runs.
type consumerProcess struct {
	cmd  *exec.Cmd
	read sync.WaitGroup
}

func startConsumer(t *testing.T, addr string, handled func(body string)) *consumerProcess {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestQueueConsumerProcess$")
	cmd.Env = append(os.Environ(), consumerEnv+"="+addr)
	if _, err := cmd.StdinPipe(); err != nil { // ends with this process
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &consumerProcess{cmd: cmd}
	p.read.Go(func() {
		for lines := bufio.NewReader(out); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				return // an unfinished line was not handled
			}
			if body, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "handled "); ok {
				handled(body)
			}
		}
	})
	return p
}

// kill ends the process at once, as kill -9 does.
func (p *consumerProcess) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	p.read.Wait()
	_ = p.cmd.Wait() // killed
}

// TestQueueSurvives produces 10,000 messages while the processes that handle
// them are killed, connections cut, the server killed, restarted and frozen.
func TestQueueSurvives(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes several seconds")
	}
	const messages, producers, consumers = 10_000, 8, 3
	server := redistest.New(t, redistest.Options{AppendOnly: true})
	proxy := redistest.NewProxy(t, server.Addr())

	var mu sync.Mutex
	times := map[string]int{}
	handled := func(body string) {
		mu.Lock()
		defer mu.Unlock()
		times[body]++
	}
	var running [consumers]*consumerProcess
	for i := range running {
		running[i] = startConsumer(t, proxy.Addr(), handled)
	}
	defer func() {
		for _, p := range running {
			p.kill()
		}
	}()

	// Each producer goes on with a message until it is told that it was added.
	site := openQueue(t, survivalConfig(t, proxy.Addr()))
	var repeats atomic.Int64
	var producing sync.WaitGroup
	for p := range producers {
		producing.Go(func() {
			producer, err := site.GetProducer("survival")
			if err != nil {
				t.Error(err)
				return
			}
			for i := p; i < messages; i += producers {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				for {
					err := producer.Produce(ctx, fmt.Append(nil, i))
					if err == nil {
						break
					}
					if !errors.Is(err, interfaces.ErrUnavailable) || ctx.Err() != nil {
						t.Errorf("Produce: %v", err)
						break
					}
					repeats.Add(1)
					time.Sleep(5 * time.Millisecond)
				}
				cancel()
				time.Sleep(rand.N(2 * time.Millisecond))
			}
		})
	}

	produced := make(chan struct{})
	go func() { producing.Wait(); close(produced) }()
	kills, cuts, restarts, freezes := 0, 0, 0, 0
	for disaster, over := 0, false; !over; disaster++ {
		select {
		case <-produced:
			over = true
			continue
		case <-time.After(200 * time.Millisecond):
		}
		switch disaster % 6 {
		case 0, 2, 4:
			i := rand.IntN(consumers)
			running[i].kill()
			running[i] = startConsumer(t, proxy.Addr(), handled)
			kills++
		case 1:
			proxy.Cut()
			cuts++
		case 3:
			server.Kill()
			server.Start()
			restarts++
		case 5:
			server.Freeze()
			time.Sleep(200 * time.Millisecond)
			server.Thaw()
			freezes++
		}
	}

	count := func() (distinct, all int) {
		mu.Lock()
		defer mu.Unlock()
		for _, n := range times {
			all += n
		}
		return len(times), all
	}
	end := time.Now().Add(20 * time.Second)
	for distinct, _ := count(); distinct < messages && time.Now().Before(end); distinct, _ = count() {
		time.Sleep(10 * time.Millisecond)
	}
	eventually(t, "nothing waits and nothing is in flight", func() bool {
		return depthOf(t, site, "survival") == interfaces.QueueDepth{}
	})
	distinct, all := count()
	t.Logf("%d messages; %d consumers killed, %d times all connections cut, %d server crashes, %d freezes; "+
		"%d calls of Produce repeated; %d messages lost, %d handled more than once",
		messages, kills, cuts, restarts, freezes, repeats.Load(), messages-distinct, all-distinct)
	if distinct != messages {
		t.Errorf("%d of %d messages were lost", messages-distinct, messages)
	}
	if kills == 0 || cuts == 0 || restarts == 0 || freezes == 0 {
		t.Error("the messages were through before all disasters had struck")
	}
}

// TestQueueBuriesAtomically has the server crash again and again while
// messages go from the queue to the dead letters: each is in one of them.
func TestQueueBuriesAtomically(t *testing.T) {
	const messages = 300
	server := redistest.New(t, redistest.Options{AppendOnly: true})
	config := survivalConfig(t, server.Addr())
	config.MaxAttempts = 1
	site := openQueue(t, config)
	bodies := make([]string, messages)
	for i := range bodies {
		bodies[i] = fmt.Sprint(i)
	}
	produceTo(t, site, "q", bodies...)
	consume(t, site, "q", func(context.Context, interfaces.Message) error {
		time.Sleep(rand.N(2 * time.Millisecond))
		return errors.New("no")
	})
	for crashes := range 100 {
		time.Sleep(rand.N(20 * time.Millisecond))
		server.Kill()
		server.Start()
		var depth interfaces.QueueDepth
		eventually(t, "the queue can be asked", func() (ok bool) {
			var err error
			depth, err = site.GetDepth(t.Context(), "q")
			return err == nil
		})
		if sum := depth.Waiting + depth.InFlight + depth.Delayed + depth.Dead; sum != messages {
			t.Fatalf("after crash %d there are %+v, which is %d messages, want %d", crashes+1, depth, sum, messages)
		}
		if depth.Dead == messages {
			break
		}
	}
	eventually(t, "all are dead", func() bool { return depthOf(t, site, "q").Dead == messages })
	seen := map[string]bool{}
	for d, err := range site.ListDead(t.Context(), "q") {
		if err != nil {
			t.Fatal(err)
		}
		if seen[string(d.Body)] {
			t.Errorf("message %s died twice", d.Body)
		}
		seen[string(d.Body)] = true
	}
	if len(seen) != messages {
		t.Errorf("%d dead letters are listed, want %d", len(seen), messages)
	}
}
