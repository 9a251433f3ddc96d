package redis

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// mutexWire has those who ask at the same time share round trips: while one
// batch of questions is on its way, the next one gathers. In a Cluster each goes
// by itself: a node that hangs must not hold up what is asked of another.
//
// A question in a batch is waited for to the end, whatever becomes of its asker:
// when it is known how it ended, what it left is cleared away. All questions may
// be sent twice, for each script knows its caller's id.
type mutexWire struct {
	conn *connection
	gone context.Context // ends what is on its way: others may go on with the connection

	work sync.WaitGroup // the flights

	mu      sync.Mutex
	waiting []*mutexQuestion
	flights int
	closed  bool
}

const (
	// maxMutexFlights keeps one slow connection from holding up all; more of them
	// make smaller batches, and so more work.
	maxMutexFlights = 2

	maxMutexBatch = 256

	// mutexPatience is how long one attempt may take: a lease that is to be
	// renewed cannot wait as long as a value that is to be read.
	mutexPatience = 2 * time.Second

	mutexOp = "mutex"
)

// mutexQuestion is one call of a script. What the flight sets may be read once
// done is closed.
type mutexQuestion struct {
	script *mutexScript
	keys   []string
	args   []any

	done      chan struct{}
	reply     any
	err       error
	sent      bool // it may have reached the server
	uncertain bool // an attempt ended without a reply: the server may act on it yet
	replied   bool
	left      bool // nobody waits for it; guarded by the wire

	self [1]*mutexQuestion // a batch of it alone
}

func newMutexQuestion(script *mutexScript, keys []string, args ...any) *mutexQuestion {
	return &mutexQuestion{script: script, keys: keys, args: args, done: make(chan struct{})}
}

// ask sends q and waits until it is answered, ctx ends or stop is closed.
func (w *mutexWire) ask(ctx context.Context, stop <-chan struct{}, q *mutexQuestion) error {
	if err := w.conn.admit(ctx, mutexOp); err != nil {
		close(q.done)
		return err
	}

	if !w.enqueue(q) {
		w.alone(ctx, q)
		return q.err
	}

	select {
	case <-q.done:
		return q.err
	case <-ctx.Done():
		w.leave(q)
		if !errors.Is(ctx.Err(), context.Canceled) {
			w.conn.doubt()
		}
		return w.conn.settings.ended(mutexOp, ctx.Err(), true)
	case <-stop:
		w.leave(q)
		return w.conn.shut(mutexOp)
	}
}

// enqueue adds q to the next batch, and has that sent if nobody is about to. It
// returns false if q does not share a round trip with anybody: then it is the
// caller's to send, which saves waking somebody.
func (w *mutexWire) enqueue(q *mutexQuestion) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		q.err = w.conn.shut(mutexOp)
		close(q.done)
		return true
	case w.conn.clustered(), w.flights == 0 && len(w.waiting) == 0:
		w.flights++
		w.work.Add(1)
		return false
	}
	w.waiting = append(w.waiting, q)
	if w.flights < maxMutexFlights {
		w.flights++
		w.work.Go(w.fly)
	}
	return true
}

// alone sends one question, for whoever asks it, and leaves those who have come
// meanwhile to another goroutine. If ctx ends the question goes without an
// answer.
func (w *mutexWire) alone(ctx context.Context, q *mutexQuestion) {
	defer w.work.Done()
	batch := q.self[:]
	batch[0] = q
	if ctx.Done() == nil {
		ctx = w.gone
	} else {
		either, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(w.gone, cancel)()
		ctx = either
	}

	err := w.conn.do(ctx, mutexOp, true, func(ctx context.Context, client goredis.UniversalClient) error {
		q.sent = true
		return w.attempt(ctx, client, batch)
	})
	if err != nil && w.gone.Err() != nil {
		err = w.conn.shut(mutexOp)
	}
	if !q.replied {
		q.err = err
		q.uncertain = q.sent
	}
	close(q.done)
	if !w.land() {
		w.work.Go(w.fly)
	}
}

// close waits for what is on its way, which has been ended already.
func (w *mutexWire) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.work.Wait()
}

// leave has q not sent if that has not been done yet.
func (w *mutexWire) leave(q *mutexQuestion) {
	w.mu.Lock()
	defer w.mu.Unlock()
	q.left = true
}

// land ends the flight unless somebody waits.
func (w *mutexWire) land() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) > 0 {
		return false
	}
	w.flights--
	return true
}

// fly answers questions until there are none. Then the flight is over.
func (w *mutexWire) fly() {
	for {
		batch := w.take()
		if len(batch) == 0 && w.land() {
			return
		}
		w.answer(batch)
	}
}

func (w *mutexWire) answer(batch []*mutexQuestion) {
	if len(batch) == 0 {
		return
	}
	w.send(batch)
	for _, q := range batch {
		close(q.done)
	}
}

// take returns the next questions. Those that nobody waits for any more are
// not sent.
func (w *mutexWire) take() []*mutexQuestion {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.waiting), maxMutexBatch)
	batch := make([]*mutexQuestion, 0, n)
	for _, q := range w.waiting[:n] {
		if q.left {
			q.err = context.Canceled
			close(q.done)
		} else {
			q.sent = true
			batch = append(batch, q)
		}
	}
	rest := copy(w.waiting, w.waiting[n:])
	clear(w.waiting[rest:])
	w.waiting = w.waiting[:rest]
	return batch
}

// send answers a batch, with an error if need be.
func (w *mutexWire) send(batch []*mutexQuestion) {
	err := w.conn.do(context.Background(), mutexOp, true, func(_ context.Context, client goredis.UniversalClient) error {
		ctx, cancel := context.WithTimeout(w.gone, mutexPatience)
		defer cancel()
		return w.conn.runOn(ctx, client, func(ctx context.Context, client goredis.UniversalClient) error {
			return w.attempt(ctx, client, batch)
		})
	})
	for _, q := range batch {
		if !q.replied {
			q.err = err
		}
	}
}

// attempt sends what has no reply yet. It returns the error that another
// attempt may mend.
func (w *mutexWire) attempt(ctx context.Context, client goredis.UniversalClient, batch []*mutexQuestion) error {
	unknown, err := w.exchange(ctx, client, batch, (*mutexScript).call)
	if err != nil || len(unknown) == 0 {
		return err
	}
	_, err = w.exchange(ctx, client, unknown, (*mutexScript).teach)
	return err
}

// exchange makes one round trip. unknown are the questions whose script the
// server does not know.
func (w *mutexWire) exchange(
	ctx context.Context, client goredis.UniversalClient, batch []*mutexQuestion,
	call func(s *mutexScript, ctx context.Context, to goredis.Cmdable, keys []string, args []any) *goredis.Cmd,
) (unknown []*mutexQuestion, err error) {
	commands := make([]*goredis.Cmd, len(batch))
	if len(batch) == 1 && !batch[0].replied {
		commands[0] = call(batch[0].script, ctx, client, batch[0].keys, batch[0].args)
	} else {
		pipeline := client.Pipeline()
		for i, q := range batch {
			if !q.replied {
				commands[i] = call(q.script, ctx, pipeline, q.keys, q.args)
			}
		}
		_, _ = pipeline.Exec(ctx) // each command has its own error
	}

	for i, q := range batch {
		if commands[i] == nil {
			continue
		}
		reply, failed := commands[i].Result()

		switch kind := classify(failed); {
		case failed == nil:
			q.reply, q.replied = reply, true
		case strings.HasPrefix(failed.Error(), "NOSCRIPT"):
			unknown = append(unknown, q)
		case kind == elsewhere, kind == unwell, kind >= timedOut:
			q.uncertain = q.uncertain || kind == timedOut || kind == lost
			err = failed
		default:
			q.err, q.replied = w.conn.explain(mutexOp, failed), true
		}
	}
	return unknown, err
}

// mutexReply is what a script answers: one number, or that of a place in the
// queue and when to come back.
type mutexReply struct {
	number   int64
	refused  bool
	comeBack time.Duration // negative: the server does not know
}

func (q *mutexQuestion) result() (mutexReply, error) {
	switch reply := q.reply.(type) {
	case int64:
		return mutexReply{number: reply}, nil
	case []any:
		if len(reply) == 2 {
			ticket, ok := reply[0].(int64)
			back, also := reply[1].(int64)
			if ok && also {
				return mutexReply{number: ticket, refused: true, comeBack: time.Duration(back) * time.Millisecond}, nil
			}
		}
	}
	return mutexReply{}, errMutexReply
}

// errMutexReply is for a server that is none, or a proxy that changes replies.
var errMutexReply = errors.Join(errors.New("redis: a script's reply is not understood"), interfaces.ErrUnavailable)
