package redis

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// read takes new messages until the run is over. Where there are some it
// acknowledges others in the same call; where there are none it waits at the
// server.
func (r *queueRun) read() {
	failures := 0
	missed := false // something may have been sent to us that did not arrive
	trickle := false
	for r.awaitRoom() {
		var err error
		switch {
		case missed:
			_, err = r.claim(true)
			missed = err != nil
		case trickle:
			trickle, err = r.wait()
		default:
			var n int
			n, err = r.fetch()
			trickle = n == 0 && err == nil
		}
		if err == nil {
			failures = 0
			continue
		}
		if r.hopeless(err) {
			r.fail(err)
			return
		}
		missed, trickle = true, false
		r.pause(failures)
		failures++
	}
}

// awaitRoom waits until a worker has use for a message, and reports whether
// there is to be another read.
func (r *queueRun) awaitRoom() bool {
	for {
		r.mu.Lock()
		n := r.room(1)
		r.mu.Unlock()
		if r.until.Err() != nil {
			return false
		}
		if n > 0 {
			return true
		}
		select {
		case <-r.wakeReader:
		case <-r.until.Done():
		}
	}
}

// fetch acknowledges what is to be acknowledged and reads what is there.
func (r *queueRun) fetch() (int, error) {
	r.mu.Lock()
	n := r.room(1)
	free := max(0, r.idle-len(r.ready)-len(r.urgent))
	if len(r.ready) > 0 {
		free = 0
	}
	acked := r.acked
	r.acked = nil
	args := append(make([]any, 0, 5+len(acked)), queueGroup, r.id, n, free, r.started)
	r.mu.Unlock()
	for _, id := range acked {
		args = append(args, id)
	}

	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.until), r.patience())
	defer cancel()
	sent := time.Now()
	answer, err := r.site.run(ctx, r.op("read"), false, queueFetch, r.fetchKeys(), args...)
	if err != nil {
		r.unacked(acked)
		return 0, err
	}
	entries, _ := answer.([]any)
	got := make([]received, 0, len(entries))
	for _, entry := range entries {
		if g, ok := parseEntry(entry, 1); ok {
			got = append(got, g)
		}
	}
	r.deliver(got, true, sent)
	return len(got), nil
}

func (r *queueRun) fetchKeys() []string {
	return []string{r.keys.stream, r.keys.retry, r.keys.unstarted}
}

// unacked takes back acknowledgements that may not have arrived.
func (r *queueRun) unacked(ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.acked = append(r.acked, ids...)
}

// wait waits at the server for new messages, as many as there are workers
// waiting. It reports whether there seem to be no more than it got.
func (r *queueRun) wait() (trickle bool, err error) {
	r.mu.Lock()
	n := r.idle - len(r.ready) - len(r.urgent)
	if n <= 0 || len(r.acked) > 0 {
		acks := len(r.acked) > 0
		r.mu.Unlock()
		if !acks {
			r.awaitWorker()
		}
		return false, nil
	}
	r.asleep = true
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.asleep = false
	}()

	client, err := r.site.conn.blocking()
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.until), r.nap()+r.patience())
	defer cancel()
	sent := time.Now()
	streams, err := client.XReadGroup(ctx, &goredis.XReadGroupArgs{
		Group: queueGroup, Consumer: r.id, Streams: []string{r.keys.stream, ">"}, Count: int64(n), Block: r.nap(),
	}).Result()
	var reply goredis.Error
	switch {
	case errors.Is(err, goredis.Nil):
		return true, nil
	case errors.As(err, &reply):
		return false, nil // the group is lost, or something else that the next fetch will see to or be told
	case err != nil:
		return false, r.site.conn.explain(r.op("read"), err)
	}
	var got []received
	for _, stream := range streams {
		for _, m := range stream.Messages {
			got = append(got, receivedFrom(m))
		}
	}
	r.deliver(got, true, sent)
	return len(got) < n, nil
}

// awaitWorker waits until a worker has nothing to do.
func (r *queueRun) awaitWorker() {
	for {
		r.mu.Lock()
		idle := r.idle
		r.mu.Unlock()
		if idle > 0 || r.until.Err() != nil {
			return
		}
		select {
		case <-r.wakeReader:
		case <-r.until.Done():
		}
	}
}

// pause waits after a failure, the first being 0.
func (r *queueRun) pause(failures int) {
	wait := doubled(20*time.Millisecond, time.Second, failures)
	timer := time.NewTimer(wait - rand.N(wait/2))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.until.Done():
	}
}
