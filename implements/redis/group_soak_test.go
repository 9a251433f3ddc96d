package redis_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// soakEnv is how long the soak test goes on, such as 1m. It is not run without.
const soakEnv = "FIVCGLUE_SOAK"

// TestSoak has a cache, a queue and a mutex used on groups of servers to which
// bad things happen in a random order, and accounts for all that was done.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv(soakEnv))
	if err != nil {
		t.Skipf("a soak is run when %s says for how long on each group, such as 1m", soakEnv)
	}
	t.Run("cluster", func(t *testing.T) {
		cluster := redistest.NewCluster(t, redistest.RigOptions{Proxies: true, BusProxies: true})
		g := group{config: clusterConfig(cluster), nodes: cluster.Nodes()}
		soak(t, g, length, clusterFaults(t, cluster), func() { cluster.Heal(t) })
	})
	t.Run("sentinel", func(t *testing.T) {
		sentinels := redistest.SharedSentinels(t, sentinelOptions)
		soak(t, sentinelGroupOf(sentinels), length, sentinelFaults(t, sentinels), func() { sentinels.Heal(t) })
	})
}

// soak has faults come, in a random order, until length is over. Each is over
// when all works again, and then healed.
func soak(t *testing.T, g group, length time.Duration, faults map[string]func(), heal func()) {
	t.Helper()
	l := startLoad(t, groupCache(t, g.config))
	work := startWork(t, g, "soak")
	faults["no room"] = func() {
		for _, size := range []string{"1mb", "0"} {
			g.limit(t, size)
			time.Sleep(500 * time.Millisecond) // for all to notice
		}
	}
	names := slices.Sorted(maps.Keys(faults))
	counts := map[string]int{}

	for end := time.Now().Add(length); time.Now().Before(end); {
		name := names[rand.IntN(len(names))] //nolint:gosec // not for secrets
		counts[name]++
		faults[name]()
		l.awaitGood(t, name)
		work.awaitGood(t, name)
		heal()
	}

	t.Logf("faults %v", counts)
	l.awaitGood(t, "the end")
	l.verify(t)
	work.verify(t)
}

// limit bounds the memory of all nodes.
func (g group) limit(t *testing.T, size string) {
	t.Helper()
	for _, node := range g.nodes {
		if node.IsData() {
			node.Do(t, "CONFIG", "SET", "maxmemory", size)
		}
	}
}

// silence has a node be silent to its clients for as long as it takes all of
// them to notice.
func silence(node *redistest.Node) {
	node.Proxy().Freeze()
	time.Sleep(time.Second)
	node.Proxy().Thaw()
	node.Proxy().Cut()
}

func clusterFaults(t *testing.T, cluster *redistest.Cluster) map[string]func() {
	t.Helper()
	anyMaster := func() *redistest.Node { return cluster.Masters(t)[rand.IntN(3)] } //nolint:gosec // not for secrets
	replaced := func(end func(master *redistest.Node)) func() {
		return func() {
			master := anyMaster()
			replica := cluster.Replica(t, master)
			end(master)
			cluster.AwaitMaster(t, replica)
		}
	}
	return map[string]func(){
		"kill":      replaced(func(master *redistest.Node) { master.Kill(t) }),
		"freeze":    replaced(func(master *redistest.Node) { master.Freeze(t) }),
		"part":      replaced(func(master *redistest.Node) { cluster.Isolate(t, master) }),
		"silence":   func() { silence(anyMaster()) },
		"fail over": func() { cluster.Fail(t, anyMaster()) },
		"move slots": func() {
			from, to := anyMaster(), anyMaster()
			if slots := cluster.Slots(t, from); from != to && len(slots) > 1000 {
				if err := cluster.MoveSlots(t.Context(), from, to, slots[:20]...); err != nil {
					t.Error(err)
				}
			}
		},
	}
}

func sentinelFaults(t *testing.T, group *redistest.Sentinels) map[string]func() {
	t.Helper()
	replaced := func(end func(master *redistest.Node)) func() {
		return func() {
			master := group.Master(t)
			end(master)
			group.AwaitMaster(t, group.Other(master))
		}
	}
	return map[string]func(){
		"kill":      replaced(func(master *redistest.Node) { master.Kill(t) }),
		"freeze":    replaced(func(master *redistest.Node) { master.Freeze(t) }),
		"part":      replaced(func(master *redistest.Node) { group.Isolate(t, master) }),
		"silence":   func() { silence(group.Master(t)) },
		"fail over": func() { group.Fail(t) },
		"no Sentinels": func() {
			for _, sentinel := range group.Watchers() {
				sentinel.Kill(t)
			}
		},
	}
}

// work is a queue that is filled and emptied, and a mutex that is taken, all
// the time.
type work struct {
	stop context.CancelFunc
	all  sync.WaitGroup

	mu       sync.Mutex
	accepted map[string]bool // messages that Produce has taken
	handled  map[string]int
	leases   int
	errs     map[string]int
	wrong    []error
}

// workQueue is the queue of all work.
const workQueue = "soak"

func startWork(t *testing.T, g group, mutexName string) *work {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	w := &work{stop: stop, accepted: map[string]bool{}, handled: map[string]int{}, errs: map[string]int{}}
	config := g.queues()
	config.MaxLength, config.MaxAttempts, config.Visibility = 100_000, 100, 5*time.Second
	site := openQueue(t, config)
	producer, err1 := site.GetProducer(workQueue)
	consumer, err2 := site.GetConsumer(workQueue)

	mutex, err3 := g.mutexes(t).GetMutex(mutexName)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}

	w.all.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			body := strconv.Itoa(i)
			if w.note("Produce", producer.Produce(ctx, []byte(body))) {
				w.mu.Lock()
				w.accepted[body] = true
				w.mu.Unlock()
			}
			time.Sleep(time.Millisecond)
		}
	})
	consuming, stopConsuming := context.WithCancel(context.Background())
	w.all.Go(func() {
		for consuming.Err() == nil {
			w.note("Consume", consumer.Consume(consuming, func(_ context.Context, m interfaces.Message) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.handled[string(m.Body)]++
				return nil
			}))
		}
	})
	w.all.Go(func() { // what is left in the queue is waited for, unless it is lost
		<-ctx.Done()
		for deadline := time.Now().Add(patience); w.left() > 0 && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		}
		stopConsuming()
	})
	var fence int64
	held := make(chan struct{}, 1)

	for range 2 {
		w.all.Go(func() {
			for ctx.Err() == nil {
				lease, err := mutex.Acquire(ctx, 2*time.Second)
				if !w.note("Acquire", err) {
					time.Sleep(time.Millisecond)
					continue
				}

				select {
				case held <- struct{}{}:
					w.mu.Lock()
					w.leases++
					older := lease.Fence() <= fence
					fence = max(fence, lease.Fence())
					w.mu.Unlock()
					if older {
						w.note("a lease whose fence is no larger than the one before", errAccounted)
					}
					time.Sleep(2 * time.Millisecond)
					<-held
				default:
					w.note("two leases at once, after a fail-over lost one", errAccounted)
				}
				w.note("Release", lease.Release(context.WithoutCancel(ctx)))
			}
		})
	}
	t.Cleanup(func() { stop(); w.all.Wait() })
	return w
}

// errAccounted is for what Redis does not promise across a fail-over, which is
// counted and shown.
var errAccounted = fmt.Errorf("%w: accounted for", interfaces.ErrUnavailable)

// note counts an error, and keeps one that is none of those that an outage
// gives.
func (w *work) note(what string, err error) (good bool) {
	if err == nil || errors.Is(err, context.Canceled) {
		return err == nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	kind := what
	if !errors.Is(err, errAccounted) {
		kind += ": " + kindOf(err)
	}
	w.errs[kind]++
	if !errors.Is(err, interfaces.ErrUnavailable) && !errors.Is(err, interfaces.ErrLost) && len(w.wrong) < 5 {
		w.wrong = append(w.wrong, fmt.Errorf("%s: %w", what, err))
	}
	return false
}

// awaitGood waits until a message was taken, another handled and a lease held,
// all after now.
func (w *work) awaitGood(t *testing.T, what string) {
	t.Helper()
	w.awaitMessages(t, what)
	w.awaitMore(t, what+": leases", func() int { return w.leases })
}

func (w *work) awaitMessages(t *testing.T, what string) {
	t.Helper()
	w.awaitMore(t, what+": messages that were taken", func() int { return len(w.accepted) })
	w.awaitMore(t, what+": messages that were handled", func() int { return len(w.handled) })
}

func (w *work) awaitMore(t *testing.T, what string, count func() int) {
	t.Helper()
	now := func() int {
		w.mu.Lock()
		defer w.mu.Unlock()
		return count()
	}
	before := now()
	for deadline := time.Now().Add(30 * time.Second); now() == before; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.mu.Lock()
			defer w.mu.Unlock()
			t.Fatalf("%s: no recovery; errors: %v", what, w.errs)
		}
	}
}

// left counts the messages that were taken and not handled yet.
func (w *work) left() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for body := range w.accepted {
		if w.handled[body] == 0 {
			n++
		}
	}
	return n
}

func (w *work) verify(t *testing.T) {
	t.Helper()
	w.stop()
	w.all.Wait()
	lost, twice, unasked := w.left(), 0, 0

	for body, n := range w.handled {
		if n > 1 {
			twice++
		}
		if !w.accepted[body] {
			unasked++
		}
	}
	t.Logf("%d messages: %d lost in fail-overs, %d handled more than once, %d handled whose Produce had failed; %d leases; errors: %v",
		len(w.accepted), lost, twice, unasked, w.leases, w.errs)
	for _, err := range w.wrong {
		t.Error(err)
	}

	// The servers do not wait for replicas, so that a little may be lost where
	// a master dies; most must not be.
	if lost > len(w.accepted)/20 {
		t.Errorf("%d of %d messages are lost", lost, len(w.accepted))
	}
}
