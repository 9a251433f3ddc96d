package redis

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// breath is how long the reader lets messages gather where there are many:
// what is read and acknowledged together costs less.
const breath = 2 * time.Millisecond

// probeEvery is after how many reads that each got a message for the only
// worker that was free the reader looks whether there are many.
const probeEvery = 32

// read takes new messages until the run is over. Where there are many it reads
// what is there, again and again; where there are few it waits for them at the
// server. Both acknowledge others in the same round trip.
func (r *queueRun) read() {
	failures, singles, many := 0, 0, false
	for r.awaitRoom() {
		var err error
		var got, asked int
		switch {
		case r.hasMissed():
			_, err = r.claim(true)
		case many:
			got, asked, err = r.fetch()
			if many = got > r.site.settings.Concurrency; many && got < asked/2 {
				r.pause(breath)
			}
		default:
			got, asked, err = r.wait()
			if singles++; got < asked {
				singles = 0
			}
			many = got == asked && (asked != 1 || singles >= probeEvery)
			if many {
				singles = 0
			}
		}
		if err == nil {
			failures = 0
			continue
		}
		if r.hopeless(err) {
			r.fail(err)
			return
		}
		many = false
		r.miss()
		pause := doubled(20*time.Millisecond, time.Second, failures)
		r.pause(pause - rand.N(pause/2))
		failures++
	}
}

// miss notes that the server may have sent what did not arrive, for the reader
// to ask for it: it alone knows that no other read is on its way.
func (r *queueRun) miss() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.missed = true
	poke(r.wakeReader)
}

func (r *queueRun) hasMissed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.missed
}

// awaitRoom waits until a worker has use for a message, or one was missed, and
// reports whether there is to be another read.
func (r *queueRun) awaitRoom() bool {
	for {
		r.mu.Lock()
		wanted := r.missed || r.room() > 0
		r.mu.Unlock()
		if r.until.Err() != nil {
			return false
		}
		if wanted {
			return true
		}
		select {
		case <-r.wakeReader:
		case <-r.until.Done():
		}
	}
}

// fetch acknowledges what is to be acknowledged and reads what is there. It
// returns how many messages that was, of how many it asked for.
func (r *queueRun) fetch() (got, asked int, err error) {
	r.mu.Lock()
	n := r.room()
	free := r.idle - len(r.ready) - len(r.urgent)
	told := r.tell(n > free)
	r.mu.Unlock()

	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.until), r.patience())
	defer cancel()
	sent := time.Now()
	reply := new(any)
	// Not idempotent: a message is given once.
	err = r.site.conn.do(ctx, r.op("read"), false, func(ctx context.Context, client goredis.UniversalClient) error {
		pipe := client.Pipeline()
		told.send(ctx, pipe)
		reading := pipe.Do(ctx, "XREADGROUP", "GROUP", queueGroup, r.id, "COUNT", n, "STREAMS", r.keys.stream, ">")
		_, _ = pipe.Exec(ctx) // each command has its own answer
		if err := reading.Err(); err != nil && !errors.Is(err, goredis.Nil) {
			return err
		}
		*reply = reading.Val()
		return nil
	})
	if err != nil {
		r.untold(told)
		if isNoGroup(err) {
			_, err = r.claim(false) // which makes the group
		}
		return 0, n, err
	}
	told.settle()
	messages := make([]received, 0, n)
	for _, entry := range entriesOf(*reply) {
		if m, ok := parseEntry(entry, 1); ok {
			messages = append(messages, m)
		}
	}
	r.deliver(messages, true, sent)
	return len(messages), n, nil
}

// telling is what the server is told along with a read.
type telling struct {
	run     *queueRun
	acked   []string
	started string // what was begun with last, where more is read than begun with
	begun   bool   // everything was begun with, and the server thinks otherwise
	answers []*goredis.IntCmd
}

// tell takes what the server is to be told. ahead says that more is to be read
// than is begun with at once; what was not should not count as an attempt if
// this process dies. mu is held.
func (r *queueRun) tell(ahead bool) telling {
	t := telling{run: r, acked: r.acked, begun: !ahead && r.marked}
	if ahead {
		t.started = r.started
	}
	r.acked, r.marked = nil, ahead
	return t
}

func (t *telling) send(ctx context.Context, pipe goredis.Pipeliner) {
	r := t.run
	if len(t.acked) > 0 {
		// In this order: should only the first be done, there is nothing to
		// be claimed, and whoever tries clears up.
		t.answers = []*goredis.IntCmd{
			pipe.XDel(ctx, r.keys.stream, t.acked...),
			pipe.XAck(ctx, r.keys.stream, queueGroup, t.acked...),
		}
	}
	switch {
	case t.started != "":
		pipe.HSet(ctx, r.keys.unstarted, r.id, t.started)
	case t.begun:
		pipe.HDel(ctx, r.keys.unstarted, r.id)
	}
}

// settle notes what the server knows after a call that it has answered: it may
// have refused a part of that. That it has not noted what was begun with, as it
// does where its memory is full, is not the matter of acknowledgements.
func (t telling) settle() {
	for _, answer := range t.answers {
		if answer.Err() != nil {
			t.run.untold(t)
			t.run.refuse()
			return
		}
	}
	t.arrived()
}

// refuse has the keeper try what the server has refused along with a read, and
// find out whether there is any hope.
func (r *queueRun) refuse() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused = true
	poke(r.wakeKeeper)
}

// arrived notes that the server knows.
func (t telling) arrived() {
	t.run.mu.Lock()
	defer t.run.mu.Unlock()
	for _, id := range t.acked {
		t.run.forget(id)
	}
}

// untold takes back what may not have arrived.
func (r *queueRun) untold(t telling) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.acked = append(r.acked, t.acked...)
	r.marked = r.marked || t.begun
}

func isNoGroup(err error) bool {
	var reply goredis.Error
	return errors.As(err, &reply) && strings.HasPrefix(reply.Error(), "NOGROUP")
}

// wait acknowledges what is to be acknowledged and waits at the server for new
// messages. It returns how many came, of how many there were workers for: both
// are zero where only fetch can tell what is the matter.
func (r *queueRun) wait() (got, asked int, err error) {
	r.awaitWorker()
	r.mu.Lock()
	n := r.idle - len(r.ready) - len(r.urgent)
	if n <= 0 { // the run is over
		r.mu.Unlock()
		return 0, 1, nil
	}
	told := r.tell(false)
	r.asleep = true
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.asleep = false
	}()

	client, err := r.site.conn.blocking()
	if err != nil {
		r.untold(told)
		return 0, n, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.until), r.nap()+r.patience())
	defer cancel()
	sent := time.Now()
	pipe := client.Pipeline()
	told.send(ctx, pipe)
	reading := pipe.XReadGroup(ctx, &goredis.XReadGroupArgs{
		Group: queueGroup, Consumer: r.id, Streams: []string{r.keys.stream, ">"}, Count: int64(n), Block: r.nap(),
	})
	_, failed := pipe.Exec(ctx)
	if err = reading.Err(); err == nil && len(reading.Val()) == 0 {
		err = failed // else it is of another command, and what was read is here
	}
	var reply goredis.Error
	switch {
	case err == nil:
		told.settle()
	case errors.Is(err, goredis.Nil):
		told.settle()
		return 0, n, nil
	case errors.As(err, &reply):
		// The group is lost, or worse: the next fetch makes it, or is told.
		r.untold(told)
		return 0, 0, nil
	default:
		r.untold(told)
		return 0, n, r.site.conn.explain(r.op("read"), err)
	}
	var messages []received
	for _, stream := range reading.Val() {
		for _, m := range stream.Messages {
			messages = append(messages, receivedFrom(m))
		}
	}
	r.deliver(messages, true, sent)
	return len(messages), n, nil
}

// awaitWorker waits until a worker has nothing to do, and nothing coming.
func (r *queueRun) awaitWorker() {
	for r.until.Err() == nil {
		r.mu.Lock()
		free := r.idle - len(r.ready) - len(r.urgent)
		r.blocked = free <= 0
		r.mu.Unlock()
		if free > 0 {
			return
		}
		select {
		case <-r.wakeReader:
		case <-r.until.Done():
		}
	}
}

// pause waits, but not for longer than the run lasts.
func (r *queueRun) pause(wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.until.Done():
	}
}
