package memory

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/internal/queues"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

var _ interfaces.IDelayedProducer = (*queueProducer)(nil)

type queueProducer struct {
	site *QueueSite
	name string
	last atomic.Pointer[queue] // the queue as it was found, so as not to look each time
}

func (p *queueProducer) Produce(ctx context.Context, messages ...[]byte) error {
	return p.ProduceAfter(ctx, 0, messages...)
}

func (p *queueProducer) ProduceAfter(ctx context.Context, delay time.Duration, messages ...[]byte) error {
	if err := queues.CheckDelay(p.name, delay); err != nil {
		return err
	}
	if err := queues.CheckBodies(p.name, messages); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if q := p.last.Load(); q != nil {
		q.mu.Lock()
		if !q.gone && !q.closed && len(messages) > 0 {
			err := q.add(messages, delay)
			q.mu.Unlock()
			return p.wrap(err)
		}
		q.mu.Unlock()
	}
	return p.wrap(p.site.use(p.name, func(q *queue) error {
		p.last.Store(q)
		return q.add(messages, delay)
	}))
}

func (p *queueProducer) wrap(err error) error {
	if err != nil {
		err = fmt.Errorf("produce to queue %q: %w", p.name, err)
	}
	return err
}

type queueConsumer struct {
	site *QueueSite
	name string
	busy atomic.Bool
}

func (c *queueConsumer) Consume(ctx context.Context, handle func(ctx context.Context, m interfaces.Message) error) error {
	if handle == nil {
		return fmt.Errorf("consume queue %q: no handler: %w", c.name, interfaces.ErrInvalid)
	}
	if !c.busy.CompareAndSwap(false, true) {
		return fmt.Errorf("consume queue %q: this consumer is consuming already: %w", c.name, interfaces.ErrInvalid)
	}
	defer c.busy.Store(false)

	q, err := c.site.join(c.name)
	if err != nil {
		return err
	}
	defer c.site.leave(c.name, q)
	handling, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(c.site.forced, func() { cancel(context.Cause(c.site.forced)) })()

	r := &queueRun{site: c.site, queue: q, name: c.name, until: ctx, ctx: handling, handle: handle}
	defer context.AfterFunc(ctx, r.stop)()
	for range c.site.settings.Concurrency {
		r.workers.Go(func() { r.work(nil) })
	}
	r.workers.Wait()
	if ctx.Err() == nil {
		return fmt.Errorf("consume queue %q: %w", c.name, interfaces.ErrClosed)
	}
	return nil
}

// queueRun is one Consume.
type queueRun struct {
	site    *QueueSite
	queue   *queue
	name    string
	until   context.Context // Consume's own
	ctx     context.Context // of the handlers
	handle  queues.Handler
	workers sync.WaitGroup
}

// stop has the workers that wait see that the run is over.
func (r *queueRun) stop() {
	r.queue.mu.Lock()
	defer r.queue.mu.Unlock()
	r.queue.wake.Broadcast()
}

// attempt is one that has ended.
type attempt struct {
	m   queued
	err error
}

// work handles messages one after the other until the run is over. A handler
// that ends the goroutine leaves an attempt that another worker settles.
func (r *queueRun) work(left *attempt) {
	var now attempt
	over := false
	defer func() {
		if !over {
			r.workers.Go(func() { r.work(&now) })
		}
	}()
	if left != nil {
		now = *left
	}
	for settled := left == nil; ; settled = false {
		m, ok := r.next(now, settled)
		if !ok {
			over = true
			return
		}
		now.m = m
		queues.Call(r.ctx, r.handle, m.message(), func(err error) {
			now.err = err
			if err != nil {
				dead := m.attempt >= r.queue.settings.MaxAttempts
				queues.LogFailure(r.site.log, r.name, m.message(), err, dead)
			}
		})
	}
}

// next settles the attempt before, unless that is done, and waits for a
// message, whose attempt it counts.
func (r *queueRun) next(before attempt, settled bool) (queued, bool) {
	q := r.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if !settled {
		q.settle(before.m, before.err)
	}
	for r.until.Err() == nil && !q.closed {
		if m, ok := q.take(); ok {
			m.attempt++
			return m, true
		}
		q.wake.Wait()
	}
	return queued{}, false
}

// message is m as a handler gets it.
func (m queued) message() interfaces.Message {
	return interfaces.Message{
		ID: strconv.FormatUint(m.id, 10), Body: []byte(m.body), Attempt: m.attempt, Time: m.time,
	}
}
