package redis

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/internal/queues"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

type queueConsumer struct {
	site *QueueSite
	name string
	busy atomic.Bool
}

// Consume returns ErrInvalid, beside what the contract says, when the queue's
// place is taken by a key of another type or the server refuses to do what it
// takes. It waits for a server that is not there or refuses the password.
func (c *queueConsumer) Consume(ctx context.Context, handle func(ctx context.Context, m interfaces.Message) error) error {
	if handle == nil {
		return fmt.Errorf("consume queue %q: no handler: %w", c.name, interfaces.ErrInvalid)
	}
	if !c.busy.CompareAndSwap(false, true) {
		return fmt.Errorf("consume queue %q: this consumer is consuming already: %w", c.name, interfaces.ErrInvalid)
	}
	defer c.busy.Store(false)
	if err := c.site.enter(c.name); err != nil {
		return err
	}
	defer c.site.leave()
	if ctx.Err() != nil {
		return nil
	}

	until, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(c.site.ctx, func() { cancel(interfaces.ErrClosed) })()
	handling, abandon := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abandon(nil)
	defer context.AfterFunc(c.site.forced, func() { abandon(context.Cause(c.site.forced)) })()

	r := newQueueRun(c.site, c.name, handle)
	r.until, r.fail, r.handling = until, cancel, handling
	r.run()
	if cause := context.Cause(until); ctx.Err() == nil && cause != nil {
		return fmt.Errorf("consume queue %q: %w", c.name, cause)
	}
	return nil
}

// queueRun is one Consume. Its goroutines are a reader, which takes new
// messages; a keeper, which renews claims, takes what is due again and tells
// the server what became of messages when the reader cannot; a watch, which
// ends the contexts of handlers whose claims run out; and the workers.
type queueRun struct {
	site   *QueueSite
	name   string
	id     string // the consumer's name at the server
	keys   queueKeys
	handle queues.Handler

	until    context.Context // ends when no more messages are to be taken
	fail     context.CancelCauseFunc
	handling context.Context // of the handlers

	wakeReader chan struct{} // room for one
	wakeKeeper chan struct{}

	claiming sync.Mutex // one claim at a time, so that none finds what another has on its way

	mu      sync.Mutex
	wake    sync.Cond // of the workers: there may be a message, or no more will come
	urgent  []*delivery
	ready   []*delivery
	hand    map[string]*delivery // what the consumer has by what the server was told, by ID
	idle    int                  // workers that wait
	usual   time.Duration        // what a handler takes, lately
	started string               // the last new message that a worker has taken
	marked  bool                 // the server thinks that not everything was begun with
	acked   []string             // to be told to the server
	failed  []failedAttempt
	asleep  bool // the reader waits at the server
	blocked bool // the reader waits for a worker, which may take long
	refused bool // the server has refused to acknowledge along with a read
	short   bool // something was due, and there was no room for it
	missed  bool // the server may have sent what did not arrive
	tidyAt  time.Time
	over    bool // no message is handed out any more
}

// delivery is a message that the consumer has.
type delivery struct {
	m       interfaces.Message
	fresh   bool      // read as new, not claimed
	claimed time.Time // when the request was sent that made it ours, or renewed that
	cancel  context.CancelCauseFunc
	ctx     context.Context // nil until a worker has it
	lost    bool
	done    bool // the handler has ended, and the server may not know
}

type failedAttempt struct {
	id      string
	attempt int
	wait    time.Duration
	reason  string
}

func newQueueRun(site *QueueSite, name string, handle queues.Handler) *queueRun {
	r := &queueRun{
		site: site, name: name, id: newID(), keys: keysOf(name), handle: handle,
		wakeReader: make(chan struct{}, 1), wakeKeeper: make(chan struct{}, 1),
		hand: make(map[string]*delivery), usual: time.Hour, started: "0-0",
	}
	r.wake.L = &r.mu
	return r
}

func (r *queueRun) run() {
	var workers, reader, keepers sync.WaitGroup
	for range r.site.settings.Concurrency {
		workers.Go(func() { r.work(&workers) })
	}
	reader.Go(r.read)
	done := make(chan struct{})
	keepers.Go(func() { r.keep(done) })
	keepers.Go(func() { r.watch(done) })
	<-r.until.Done()
	r.drain()
	workers.Wait()
	reader.Wait()
	close(done)
	keepers.Wait()
	r.goodbye()
}

// drain has the workers end after what they are at. What was read ahead stays
// with the consumer until goodbye gives it back.
func (r *queueRun) drain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	r.urgent, r.ready = nil, nil
	r.wake.Broadcast()
}

// goodbye tells the server the last results and gives back what was not begun.
// All workers have ended, so that what was begun is done.
func (r *queueRun) goodbye() {
	ctx, cancel := context.WithTimeout(context.Background(), r.patience())
	defer cancel()
	if err := r.report(ctx); err != nil {
		r.site.conn.logger.Warn("a consumer could not tell the server what it has done: it will be done again",
			"queue", r.name, "acknowledged", len(r.acked), "failed", len(r.failed), "error", err)
	}
	args := []any{queueGroup, r.id}
	for id, d := range r.hand {
		if d.done {
			args = append(args, id)
		}
	}
	_, _ = r.site.run(ctx, r.op("leave"), true, queueLeave, // else visibility does it
		[]string{r.keys.stream, r.keys.retry, r.keys.unstarted}, args...)
}

// nap is how long the consumer waits before it looks again: for what is due
// again, and, in a read that waits at the server for something to come,
// whether to end. It is shorter than read_timeout. Such a read cannot be called off without risk to what comes
// at that moment, so it is short: an idle Consume ends within it.
func (r *queueRun) nap() time.Duration {
	nap := min(max(r.site.settings.Visibility/4, 25*time.Millisecond), 500*time.Millisecond)
	return min(nap, max(r.site.conn.settings.ReadTimeout/2, time.Millisecond))
}

// patience is how long a call that is made for the consumer may take.
func (r *queueRun) patience() time.Duration {
	return min(max(r.site.settings.Visibility/2, 250*time.Millisecond), 2*time.Second)
}

func (r *queueRun) op(what string) string { return what + " queue " + fmt.Sprintf("%q", r.name) }
