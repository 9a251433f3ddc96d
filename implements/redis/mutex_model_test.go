package redis

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// seedEnv has the randomised test run with one seed, that of a failure.
const seedEnv = "FIVCGLUE_TEST_SEED"

// TestMutexModel lets a few clients fight for a few mutexes over a network that
// delays, holds, cuts and loses, in simulated time, and looks for two who both
// believe to be inside, for fences that go back and for mutexes that nobody can
// get any more. All choices follow from the seed, and so do the times of all
// events but for the jitter of waiters.
func TestMutexModel(t *testing.T) {
	seeds := []uint64{1, 2, 3, 4}
	if text := os.Getenv(seedEnv); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seeds = []uint64{seed}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { runMutexModel(t, seed) })
		})
	}
}

const (
	modelClients = 3
	modelActors  = 3 // for each client
	modelSteps   = 80
	modelMutexes = 2
)

func runMutexModel(t *testing.T, seed uint64) {
	server := newSimServer(t)
	m := &mutexModel{t: t, checks: make([]modelCheck, modelMutexes)}
	var (
		networks []*simNetwork
		sites    []*MutexSite
		actors   sync.WaitGroup
	)

	for c := range modelClients {
		network := newSimNetwork(t, server, rand.New(rand.NewPCG(seed, uint64(1000+c))))
		networks = append(networks, network)
		config := DefaultMutexSiteConfig()
		config.AutoExtend = c != 0
		config.MaxRetries = c
		sites = append(sites, newMutexSite(network.connect(t, config.Config), config))
	}

	for c, site := range sites {
		for a := range modelActors {
			choice := rand.New(rand.NewPCG(seed, uint64(c*modelActors+a)))
			actors.Go(func() {
				for range modelSteps {
					m.step(site, choice)
				}
			})
		}
	}
	stop := make(chan struct{})
	var chaos sync.WaitGroup
	chaos.Go(func() { modelChaos(networks, rand.New(rand.NewPCG(seed, 999)), stop) })
	actors.Wait()
	close(stop)
	chaos.Wait()
	for _, network := range networks {
		network.heal()
	}
	m.wantAllFree(sites)
	m.wantExercised()

	for _, site := range sites {
		if err := site.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	server.wantNothingLeft()
}

// modelChaos disturbs one network after the other, and sometimes all at once,
// which is what a server that stands still looks like.
func modelChaos(networks []*simNetwork, choice *rand.Rand, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(choice.IntN(1500)) * time.Millisecond):
		}

		victims := networks
		if choice.IntN(4) > 0 {
			victims = networks[choice.IntN(len(networks)):][:1]
		}

		disturb := choice.IntN(4)
		for _, network := range victims {
			switch disturb {
			case 0:
				network.freeze()
			case 1:
				network.cut()
			case 2:
				network.loseReplies()
			default:
				network.slow(time.Duration(choice.IntN(40)) * time.Millisecond)
			}
		}

		select {
		case <-stop:
			return
		case <-time.After(time.Duration(choice.IntN(2500)) * time.Millisecond):
		}
		for _, network := range victims {
			network.heal()
		}
	}
}

// mutexModel is what the test knows of the leases that were given.
type mutexModel struct {
	t *testing.T

	mu     sync.Mutex
	checks []modelCheck
	got    int // leases
	held   int // ErrHeld
	late   int // contexts that ended while waiting
	down   int // ErrUnavailable
	lost   int // leases that ended by themselves
}

type modelCheck struct {
	inside []interfaces.ILease
	fence  int64 // the largest
}

// step is one thing that an actor does.
func (m *mutexModel) step(site *MutexSite, choice *rand.Rand) {
	time.Sleep(time.Duration(choice.IntN(400)) * time.Millisecond)
	n := choice.IntN(modelMutexes)
	mutex, err := site.GetMutex(fmt.Sprint("model", n))
	if err != nil {
		m.t.Error(err)
		return
	}
	ctx, cancel := context.WithTimeout(m.t.Context(), time.Duration(choice.IntN(3000))*time.Millisecond)
	defer cancel()
	if choice.IntN(5) == 0 { // cancelled, not timed out
		time.AfterFunc(time.Duration(choice.IntN(1000))*time.Millisecond, cancel)
	}

	expire := time.Duration(20+choice.IntN(1500)) * time.Millisecond
	if choice.IntN(5) == 0 {
		expire = 10 * time.Minute // what is left behind would show at the end
	}
	before := m.largest(n)

	var lease interfaces.ILease
	if choice.IntN(4) == 0 {
		lease, err = mutex.TryAcquire(ctx, expire)
	} else {
		lease, err = mutex.Acquire(ctx, expire)
	}

	if err != nil {
		m.failed(err)
		return
	}
	m.enter(n, lease, before)
	m.work(n, lease, choice)
	m.leave(n, lease, choice)
}

func (m *mutexModel) largest(n int) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.checks[n].fence
}

func (m *mutexModel) failed(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case errors.Is(err, interfaces.ErrHeld):
		m.held++
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		m.late++
	case errors.Is(err, interfaces.ErrUnavailable):
		m.down++
	default:
		m.t.Errorf("an error of no kind that there is: %v", err)
	}
}

// enter notes a lease. Its fence has to be larger than any that was known when
// it was asked for.
func (m *mutexModel) enter(n int, lease interfaces.ILease, before int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.got++
	c := &m.checks[n]
	c.inside = append(c.inside, lease)
	m.alone(n)
	if lease.Fence() <= before {
		m.t.Errorf("mutex %d: fence %d after %d", n, lease.Fence(), before)
	}
	c.fence = max(c.fence, lease.Fence())
}

// alone looks whether two contexts of one mutex go on; m.mu is held.
func (m *mutexModel) alone(n int) {
	going := 0
	for _, lease := range m.checks[n].inside {
		if lease.Context().Err() == nil {
			going++
		}
	}
	if going > 1 {
		m.t.Errorf("mutex %d: %d are inside at once", n, going)
	}
}

// work stays inside for a while, and extends the lease now and then.
func (m *mutexModel) work(n int, lease interfaces.ILease, choice *rand.Rand) {
	for range choice.IntN(5) {
		select {
		case <-time.After(time.Duration(choice.IntN(400)) * time.Millisecond):
		case <-lease.Context().Done():
		}
		m.mu.Lock()
		m.alone(n)
		m.mu.Unlock()
		if choice.IntN(3) == 0 {
			expire := time.Duration(20+choice.IntN(1000)) * time.Millisecond
			ctx, cancel := context.WithTimeout(m.t.Context(), 500*time.Millisecond)
			err := lease.Extend(ctx, expire)
			cancel()
			if err == nil && lease.Context().Err() != nil {
				m.t.Errorf("mutex %d: Extend brought a lease back", n)
			}
		}
	}
}

func (m *mutexModel) leave(n int, lease interfaces.ILease, choice *rand.Rand) {
	ctx, cancel := context.WithTimeout(m.t.Context(), time.Duration(choice.IntN(1000))*time.Millisecond)
	defer cancel()
	over := lease.Context().Err() != nil
	err := lease.Release(ctx)

	switch {
	case over && !errors.Is(err, interfaces.ErrLost):
		m.t.Errorf("mutex %d: Release of a lease that was over: %v, want ErrLost", n, err)
	case err != nil && !errors.Is(err, interfaces.ErrLost) && !errors.Is(err, interfaces.ErrUnavailable):
		m.t.Errorf("mutex %d: Release: %v", n, err)
	}
	if lease.Context().Err() == nil {
		m.t.Errorf("mutex %d: the context goes on after Release", n)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if errors.Is(err, interfaces.ErrLost) {
		m.lost++
	}

	c := &m.checks[n]
	for i, other := range c.inside {
		if other == lease {
			c.inside = append(c.inside[:i], c.inside[i+1:]...)
			return
		}
	}
}

// wantAllFree takes each mutex once from each site: none may be held for longer
// than the longest lease and what waking takes.
func (m *mutexModel) wantAllFree(sites []*MutexSite) {
	for c, site := range sites {
		for n := range modelMutexes {
			mutex, err := site.GetMutex(fmt.Sprint("model", n))
			if err != nil {
				m.t.Error(err)
				continue
			}
			ctx, cancel := context.WithTimeout(m.t.Context(), 10*time.Second)
			before := m.largest(n)
			lease, err := mutex.Acquire(ctx, time.Minute)

			// What the breaker knows may be of before all was well again.
			for errors.Is(err, interfaces.ErrUnavailable) && ctx.Err() == nil {
				time.Sleep(100 * time.Millisecond)
				lease, err = mutex.Acquire(ctx, time.Minute)
			}
			cancel()

			if err != nil {
				m.t.Errorf("mutex %d, client %d, when all is well: %v", n, c, err)
				continue
			}
			m.enter(n, lease, before)
			if err := lease.Release(m.t.Context()); err != nil {
				m.t.Errorf("mutex %d, client %d, when all is well: Release: %v", n, c, err)
			}
		}
	}
}

// wantExercised fails if the test was of nothing.
func (m *mutexModel) wantExercised() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.t.Logf("%d leases, %d of them lost; %d times held, %d late, %d unavailable", m.got, m.lost, m.held, m.late, m.down)
	for what, count := range map[string]int{"leases": m.got, "lost": m.lost, "held": m.held, "late": m.late} {
		if count < 5 { // by the jitter of waiters there are more or less, seldom fewer than 15
			m.t.Errorf("only %d %s: the model does not try what it should", count, what)
		}
	}
}

// simServer is a miniredis that is reached without a network, so that its time
// can be simulated.
type simServer struct {
	t    *testing.T
	mini *miniredis.Miniredis
}

func newSimServer(t *testing.T) *simServer {
	mini := miniredis.NewMiniRedis()
	if err := mini.Start(); err != nil {
		t.Fatal(err)
	}
	mini.ClockTTL(true)
	mini.Server().Close() // it listens no more, and serves what it is handed
	return &simServer{t: t, mini: mini}
}

func (s *simServer) wantNothingLeft() {
	for _, key := range s.mini.Keys() {
		if !strings.HasSuffix(key, ":fence") {
			s.t.Errorf("the server still has %s", key)
		}
	}
}
