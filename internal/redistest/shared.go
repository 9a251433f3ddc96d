package redistest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// shared holds the rigs that outlive the test which first asked for them.
var shared = struct {
	sync.Mutex
	rigs map[string]*sharedRig
}{rigs: map[string]*sharedRig{}}

type resettable interface {
	reset() error
	close()
	logs() string
}

type sharedRig struct {
	turn sync.Mutex // held by the test that works with it

	mu     sync.Mutex
	holder string // the name of that test
	rig    resettable
}

// SharedCluster returns the one Cluster of this process with these options,
// started by the first call, for t alone until t ends: healed, empty, with its
// slots where the last test has left them. Other tests wait for their turn.
//
// The package's TestMain has to end it: see Sharing.
func SharedCluster(t testing.TB, options RigOptions) *Cluster {
	t.Helper()
	return share(t, "cluster", options, func() (*Cluster, error) { return startCluster(t, options) })
}

// SharedSentinels does for Sentinels what SharedCluster does.
func SharedSentinels(t testing.TB, options RigOptions) *Sentinels {
	t.Helper()
	return share(t, "sentinels", options, func() (*Sentinels, error) { return startSentinels(t, options) })
}

// SharedSingle does for a Single what SharedCluster does.
func SharedSingle(t testing.TB, options RigOptions) *Single {
	t.Helper()
	return share(t, "single", options, func() (*Single, error) { return startSingle(t, options) })
}

// TestingM is *testing.M, and what goleak asks for.
type TestingM interface{ Run() int }

// Sharing returns an m that ends what tests have shared when all have run:
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(redistest.Sharing(m)) }
func Sharing(m TestingM) TestingM { return sharing{m} }

type sharing struct{ m TestingM }

func (s sharing) Run() int {
	defer closeShared()
	return s.m.Run()
}

func closeShared() {
	shared.Lock()
	defer shared.Unlock()
	var work sync.WaitGroup
	for _, name := range slices.Collect(maps.Keys(shared.rigs)) {
		if rig := shared.rigs[name].rig; rig != nil {
			work.Go(rig.close)
		}
		delete(shared.rigs, name)
	}
	work.Wait()
}

func share[R resettable](t testing.TB, kind string, options RigOptions, start func() (R, error)) R {
	t.Helper()
	key := fmt.Sprintf("%s %+v", kind, options)
	shared.Lock()
	s := shared.rigs[key]

	if s == nil {
		s = &sharedRig{}
		shared.rigs[key] = s
	}
	shared.Unlock()
	s.take(t)

	if s.rig == nil {
		s.rig = build(t, start)
		return s.rig.(R)
	}
	if err := s.rig.reset(); err != nil {
		t.Fatalf("the %s is not fit for another test: %v\n%s", kind, err, s.rig.logs())
	}
	return s.rig.(R)
}

// take waits for the test's turn, which ends with the test.
func (s *sharedRig) take(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	holder := s.holder
	s.mu.Unlock()
	if holder != "" && (t.Name() == holder || strings.HasPrefix(t.Name(), holder+"/")) {
		t.Fatalf("%s has it already and would wait for itself", holder)
	}
	s.turn.Lock()
	s.hold(t.Name())
	t.Cleanup(func() {
		s.hold("")
		s.turn.Unlock()
	})
}

func (s *sharedRig) hold(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holder = name
}
