package redis

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/internal/mutexrule"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

var (
	_ interfaces.IMutexSite   = (*MutexSite)(nil)
	_ component.HealthChecker = (*MutexSite)(nil)
	_ component.Closer        = (*MutexSite)(nil)
)

// MutexSite is an interfaces.IMutexSite on a Redis server. Programs that use
// one server and database exclude each other, those of the Python original
// too: the mutex "m" is the key "mutex:m", held while it is there. What is
// needed beside it is kept under {mutex:m}:fence, {mutex:m}:queue and
// {mutex:m}:alive, in the same slot of a cluster.
//
// Those who wait get the mutex in the order in which they asked for it, as long
// as they answer: one that does not is passed over. With AutoExtend a lease
// renews itself at a third of its time. In either case its context ends a
// little before its time is over, counted by this machine's monotonic clock
// from before the request was sent.
//
// docs/MUTEXES.md says what such a mutex promises and what it cannot.
type MutexSite struct {
	connection *connection
	config     MutexSiteConfig
	id         string // of this client
	wire       mutexWire
	scripts    *mutexScripts

	closing context.Context // ends when Close begins
	close   context.CancelFunc
	gone    context.Context // ends when nothing may be asked any more
	leave   context.CancelFunc

	mu         sync.Mutex
	closed     bool
	subscribed bool
	waiters    map[string]*mutexWaiter
	leases     map[*mutexLease]struct{}
	work       sync.WaitGroup
}

// NewMutexSite returns a MutexSite without waiting for the server; see the
// package's documentation. site may be nil: then it logs to slog.Default and
// shares its connection with nobody.
func NewMutexSite(ctx context.Context, site *component.Site, config MutexSiteConfig) (*MutexSite, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	c, err := connect(ctx, site, config.Config)
	if err != nil {
		return nil, err
	}
	return newMutexSite(c, config), nil
}

func newMutexSite(c *connection, config MutexSiteConfig) *MutexSite {
	s := &MutexSite{
		connection: c, config: config, id: rand.Text(), scripts: mutexScriptsOne,
		waiters: map[string]*mutexWaiter{}, leases: map[*mutexLease]struct{}{},
	}
	s.closing, s.close = context.WithCancel(context.Background())
	s.gone, s.leave = context.WithCancel(context.Background())
	s.wire.conn, s.wire.gone = c, s.gone
	if _, cluster := c.client.(*goredis.ClusterClient); cluster {
		s.scripts = mutexScriptsCluster
	}
	return s
}

// GetMutex returns the mutex of a name.
func (s *MutexSite) GetMutex(name string) (interfaces.IMutex, error) {
	if err := mutexrule.CheckName(name); err != nil {
		return nil, err
	}
	if s.closing.Err() != nil {
		return nil, closedMutex(name)
	}
	return &mutex{site: s, name: name, keys: mutexKeysOf(name)}, nil
}

// mutexKeysOf returns the keys of a mutex as the scripts have them.
func mutexKeysOf(name string) []string {
	key := "mutex:" + name
	return []string{key, "{" + key + "}:fence", "{" + key + "}:queue", "{" + key + "}:alive"}
}

// CheckHealth asks the servers whether they are in order, and whether the user
// may run scripts. Of which names is not asked: they are the program's.
func (s *MutexSite) CheckHealth(ctx context.Context) error {
	if err := s.connection.checkHealth(ctx); err != nil {
		return err
	}
	return s.connection.checkRights(ctx, func(ctx context.Context, client goredis.UniversalClient) error {
		return s.scripts.release.run(ctx, client, mutexKeysOf("health"), s.newID()) // which holds nothing
	})
}

// Close has those who wait told interfaces.ErrClosed and ends the contexts of
// all leases. It does not free the mutexes that are held: their holders may
// still be at work, so that they stay taken until their time is over. It
// returns when nothing of this component runs any more; what those who waited
// left on the server is cleared away before, as far as ctx allows.
func (s *MutexSite) Close(ctx context.Context) error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	leases := s.leases
	s.leases = nil
	s.mu.Unlock()
	if !first {
		return nil
	}
	s.close()
	for l := range leases {
		l.lose(fmt.Errorf("mutex %q: %w: %w", l.mutex.name, interfaces.ErrLost, interfaces.ErrClosed))
	}
	quiet := make(chan struct{})

	go func() {
		defer close(quiet)
		s.work.Wait()
	}()

	select {
	case <-quiet:
	case <-ctx.Done():
	}
	s.leave()
	err := s.connection.close()
	<-quiet
	s.wire.close()
	return err
}

// begin counts a call that Close waits for, and reports false after Close. The
// caller calls work.Done.
func (s *MutexSite) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.work.Add(1)
	return true
}

// spawn runs f in the background if Close has not begun. Close waits for it.
func (s *MutexSite) spawn(f func()) {
	if s.begin() {
		go func() {
			defer s.work.Done()
			f()
		}()
	}
}

// newID returns what makes the keys of one Acquire its own: 128 random bits.
func (s *MutexSite) newID() string { return s.id + ":" + rand.Text() }

// mutex is a name of a MutexSite.
type mutex struct {
	site *MutexSite
	name string
	keys []string // as the scripts have them
}

// TryAcquire takes the mutex if it is free and nobody waits for it.
func (m *mutex) TryAcquire(ctx context.Context, expire time.Duration) (interfaces.ILease, error) {
	expire, err := m.check(ctx, expire)
	if err != nil {
		return nil, err
	}

	if !m.site.begin() {
		return nil, closedMutex(m.name)
	}
	defer m.site.work.Done()
	a := &acquisition{mutex: m, id: m.site.newID(), expire: expire}
	lease, _, err := a.try(ctx, 0)

	switch {
	case err != nil:
		a.abandon()
		return nil, err
	case lease == nil:
		if a.uncertain { // a request of before may still be on its way
			a.abandon()
		}
		return nil, fmt.Errorf("mutex %q: %w", m.name, interfaces.ErrHeld)
	}
	return lease, nil
}

// Acquire waits for its turn. It returns ErrUnavailable if the server cannot be
// asked at the beginning; one that goes away later is waited for.
func (m *mutex) Acquire(ctx context.Context, expire time.Duration) (interfaces.ILease, error) {
	expire, err := m.check(ctx, expire)
	if err != nil {
		return nil, err
	}
	a := &acquisition{mutex: m, id: m.site.newID(), expire: expire, waiter: newMutexWaiter()}
	if !m.site.enter(a) {
		return nil, closedMutex(m.name)
	}
	defer m.site.exit(a)
	lease, err := a.wait(ctx)
	if err != nil {
		a.abandon()
		return nil, err
	}
	return lease, nil
}

func (m *mutex) check(ctx context.Context, expire time.Duration) (time.Duration, error) {
	expire, err := mutexrule.Expire(m.name, expire)
	if err != nil {
		return 0, err
	}
	if m.site.closing.Err() != nil {
		return 0, closedMutex(m.name)
	}
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("mutex %q: %w", m.name, err)
	}
	return expire, nil
}

func closedMutex(name string) error {
	return fmt.Errorf("mutex %q: %w", name, interfaces.ErrClosed)
}
