package redis

import (
	"context"
	"errors"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// A consumer removes what the server knows of others that died, once they have
// nothing any more and have been silent for forgetAfter. It looks so often.
const (
	tidyEvery   = time.Minute
	forgetAfter = 10 * time.Minute
)

// diedWith is the reason for which a message is buried whose last consumer has
// not said one.
const diedWith = "its consumer died, or lost the server for longer than visibility"

// keep renews claims, takes what is due again, and tells the server results
// for which no read comes along, until done is closed.
func (r *queueRun) keep(done <-chan struct{}) {
	visibility := r.site.settings.Visibility
	claimAt, renewAt := time.Now(), time.Now().Add(visibility/3)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-done:
			return
		case <-timer.C:
		case <-r.wakeKeeper:
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.until), r.patience())
		soonest := r.soonest()
		switch err := r.report(ctx); {
		case r.hopeless(err):
			r.fail(err)
		case err == nil && soonest >= 0:
			claimAt = earlier(claimAt, time.Now().Add(soonest))
		}
		cancel()
		if r.until.Err() == nil && (r.isShort() || !time.Now().Before(claimAt)) {
			wait, err := r.claim(false)
			if r.hopeless(err) {
				r.fail(err)
			}
			claimAt = time.Now().Add(min(wait, r.nap()))
		}
		if !time.Now().Before(renewAt) {
			again := visibility / 3
			if err := r.renew(); err != nil {
				again = visibility / 10
				if r.hopeless(err) {
					r.fail(err)
				}
			}
			renewAt = time.Now().Add(again)
		}
		next := renewAt
		if r.until.Err() == nil {
			next = earlier(next, claimAt)
		}
		timer.Reset(time.Until(next))
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// isShort reports whether something was due and there is room for it now.
func (r *queueRun) isShort() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.short && r.roomForClaims() > 0
}

// roomForClaims tells how many messages may be claimed; mu is held. While all
// work it is as many as they are likely to get to soon: new ones are read ahead
// then, and must not keep those back that have waited already.
func (r *queueRun) roomForClaims() int {
	n := r.idle
	if n == 0 {
		n = min(r.early(), r.site.settings.Concurrency)
	}
	return n - len(r.urgent)
}

// soonest is after what time the first of the attempts that failed is due
// again, -1 if there are none.
func (r *queueRun) soonest() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	soonest := time.Duration(-1)
	for _, f := range r.failed {
		if soonest < 0 || f.wait < soonest {
			soonest = f.wait
		}
	}
	return soonest
}

// report tells the server what became of messages. What it could not tell is
// kept for the next time.
func (r *queueRun) report(ctx context.Context) error {
	r.mu.Lock()
	failed := r.failed
	r.failed = nil
	var told telling
	if r.asleep || r.blocked || r.refused || r.over || len(r.acked) >= ackAtOnce || len(failed) > 0 || r.room() == 0 {
		told = telling{run: r, acked: r.acked}
		r.acked, r.refused = nil, false
	} // else the next read takes them along, which is soon
	r.mu.Unlock()

	var ackErr, failErr error
	if len(told.acked) > 0 {
		ackErr = r.site.conn.do(ctx, r.op("acknowledge messages of"), true, func(ctx context.Context, client goredis.UniversalClient) error {
			pipe := client.Pipeline()
			told.send(ctx, pipe)
			_, err := pipe.Exec(ctx)
			return err
		})
		if ackErr != nil {
			r.untold(told)
		} else {
			told.arrived()
		}
	}
	if len(failed) > 0 {
		args := []any{queueGroup, r.id, r.site.settings.MaxAttempts}
		for _, f := range failed {
			args = append(args, f.id, f.attempt, ceilMillis(f.wait), f.reason)
		}
		keys := []string{r.keys.stream, r.keys.retry, r.keys.dead, r.keys.letters}
		_, failErr = r.site.run(ctx, r.op("give back messages of"), true, queueFail, keys, args...)
		r.mu.Lock()
		if failErr != nil {
			r.failed = append(r.failed, failed...)
		} else {
			for _, f := range failed {
				r.forget(f.id)
			}
		}
		r.mu.Unlock()
	}
	return errors.Join(ackErr, failErr)
}

// claim takes what is due again, as far as there is room, and returns after
// what time to look again. missed has it take what was sent to this consumer
// and did not arrive.
func (r *queueRun) claim(missed bool) (time.Duration, error) {
	r.claiming.Lock()
	defer r.claiming.Unlock()
	r.mu.Lock()
	n := max(0, r.roomForClaims())
	r.short = false
	now := time.Now()
	silence := time.Duration(0)
	if now.After(r.tidyAt) {
		silence = max(r.site.forget, 10*r.site.settings.Visibility)
		r.tidyAt = now.Add(min(tidyEvery, silence))
	}
	args := []any{
		queueGroup, r.id, n, r.site.settings.Visibility.Milliseconds(), r.site.settings.MaxAttempts,
		diedWith, flag(missed), silence.Milliseconds(),
	}
	for id := range r.hand {
		args = append(args, id)
	}
	r.mu.Unlock()

	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.until), r.patience())
	defer cancel()
	keys := []string{r.keys.stream, r.keys.retry, r.keys.delayed, r.keys.later, r.keys.dead, r.keys.letters, r.keys.unstarted}
	answer, err := r.site.run(ctx, r.op("claim messages of"), false, queueClaim, keys, args...)
	if err != nil {
		var reply goredis.Error
		if !errors.As(err, &reply) { // else it has sent nothing
			r.miss()
		}
		return time.Hour, err
	}
	list, _ := answer.([]any)
	if len(list) < 2 {
		return time.Hour, nil
	}
	buried, _ := list[1].([]any)
	for _, id := range buried {
		r.site.conn.logger.Warn("a message goes to the dead letters", "queue", r.name, "id", id, "reason", diedWith)
	}
	var got []received
	for _, item := range list[2:] {
		pair, _ := item.([]any)
		if len(pair) != 2 {
			continue
		}
		attempt, _ := pair[1].(int64)
		if g, ok := parseEntry(pair[0], int(attempt)); ok {
			got = append(got, g)
		}
	}
	r.deliver(got, false, now)
	if missed {
		r.mu.Lock()
		r.missed = false
		r.mu.Unlock()
	}
	wait, _ := list[0].(int64)
	if wait < 0 {
		return time.Hour, nil
	}
	if wait == 0 && len(got) >= n {
		r.mu.Lock()
		r.short = true
		r.mu.Unlock()
		return time.Hour, nil
	}
	return time.Duration(wait) * time.Millisecond, nil
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

// renew has the claims last for visibility from now, and finds out which are
// lost.
func (r *queueRun) renew() error {
	r.mu.Lock()
	started := ""
	if len(r.ready) > 0 {
		started = r.started
	}
	r.marked = started != ""
	args := []any{queueGroup, r.id, started}
	for id, d := range r.hand {
		if !d.lost {
			args = append(args, id)
		}
	}
	r.mu.Unlock()
	if len(args) == 3 {
		return nil
	}

	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.until), r.patience())
	defer cancel()
	sent := time.Now()
	answer, err := r.site.run(ctx, r.op("renew claims of"), true, queueKeep, []string{r.keys.stream, r.keys.unstarted}, args...)
	if err != nil {
		return err
	}
	lost := map[string]bool{}
	gone, _ := answer.([]any)
	for _, id := range gone {
		if text, ok := id.(string); ok {
			lost[text] = true
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, arg := range args[3:] {
		id, _ := arg.(string)
		switch d := r.hand[id]; {
		case d == nil:
		case lost[id]:
			r.lose(d)
		case d.claimed.Before(sent):
			d.claimed = sent
		}
	}
	return nil
}

// watch ends the contexts of handlers before their claims can have run out,
// until done is closed. It asks nobody, so that it works when nobody answers.
func (r *queueRun) watch(done <-chan struct{}) {
	visibility := r.site.settings.Visibility
	ticker := time.NewTicker(visibility / 12)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		r.mu.Lock()
		for _, d := range r.hand {
			r.loseLate(d)
		}
		r.mu.Unlock()
	}
}

// check does for one message what watch does for all.
func (r *queueRun) check(d *delivery) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loseLate(d)
}

// loseLate gives up a message whose claim may run out soon; mu is held.
func (r *queueRun) loseLate(d *delivery) {
	visibility := r.site.settings.Visibility
	if time.Since(d.claimed) >= visibility-visibility/6 {
		r.lose(d)
	}
}

// lose gives up a message that somebody else may have by now; mu is held.
func (r *queueRun) lose(d *delivery) {
	if d.lost {
		return
	}
	d.lost = true
	if d.cancel == nil {
		delete(r.hand, d.m.ID) // nobody has begun with it, and nobody will
		return
	}
	d.cancel(interfaces.ErrLost)
}

// hopeless tells errors that waiting does not mend: the call is wrong, not the
// credentials, which may be mended on the server's side.
func (r *queueRun) hopeless(err error) bool {
	if !errors.Is(err, interfaces.ErrInvalid) || r.site.conn.outage.Load() != nil {
		return false
	}
	var reply goredis.Error
	if !errors.As(err, &reply) {
		return true
	}
	// A call with many arguments is refused in other words before one has
	// logged in.
	return classifyReply(reply.Error()) != locked && !strings.Contains(reply.Error(), "unauthenticated")
}
