package memory

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/internal/mutexrule"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// MutexSiteConfig is the configuration of a MutexSite.
type MutexSiteConfig struct {
	AutoExtend bool `mapstructure:"auto_extend" doc:"a lease lasts until it is released; false: it ends with its time unless it is extended"`
}

// DefaultMutexSiteConfig returns the configuration of an item that has no keys.
func DefaultMutexSiteConfig() MutexSiteConfig {
	return MutexSiteConfig{AutoExtend: true}
}

// MutexSite is an interfaces.IMutexSite for the goroutines of one process. Each
// MutexSite has mutexes of its own.
//
// Mutexes are given in the order in which they were asked for: a release hands
// the mutex to the first who waits. Names need no care: one that nobody holds is
// forgotten in the end, and at no time are there many of them.
//
// With AutoExtend a lease lasts until it is released, for its holder lives as
// long as the process does; a holder that forgets to release keeps the mutex,
// as with sync.Mutex. Without it the lease is over when its time is, by the
// monotonic clock: its context ends and the mutex goes to the next, whether the
// holder has stopped its work or not.
type MutexSite struct {
	autoExtend bool

	mu     sync.Mutex
	closed bool
	fence  int64            // of the last lease of any name
	slots  map[string]*slot // those in use, and some that are idle
	idle   int              // how many are
}

var _ interfaces.IMutexSite = (*MutexSite)(nil)

// NewMutexSite returns a MutexSite. The component site is not used and may be
// nil.
func NewMutexSite(_ context.Context, _ *component.Site, config MutexSiteConfig) (*MutexSite, error) {
	return &MutexSite{
		autoExtend: config.AutoExtend,
		// A resource may outlive this process and remember what fence it has
		// seen, so they go on from the time, in the unit that the Redis
		// mutexes have.
		fence: time.Now().UnixMicro(),
		slots: map[string]*slot{},
	}, nil
}

// GetMutex returns the mutex of a name.
func (s *MutexSite) GetMutex(name string) (interfaces.IMutex, error) {
	if err := mutexrule.CheckName(name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, closedError(name)
	}
	return &mutex{site: s, name: name}, nil
}

// Close ends all leases and has those who wait told interfaces.ErrClosed. It
// does not wait for the holders to stop.
func (s *MutexSite) Close(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for name, sl := range s.slots {
		if sl.holder == nil {
			continue
		}
		sl.holder.end(leaseLost, fmt.Errorf("mutex %q: %w: %w", name, interfaces.ErrLost, interfaces.ErrClosed))
		for w := sl.waiters.first; w != nil; w = w.next {
			w.granted <- nil
		}
		sl.waiters = waiters{}
	}
	s.slots = nil
	return nil
}

// mutex is a name of a MutexSite; there may be any number of one name.
type mutex struct {
	site *MutexSite
	name string
	slot *slot // where it was last found, which saves looking; the site's lock guards it
}

// TryAcquire takes the mutex if it is free.
func (m *mutex) TryAcquire(ctx context.Context, expire time.Duration) (interfaces.ILease, error) {
	expire, err := m.check(ctx, expire)
	if err != nil {
		return nil, err
	}
	m.site.mu.Lock()
	defer m.site.mu.Unlock()
	if m.site.closed {
		return nil, closedError(m.name)
	}
	sl := m.find()
	if sl.holder != nil {
		return nil, fmt.Errorf("mutex %q: %w", m.name, interfaces.ErrHeld)
	}
	return sl.grant(ctx, expire), nil
}

// Acquire waits for its turn.
func (m *mutex) Acquire(ctx context.Context, expire time.Duration) (interfaces.ILease, error) {
	expire, err := m.check(ctx, expire)
	if err != nil {
		return nil, err
	}
	m.site.mu.Lock()

	if m.site.closed {
		m.site.mu.Unlock()
		return nil, closedError(m.name)
	}

	sl := m.find()
	if sl.holder == nil {
		l := sl.grant(ctx, expire)
		m.site.mu.Unlock()
		return l, nil
	}
	w := &waiter{ctx: ctx, expire: expire, granted: make(chan *lease, 1)}
	sl.waiters.add(w)
	m.site.mu.Unlock()

	select {
	case l := <-w.granted:
		if l == nil {
			return nil, closedError(m.name)
		}
		return l, nil
	case <-ctx.Done():
		return nil, sl.giveUp(w)
	}
}

// find returns the mutex's slot; the site's lock is held.
func (m *mutex) find() *slot {
	if m.slot != nil && !m.slot.gone {
		return m.slot
	}
	m.slot = m.site.slots[m.name]
	if m.slot == nil {
		m.slot = &slot{site: m.site, name: m.name}
		m.site.slots[m.name] = m.slot
		m.site.idle++
	}
	return m.slot
}

func (m *mutex) check(ctx context.Context, expire time.Duration) (time.Duration, error) {
	expire, err := mutexrule.Expire(m.name, expire)
	if err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("mutex %q: %w", m.name, err)
	}
	return expire, nil
}

func closedError(name string) error {
	return fmt.Errorf("mutex %q: %w", name, interfaces.ErrClosed)
}
