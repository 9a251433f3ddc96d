package interfacestest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var errTinySilent = errors.New("silent")

// tinyBackend is a server of queues in as few lines as can be, with one flaw
// or none. Whoever waits for something looks again every tinyPause.
type tinyBackend struct {
	flaw string

	mu     sync.Mutex
	err    error // what every call of the first site gives
	queues map[string]*tinyQueue
	sites  []*tinyQueueSite
	lastID int
}

// tinyQueue holds messages in their order.
type tinyQueue struct {
	messages []*tinyMessage
	dead     []interfaces.DeadLetter
	added    int
}

type tinyMessage struct {
	interfaces.Message
	due   time.Time       // not before
	owner *tinyQueueRun   // nil: waiting
	took  time.Time       // when the owner did
	heard []*tinyQueueRun // who had it, of those that all get everything
}

type tinyQueueSite struct {
	*tinyBackend
	first  bool
	dead   bool
	closed bool
	runs   sync.WaitGroup
}

func newTinyBackend(flaw string) *tinyBackend {
	return &tinyBackend{flaw: flaw, queues: map[string]*tinyQueue{}}
}

func (b *tinyBackend) has(flaw string) bool { return b.flaw == flaw }

func (b *tinyBackend) open() *tinyQueueSite {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &tinyQueueSite{tinyBackend: b, first: len(b.sites) == 0}
	b.sites = append(b.sites, s)
	return s
}

func (b *tinyBackend) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

// queue returns the queue of a name; mu is held.
func (b *tinyBackend) queue(name string) *tinyQueue {
	if b.has("has one queue for all names") {
		name = ""
	}
	if b.queues[name] == nil {
		b.queues[name] = &tinyQueue{}
	}
	return b.queues[name]
}

// down is why a call fails; mu is held.
func (s *tinyQueueSite) down() error {
	if s.closed && !s.has("produces after Close") {
		return interfaces.ErrClosed
	}
	if s.first {
		return s.err
	}
	return nil
}

func (s *tinyQueueSite) checkName(name string) error {
	if (name == "" || len(name) > 1024 || strings.ContainsAny(name, "{}")) && !s.has("takes any name") {
		return interfaces.ErrInvalid
	}
	return nil
}

func (s *tinyQueueSite) GetProducer(name string) (interfaces.IQueueProducer, error) {
	return &tinyProducer{s, name}, s.checkName(name)
}

func (s *tinyQueueSite) GetConsumer(name string) (interfaces.IQueueConsumer, error) {
	return &tinyConsumer{tinyQueueSite: s, name: name}, s.checkName(name)
}

func (s *tinyQueueSite) Close(context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	if !s.has("closes without waiting for handlers") {
		s.runs.Wait()
	}
	return nil
}

type tinyProducer struct {
	*tinyQueueSite
	name string
}

func (p *tinyProducer) Produce(ctx context.Context, bodies ...[]byte) error {
	return p.ProduceAfter(ctx, 0, bodies...)
}

func (p *tinyProducer) ProduceAfter(ctx context.Context, delay time.Duration, bodies ...[]byte) error {
	size := 0
	for _, body := range bodies {
		size += len(body)
	}
	if size > 512<<20 {
		if p.has("takes bodies of any size") {
			return nil
		}
		return interfaces.ErrInvalid
	}
	if (delay < 0 || delay > 366*24*time.Hour) && !p.has("delays by any time") {
		return interfaces.ErrInvalid
	}
	if ctx.Err() != nil && !p.has("produces though it is cancelled") {
		return ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch err := p.down(); {
	case err == nil:
	case errors.Is(err, errTinySilent):
		return p.waitInVain(ctx)
	case errors.Is(err, interfaces.ErrUnavailable) && p.has("says full when it is broken"):
		return interfaces.ErrFull
	default:
		return err
	}
	return p.add(delay, bodies)
}

func (p *tinyProducer) waitInVain(ctx context.Context) error {
	p.mu.Unlock()
	defer p.mu.Lock()
	if p.has("ignores deadlines") {
		time.Sleep(8 * time.Second)
	}
	<-ctx.Done()
	if p.has("says a deadline is not the backend's") {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", interfaces.ErrUnavailable, ctx.Err())
}

// add takes the bodies in; mu is held.
func (p *tinyProducer) add(delay time.Duration, bodies [][]byte) error {
	q := p.queue(p.name)
	held := len(q.messages)
	if p.has("gives no room back") {
		held = q.added
	}
	if p.has("checks its length and then adds") {
		p.mu.Unlock()
		time.Sleep(tinyPause)
		p.mu.Lock()
	}
	if held+len(bodies) > tinyLength && (delay == 0 || !p.has("has room for all that is delayed")) {
		switch {
		case p.has("takes more than it may hold"):
		case p.has("drops the oldest when full"):
			q.messages = q.messages[min(len(q.messages), len(bodies)):]
		case p.has("adds a part when full"):
			p.append(q, delay, bodies[:tinyLength-held])
			return interfaces.ErrFull
		default:
			return interfaces.ErrFull
		}
	}
	p.append(q, delay, bodies)
	return nil
}

func (p *tinyProducer) append(q *tinyQueue, delay time.Duration, bodies [][]byte) {
	if p.has("does not delay") {
		delay = 0
	}
	for _, body := range bodies {
		if len(body) == 0 && p.has("loses empty bodies") || delay > 0 && p.has("loses what is delayed") {
			continue
		}
		if !p.has("keeps the producer's bytes") {
			body = append([]byte(nil), body...)
		}
		q.added++
		q.messages = append(q.messages, &tinyMessage{
			Message: interfaces.Message{ID: p.newID(), Body: body, Time: time.Now()}, due: time.Now().Add(delay),
		})
	}
}

func (b *tinyBackend) newID() string {
	if !b.has("has the same ID for every message") {
		b.lastID++
	}
	return strconv.Itoa(b.lastID)
}

type tinyConsumer struct {
	*tinyQueueSite
	name string
	busy atomic.Bool
}

// tinyQueueRun is one Consume.
type tinyQueueRun struct {
	*tinyConsumer
	ctx     context.Context
	began   time.Time
	handle  func(context.Context, interfaces.Message) error
	workers sync.WaitGroup
	lose    context.CancelCauseFunc
	failed  atomic.Pointer[error]
	over    atomic.Bool
}

func (c *tinyConsumer) Consume(ctx context.Context, handle func(context.Context, interfaces.Message) error) error {
	if handle == nil {
		if c.has("consumes without a handler") {
			<-ctx.Done()
			return nil
		}
		return interfaces.ErrInvalid
	}
	if !c.busy.CompareAndSwap(false, true) && !c.has("lets one consumer consume twice") {
		return interfaces.ErrInvalid
	}
	defer c.busy.Store(false)
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return interfaces.ErrClosed
	}
	c.runs.Add(1)
	c.mu.Unlock()
	defer c.runs.Done()

	base := context.WithoutCancel(ctx)
	if c.has("ends the handlers' contexts") {
		base = ctx
	}
	if c.has("hides the values of the context") {
		base = context.Background()
	}
	handling, lose := context.WithCancelCause(base)
	r := &tinyQueueRun{tinyConsumer: c, ctx: ctx, began: time.Now(), handle: handle, lose: lose}
	concurrency := tinyConcurrency
	switch {
	case c.has("runs one handler at a time"):
		concurrency = 1
	case c.has("runs more handlers than it may"):
		concurrency++
	}
	for range concurrency {
		r.workers.Go(func() { r.work(handling) })
	}
	for ended := false; !ended; {
		time.Sleep(tinyPause)
		ended = r.supervise()
	}
	return r.finish()
}

// supervise reports whether the run is to end.
func (r *tinyQueueRun) supervise() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.down()
	if err != nil && !errors.Is(err, errTinySilent) &&
		(!errors.Is(err, interfaces.ErrUnavailable) || r.has("ends when the backend breaks")) &&
		(!errors.Is(err, interfaces.ErrInvalid) || !r.has("waits for what is of another type")) {
		r.failed.Store(&err)
		r.over.Store(true)
	}
	if r.dead && !r.has("lets a robbed handler go on") {
		r.lose(interfaces.ErrLost)
	}
	return r.ctx.Err() != nil || r.over.Load()
}

func (r *tinyQueueRun) finish() error {
	if r.has("keeps what it read ahead") {
		r.mu.Lock()
		for _, m := range r.queue(r.name).messages {
			if m.owner == nil {
				m.owner, m.took = r, time.Now()
			}
		}
		r.mu.Unlock()
	}
	if !r.has("returns before its handlers") {
		r.workers.Wait()
		r.lose(nil)
	}
	switch failed := r.failed.Load(); {
	case r.has("returns long after its context ended"):
		time.Sleep(2 * time.Second)
	case r.has("returns the context's error"):
		return r.ctx.Err()
	case r.has("forgets attempts when a run ends"):
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, m := range r.queue(r.name).messages {
			m.Attempt = 0
		}
	case failed != nil && r.ctx.Err() == nil:
		return *failed
	}
	return nil
}

func (r *tinyQueueRun) work(ctx context.Context) {
	over := false
	defer func() {
		if !over && !r.has("loses its worker to Goexit") {
			r.workers.Go(func() { r.work(ctx) })
		}
	}()
	for {
		m, given := r.take()
		switch {
		case m != nil:
			r.attempt(ctx, m, given)
		case r.over.Load() || r.ctx.Err() != nil:
			over = true
			return
		default:
			time.Sleep(tinyPause)
		}
	}
}

// attempt calls the handler and settles the message.
func (r *tinyQueueRun) attempt(ctx context.Context, m *tinyMessage, given interfaces.Message) {
	err := errors.New("goexit")
	defer func() {
		p := recover()
		if p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if p != nil && r.has("loses on panic") || r.has("acknowledges first") {
			err = nil
		}
		r.settle(m, err)
	}()
	err = r.handle(ctx, given)
}

// take gives the message that is next and what the handler is to get of it.
func (r *tinyQueueRun) take() (*tinyMessage, interfaces.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ended := r.ctx.Err() != nil || r.over.Load()
	if r.down() != nil || r.dead || ended && !r.has("delivers after drain") && !r.has("delivers though its context ended") {
		return nil, interfaces.Message{}
	}
	q := r.queue(r.name)
	for _, m := range q.messages {
		if r.free(m) {
			m.owner, m.took = r, time.Now()
			m.heard = append(m.heard, r)
			m.Attempt++
			given := m.Message
			if !r.has("hands out its own bytes") {
				given.Body = append([]byte(nil), m.Body...)
			}
			switch {
			case r.has("says attempt 1 every time"):
				given.Attempt = 1
			case r.has("counts attempts from 0"):
				given.Attempt--
			case r.has("gives a new ID to each attempt"):
				given.ID = r.newID()
			}
			return m, given
		}
		if m.Attempt > 1 && r.has("stops at a message that fails") {
			break
		}
		if m.owner != nil && time.Since(m.took) > tinyPause && r.has("waits for each handler") {
			break
		}
	}
	return nil, interfaces.Message{}
}

// free reports whether m can be taken by r; mu is held.
func (r *tinyQueueRun) free(m *tinyMessage) bool {
	switch {
	case r.has("gives every consumer every message"):
		for _, had := range m.heard {
			if had == r {
				return false
			}
		}
		return true
	case m.owner == nil:
		return !time.Now().Before(m.due) &&
			!(r.has("loses what nobody was waiting for") && m.Time.Before(r.began))
	case r.has("robs the living"):
		return time.Since(m.took) > tinyVisibility
	default:
		return m.owner.dead && time.Since(m.took) > tinyVisibility && !r.has("never takes over from the dead")
	}
}

// settle records what an attempt came to; mu is held.
func (r *tinyQueueRun) settle(m *tinyMessage, err error) {
	if r.dead || m.owner != r && !r.has("gives every consumer every message") {
		return
	}
	q := r.queue(r.name)
	most := tinyAttempts
	switch {
	case r.has("tries for ever"):
		most = 1 << 30
	case r.has("tries once less"):
		most--
	}
	switch {
	case err == nil:
		if !r.has("gives every consumer every message") {
			q.remove(m)
		}
	case m.Attempt >= most:
		q.remove(m)
		letter := interfaces.DeadLetter{Message: m.Message, Reason: err.Error(), Died: time.Now()}
		if len(letter.Reason) > 1000 {
			letter.Reason = letter.Reason[:1000]
		}
		if r.has("forgets why a letter is dead") {
			letter.Reason = ""
		}
		if r.has("keeps letters as text") {
			letter.Body, _, _ = bytes.Cut(letter.Body, []byte{0})
		}
		if !r.has("has no dead letters") {
			q.dead = append(q.dead, letter)
		}
	default:
		m.owner = nil
		if !r.has("tries again at once") {
			m.due = time.Now().Add(tinyRetry)
		}
	}
}

func (q *tinyQueue) remove(m *tinyMessage) {
	for i, other := range q.messages {
		if other == m {
			q.messages = append(q.messages[:i:i], q.messages[i+1:]...)
			return
		}
	}
}
