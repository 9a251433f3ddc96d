package redis

import (
	"context"
	"math/rand/v2"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// How the server is asked whether it is in order. The times grow from the
// first to the last while it is not.
const (
	firstPause     = 25 * time.Millisecond
	lastPause      = 500 * time.Millisecond
	lastLockedWait = 2 * time.Second // between attempts to log in, which servers count
	doubtPause     = 20 * time.Millisecond
)

// firstProbe is how long an answer may take; it grows to all of the time-outs.
var firstProbe = time.Second

// doubt has the server asked soon whether it is in order.
func (l *link) doubt() {
	select {
	case l.suspect <- struct{}{}:
	default: // it will be asked already
	}
}

// watch asks the server at the beginning, whenever there is doubt, and during
// an outage until it answers. It alone declares outages, on the word of a
// client of its own: a call may fail for reasons of its own, be it a deadline
// that was too short.
func (l *link) watch() {
	client := l.open(l.settings.probeOptions(l.ctx, l.calls), false)
	defer func() { _ = client.Close() }() // nothing was written to it that could be lost
	for failed := 0; ; {
		if err := l.probe(client, failed); l.ctx.Err() != nil {
			return
		} else if kind := classify(err); kind.suspicious() {
			failed++
			l.down(kind, err)
		} else {
			failed = 0
			l.up()
		}
		if !l.pause(failed) {
			return
		}
	}
}

// probe sends a PING and returns what became of it. A server that is slow to
// answer gets more time with each attempt.
func (l *link) probe(client goredis.UniversalClient, failed int) error {
	most := l.settings.DialTimeout + l.settings.ReadTimeout
	ctx, cancel := context.WithTimeout(l.ctx, doubled(firstProbe, most, failed))
	defer cancel()

	// A connection that was lost says nothing of the server yet: those of calls
	// may have been lost at the same time, and so may the next.
	const attempts = 3
	var err error
	for range attempts {
		err = l.runOn(ctx, client, func(ctx context.Context, client goredis.UniversalClient) error {
			return client.Ping(ctx).Err()
		})
		if classify(err) != lost {
			break
		}
	}
	return err
}

// pause waits until it is time to ask again, and reports whether it is.
func (l *link) pause(failed int) bool {
	var again <-chan time.Time
	doubt := l.suspect
	switch o := l.outage.Load(); {
	case o != nil:
		most := lastPause
		if o.kind == locked {
			most = lastLockedWait
		}
		wait := doubled(firstPause, most, failed)
		again = time.After(wait - rand.N(wait/4))
		doubt = nil
	case l.settings.HealthCheckInterval > 0:
		again = time.After(l.settings.HealthCheckInterval)
	}
	asked := time.Now()

	select {
	case <-again:
	case <-doubt:
		// Callers with deadlines that cannot be met are in doubt all the time.
		select {
		case <-time.After(doubtPause - time.Since(asked)):
		case <-l.ctx.Done():
			return false
		}
	case <-l.ctx.Done():
		return false
	}
	return true
}

func (l *link) down(kind failure, err error) {
	before := l.outage.Load()
	now := &outage{kind: kind, err: l.settings.scrub(err), since: time.Now()}
	if before != nil {
		now.since = before.since
	}
	l.outage.Store(now)
	switch {
	case before != nil && (before.kind == locked) == (kind == locked):
	case kind == locked:
		l.logger.Warn("redis refuses the credentials", "server", l.settings.place(), "error", now.err)
	default:
		l.logger.Warn("redis is not available", "server", l.settings.place(), "error", now.err)
	}
}

func (l *link) up() {
	if before := l.outage.Swap(nil); before != nil {
		l.logger.Info("redis is available", "server", l.settings.place(), "after", time.Since(before.since).Round(time.Millisecond))
	}
}

// doubled returns first, doubled times over, and most at most.
func doubled(first, most time.Duration, times int) time.Duration {
	for range times {
		if first >= most/2 {
			return most
		}
		first *= 2
	}
	return min(first, most)
}
