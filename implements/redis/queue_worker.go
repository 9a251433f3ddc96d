package redis

import (
	"context"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/internal/queues"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// work handles messages one after the other until there are no more. A
// handler that ends the goroutine has another take its place.
func (r *queueRun) work(workers *sync.WaitGroup) {
	over := false
	defer func() {
		if !over {
			workers.Go(func() { r.work(workers) })
		}
	}()
	for {
		d := r.take()
		if d == nil {
			over = true
			return
		}
		began := time.Now()
		queues.Call(d.ctx, r.handle, d.m, func(err error) {
			if err != nil {
				dead := d.m.Attempt >= r.site.settings.MaxAttempts
				queues.LogFailure(r.site.conn.logger, r.name, d.m, err, dead)
			}
			r.settle(d, err, time.Since(began))
		})
	}
}

// take waits for a message that is still the consumer's own.
func (r *queueRun) take() *delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		if r.over || r.until.Err() != nil {
			return nil
		}
		if d := r.pop(); d != nil {
			r.begin(d)
			return d
		}
		r.idle++
		if r.room() > 0 {
			poke(r.wakeReader)
		}
		if r.short {
			poke(r.wakeKeeper)
		}
		r.wake.Wait()
		r.idle--
	}
}

// begin readies a message for its handler; mu is held.
func (r *queueRun) begin(d *delivery) {
	inner, cancel := context.WithCancelCause(r.handling)
	d.ctx, d.cancel = &handlerContext{Context: inner, run: r, of: d}, cancel
	if d.fresh {
		r.started = d.m.ID
	}
	if r.short && r.roomForClaims() > 0 {
		poke(r.wakeKeeper)
	}
	if r.room() > 0 {
		poke(r.wakeReader)
	}
}

// handlerContext is a context that is over once the claim to its message may
// be, also before watch has said so: a process that stood still finds out at its
// first look.
type handlerContext struct {
	context.Context
	run *queueRun
	of  *delivery
}

func (c *handlerContext) Done() <-chan struct{} {
	c.run.check(c.of)
	return c.Context.Done()
}

func (c *handlerContext) Err() error {
	c.run.check(c.of)
	return c.Context.Err()
}

// pop gives the next message; mu is held.
func (r *queueRun) pop() *delivery {
	for _, list := range []*[]*delivery{&r.urgent, &r.ready} {
		for len(*list) > 0 {
			d := (*list)[0]
			(*list)[0] = nil
			*list = (*list)[1:]
			if !d.lost {
				return d
			}
		}
	}
	return nil
}

// settle notes what an attempt came to, for the server to be told with the
// next call.
func (r *queueRun) settle(d *delivery, err error, took time.Duration) {
	d.cancel(nil)
	r.mu.Lock()
	defer r.mu.Unlock()
	d.done = true
	r.usual += (took - r.usual) / 8
	if r.usual > time.Minute {
		r.usual = took
	}
	if err == nil {
		r.acked = append(r.acked, d.m.ID)
		if r.asleep || r.over || len(r.acked) >= ackAtOnce {
			poke(r.wakeKeeper)
		}
		return
	}
	r.failed = append(r.failed, failedAttempt{
		id: d.m.ID, attempt: d.m.Attempt, wait: r.site.settings.Backoff(d.m.Attempt), reason: queues.Reason(err),
	})
	poke(r.wakeKeeper)
}

// forget drops what the server was told of; mu is held.
func (r *queueRun) forget(id string) {
	if d := r.hand[id]; d != nil && d.done {
		delete(r.hand, id)
	}
}

// ackAtOnce is how many acknowledgements are not kept back for the next read.
const ackAtOnce = 1000

// deliver hands messages to the workers. Claimed ones come before new ones,
// for they have waited already.
func (r *queueRun) deliver(got []received, fresh bool, sent time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return // goodbye gives them back
	}
	for _, g := range got {
		// One whose claim was lost is another attempt, which the server has counted.
		if had := r.hand[g.id]; had != nil && !had.done && !had.lost {
			continue
		}
		d := &delivery{
			m:     interfaces.Message{ID: g.id, Body: g.body, Attempt: g.attempt, Time: g.time},
			fresh: fresh, claimed: sent,
		}
		r.hand[g.id] = d
		if fresh {
			r.ready = append(r.ready, d)
		} else {
			r.urgent = append(r.urgent, d)
		}
		r.wake.Signal()
	}
}

// ahead is how long it may take until the workers come to what is read before
// they are free.
const ahead = 50 * time.Millisecond

// room tells how many messages may be read: those for workers that wait, and
// as many ahead as the workers are likely to get to soon, so that what takes
// long is left to whoever is free. While all work it is none until half of what
// may be read ahead is used up. mu is held.
func (r *queueRun) room() int {
	early := r.early()
	n := min(r.idle+early-len(r.ready)-len(r.urgent), r.site.settings.Batch)
	if n < 0 || r.idle == 0 && n <= early/2 {
		return 0
	}
	return n
}

// early tells how many messages may be had before workers are free; mu is held.
func (r *queueRun) early() int {
	settings := r.site.settings
	return min(int(ahead*time.Duration(settings.Concurrency)/max(r.usual, time.Microsecond)), settings.Batch)
}

// poke wakes whoever waits on c, now or the next time.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
