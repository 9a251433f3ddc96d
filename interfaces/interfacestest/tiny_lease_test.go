package interfacestest_test

import (
	"context"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// tinyLease is a lease of tinyMutexes. The backend's lock guards what changes.
type tinyLease struct {
	site   *tinySite
	name   string
	fence  int64
	ctx    context.Context
	cancel context.CancelCauseFunc

	timer    *time.Timer
	expire   time.Duration
	until    time.Time
	over     bool
	released bool
	cause    error
}

func (l *tinyLease) Context() context.Context { return l.ctx }
func (l *tinyLease) Fence() int64             { return l.fence }

func (l *tinyLease) lasts() bool {
	return !l.over && (l.site.neverExpires || time.Now().Before(l.until))
}

// mine reports whether the backend still has the lease.
func (l *tinyLease) mine() bool { return l.site.held[l.name] == l }

// watch has tick called when the lease may end or is to be renewed.
func (l *tinyLease) watch() {
	next := time.Until(l.until)
	if l.site.renews {
		next = min(next, l.expire/3)
	}
	if l.site.endsEarly {
		next = min(next, l.expire/2)
	}
	next = max(next, l.expire/20)
	if l.timer == nil {
		l.timer = time.AfterFunc(next, l.tick)
	} else {
		l.timer.Reset(next)
	}
}

func (l *tinyLease) tick() {
	l.site.mu.Lock()
	defer l.site.mu.Unlock()
	l.renew()
	if !l.over && (!l.lasts() || l.site.endsEarly) {
		if l.site.contextOutlives {
			return
		}
		l.finish(interfaces.ErrLost)
	}
	if !l.over {
		l.watch()
	}
}

func (l *tinyLease) renew() {
	s := l.site
	if !s.renews || s.neverRenews || l.over && !(s.renewsAfterRelease && l.released) || s.down && !s.renewsBlindly {
		return
	}
	if s.renewsAfterRelease && l.released {
		l.timer.Reset(l.expire / 3)
		l.until = time.Now().Add(l.expire)
		l.over = s.closed()
		if h := s.held[l.name]; h == nil || !h.lasts() {
			s.held[l.name] = l
		}
	}
	if s.renewsBlindly || l.mine() && l.lasts() {
		l.until = time.Now().Add(l.expire)
	}
}

// finish ends the lease and its context. A cause of before stays.
func (l *tinyLease) finish(cause error) {
	if l.over {
		return
	}
	l.over, l.cause = true, cause
	switch {
	case l.site.contextGoesOn && cause == nil:
	case l.site.noCause:
		l.cancel(nil)
	case l.site.causeOnRelease:
		l.cancel(interfaces.ErrLost)
	default:
		l.cancel(cause)
	}
}

func (l *tinyLease) Extend(_ context.Context, expire time.Duration) error {
	s := l.site
	if !s.anyExpire && (expire < 10*time.Millisecond || expire > 366*24*time.Hour) {
		return interfaces.ErrInvalid
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.extendRevives && l.over && !s.down {
		l.over, l.released = false, false
		s.held[l.name] = l
	}
	if !l.over && !l.mine() {
		l.finish(interfaces.ErrLost)
	}
	switch {
	case l.over && l.cause != nil:
		return l.cause
	case l.over:
		return interfaces.ErrLost
	case s.extendDoesNothing:
	case s.extendAdds:
		l.until = l.until.Add(expire)
	default:
		l.until = time.Now().Add(expire)
		if !s.renewsOldTime {
			l.expire = expire
		}
		l.watch()
	}
	return nil
}

func (l *tinyLease) Release(ctx context.Context) error {
	s := l.site
	if s.releaseNeedsContext && ctx.Err() != nil {
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.releasesOthers {
		delete(s.held, l.name)
	}
	if !l.over && !l.mine() && !s.releasesOthers {
		l.finish(interfaces.ErrLost)
	}
	if l.over {
		switch {
		case s.lostReleaseIsFine:
			return nil
		case s.secondReleaseFails && l.released:
			return interfaces.ErrLost
		}
		return l.cause
	}
	l.finish(nil)
	l.released = true
	if l.mine() && !s.releaseDoesNothing {
		delete(s.held, l.name)
	}
	if s.releaseDoesNothing {
		l.over = false
	}
	return nil
}
