package interfacestest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// tinyMutexes is a backend of mutexes, as small as it can be and correct, and
// what can be broken about it.
type tinyMutexes struct {
	breakage

	mu    sync.Mutex
	held  map[string]*tinyLease
	queue map[string][]*int
	fence int64
	down  bool
}

// breakage is all of the ways in which tinyMutexes can be broken.
type breakage struct {
	anyName, anyExpire, oneName, caseless              bool
	looksThenTakes, tryWaits, tryFailureIsHeld         bool
	acquireDoesNotWait, ignoresCancel, cancelKeepsIt   bool
	takesThoughCanceled, cancelLeavesQueue, lifo       bool
	contextOfAcquire, contextOutlives, contextGoesOn   bool
	noCause, causeOnRelease, bareContext               bool
	releasesOthers, secondReleaseFails                 bool
	releaseNeedsContext, lostReleaseIsFine             bool
	releaseDoesNothing                                 bool
	neverExpires, wholeSeconds, endsEarly              bool
	extendDoesNothing, extendAdds, extendRevives       bool
	neverRenews, renewsAfterRelease, renewsOldTime     bool
	fenceRestarts, fenceStays, fenceZero               bool
	fencePerSite, renewsBlindly                        bool
	closeLeavesWaiters, worksClosed, closeLeavesLeases bool
	neverRecovers, shortNames, shortLeases             bool
}

func newTinyMutexes(b breakage) *tinyMutexes {
	return &tinyMutexes{breakage: b, held: map[string]*tinyLease{}, queue: map[string][]*int{}}
}

func (b *tinyMutexes) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.held)
	if b.fenceRestarts {
		b.fence = 0
	}
}

func (b *tinyMutexes) fail() (repair func()) {
	set := func(down bool) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.down = down
	}
	set(true)
	return func() { set(b.neverRecovers) }
}

type tinySite struct {
	*tinyMutexes
	renews bool
	end    context.CancelFunc
	ended  context.Context
	leases []*tinyLease
	last   int64 // the fence, if each site counts its own
}

func (b *tinyMutexes) site(renews bool) *tinySite {
	ended, end := context.WithCancel(context.Background())
	return &tinySite{tinyMutexes: b, renews: renews, ended: ended, end: end}
}

func (s *tinySite) closed() bool { return s.ended.Err() != nil && !s.worksClosed }

func (s *tinySite) Close(context.Context) error {
	s.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.leases {
		if !s.closeLeavesLeases {
			l.finish(errors.Join(interfaces.ErrLost, interfaces.ErrClosed))
		}
	}
	return nil
}

func (s *tinySite) GetMutex(name string) (interfaces.IMutex, error) {
	if s.closed() {
		return nil, interfaces.ErrClosed
	}
	if !s.anyName && (name == "" || len(name) > 1024 || strings.ContainsAny(name, "{}")) {
		return nil, fmt.Errorf("mutex name: %w", interfaces.ErrInvalid)
	}
	if s.shortNames && len(name) > 255 {
		return nil, interfaces.ErrInvalid
	}
	if s.oneName {
		name = "the one"
	}
	if s.caseless {
		name = strings.Trim(name, "\x00\n\r ")
	}
	return &tinyMutex{site: s, name: name}, nil
}

type tinyMutex struct {
	site *tinySite
	name string
}

func (m *tinyMutex) TryAcquire(ctx context.Context, expire time.Duration) (interfaces.ILease, error) {
	if m.site.tryWaits {
		return m.Acquire(ctx, expire)
	}
	return m.given(m.try(ctx, expire, nil))
}

func (m *tinyMutex) Acquire(ctx context.Context, expire time.Duration) (interfaces.ILease, error) {
	place := new(int)
	m.stand(place)
	defer func() {
		if ctx.Err() == nil || !m.site.cancelLeavesQueue {
			m.leave(place)
		}
		if ctx.Err() != nil && m.site.cancelKeepsIt {
			go m.haunt(expire)
		}
	}()
	for {
		l, err := m.try(ctx, expire, place)
		if !errors.Is(err, interfaces.ErrHeld) || m.site.acquireDoesNotWait {
			return m.given(l, err)
		}
		wake := time.After(5 * time.Millisecond)
		if m.site.ignoresCancel {
			<-wake
			continue
		}
		closed := m.site.ended.Done()
		if m.site.closeLeavesWaiters {
			closed = nil
		}
		select {
		case <-closed:
			return nil, interfaces.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-wake:
		}
	}
}

// haunt is a waiter that goes on though its caller has gone.
func (m *tinyMutex) haunt(expire time.Duration) {
	for {
		if _, err := m.try(context.Background(), expire, nil); !errors.Is(err, interfaces.ErrHeld) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// given keeps a nil lease from being an interface that is not nil.
func (m *tinyMutex) given(l *tinyLease, err error) (interfaces.ILease, error) {
	if err != nil {
		return nil, err
	}
	return l, nil
}

func (m *tinyMutex) stand(place *int) {
	m.site.mu.Lock()
	defer m.site.mu.Unlock()
	m.site.queue[m.name] = append(m.site.queue[m.name], place)
}

func (m *tinyMutex) leave(place *int) {
	m.site.mu.Lock()
	defer m.site.mu.Unlock()
	m.site.queue[m.name] = slices.DeleteFunc(m.site.queue[m.name], func(p *int) bool { return p == place })
}

func (m *tinyMutex) mayTake(place *int) bool {
	queue := m.site.queue[m.name]
	switch {
	case len(queue) == 0 || place == nil && !m.site.cancelLeavesQueue:
		return true
	case m.site.lifo:
		return queue[len(queue)-1] == place
	}
	return queue[0] == place
}

func (m *tinyMutex) try(ctx context.Context, expire time.Duration, place *int) (*tinyLease, error) {
	s := m.site
	if !s.anyExpire && (expire < 10*time.Millisecond || expire > 366*24*time.Hour) {
		return nil, fmt.Errorf("lease: %w", interfaces.ErrInvalid)
	}
	if s.shortLeases && expire > 24*time.Hour {
		return nil, interfaces.ErrInvalid
	}
	if ctx.Err() != nil && !s.takesThoughCanceled && !s.ignoresCancel {
		return nil, ctx.Err()
	}
	if s.closed() && (place == nil || !s.closeLeavesWaiters) {
		return nil, interfaces.ErrClosed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		if s.tryFailureIsHeld {
			return nil, fmt.Errorf("%w: %w", interfaces.ErrHeld, interfaces.ErrUnavailable)
		}
		return nil, interfaces.ErrUnavailable
	}
	if h := s.held[m.name]; h != nil && h.lasts() || !m.mayTake(place) {
		return nil, interfaces.ErrHeld
	}
	if h := s.held[m.name]; h != nil && !s.contextOutlives {
		h.finish(interfaces.ErrLost)
	}
	if s.looksThenTakes {
		s.mu.Unlock()
		time.Sleep(time.Microsecond)
		s.mu.Lock()
	}
	return s.grant(ctx, m.name, expire), nil
}

func (s *tinySite) grant(ctx context.Context, name string, expire time.Duration) *tinyLease {
	if s.wholeSeconds {
		expire = max(expire.Truncate(time.Second), time.Second)
	}
	s.fence++
	l := &tinyLease{site: s, name: name, expire: expire, fence: s.fence, until: time.Now().Add(expire)}
	switch {
	case s.fencePerSite:
		s.last++
		l.fence = s.last
	case s.fenceStays:
		l.fence = 1
	case s.fenceZero:
		l.fence--
	}
	parent := context.WithoutCancel(ctx)
	if s.contextOfAcquire {
		parent = ctx
	}
	if s.bareContext {
		parent = context.Background()
	}
	l.ctx, l.cancel = context.WithCancelCause(parent)
	s.held[name] = l
	s.leases = append(s.leases, l)
	l.watch()
	return l
}
