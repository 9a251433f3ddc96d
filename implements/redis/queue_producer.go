package redis

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/internal/queues"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

var _ interfaces.IDelayedProducer = (*queueProducer)(nil)

type queueProducer struct {
	site *QueueSite
	name string
	op   string   // for messages
	keys []string // as the script has them
}

func newQueueProducer(site *QueueSite, name string) *queueProducer {
	keys := keysOf(name)
	return &queueProducer{
		site: site, name: name, op: fmt.Sprintf("produce to queue %q", name),
		keys: []string{keys.stream, keys.delayed, keys.later, keys.memory + site.id},
	}
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
	if len(messages) > p.site.settings.MaxLength {
		return fmt.Errorf("%s: %d messages are more than it can ever hold: %w", p.op, len(messages), interfaces.ErrFull)
	}
	sent := &posting{bodies: messages, delay: delay, done: make(chan error, 1)}
	sent.deadline, sent.bounded = ctx.Deadline()
	if ctx.Done() != nil {
		// The caller may have its bytes back before they are sent.
		sent.bodies = make([][]byte, len(messages))
		for i, body := range messages {
			sent.bodies[i] = slices.Clone(body)
		}
	}
	box, err := p.post(sent)
	if err != nil || len(messages) == 0 {
		return err
	}
	if box != nil {
		p.sendOne(ctx, box, sent)
	}
	select {
	case err := <-sent.done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-sent.done: // at the same moment
		return err
	default:
		p.leave(sent)
		return p.gaveUp(ctx.Err())
	}
}

// leave has a Produce not sent if that has not been done yet.
func (p *queueProducer) leave(sent *posting) {
	p.site.mu.Lock()
	defer p.site.mu.Unlock()
	sent.left = true
}

// gaveUp is the error of a Produce whose context ended before the server had
// answered.
func (p *queueProducer) gaveUp(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w: no answer: %w", p.op, interfaces.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", p.op, err)
}

// posting is one Produce on its way.
type posting struct {
	bodies   [][]byte
	delay    time.Duration
	deadline time.Time // if bounded
	bounded  bool
	done     chan error // room for one
	left     bool       // nobody waits for it; guarded by QueueSite.mu
}

// How much goes in one call, unless a single Produce is more than that.
const (
	maxPostings  = 512
	maxPostBytes = 1 << 20
)

// outbox is what is waiting to be sent to one queue. While a call is under way
// what comes meanwhile gathers, and goes together with the next. There is only
// one call at a time, so that the server, which remembers the last one, can
// tell one that is repeated because its reply was lost. (Of a call whose
// context has ended nobody waits for the answer, and the server does not do it
// once it has done the next.)
type outbox struct {
	waiting []*posting // guarded by QueueSite.mu
}

// post puts a Produce into the outbox of its queue. Where there is none yet it
// returns a new one, which is for the caller to send.
func (p *queueProducer) post(sent *posting) (*outbox, error) {
	s := p.site
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("%s: %w", p.op, interfaces.ErrClosed)
	}
	if len(sent.bodies) == 0 {
		return nil, nil
	}
	if box := s.outboxes[p.name]; box != nil {
		box.waiting = append(box.waiting, sent)
		return nil, nil
	}
	box := &outbox{}
	s.outboxes[p.name] = box
	s.busy++
	return box, nil
}

// sendOne sends a single Produce, and leaves it to a goroutine to send what has
// gathered meanwhile.
func (p *queueProducer) sendOne(ctx context.Context, box *outbox, sent *posting) {
	p.call(ctx, []*posting{sent})
	if batch := p.nextBatch(box); len(batch) > 0 {
		go p.sendAll(box, batch)
	}
}

// sendAll sends a batch, and then what is in the outbox until it is empty.
func (p *queueProducer) sendAll(box *outbox, batch []*posting) {
	for len(batch) > 0 {
		ctx, cancel := batchContext(batch)
		p.call(ctx, batch)
		cancel()
		// Those who have their answer may have more for the next call.
		runtime.Gosched()
		batch = p.nextBatch(box)
	}
}

// call sends a batch to the server and tells everybody in it what became of
// their part.
func (p *queueProducer) call(ctx context.Context, batch []*posting) {
	args := append(make([]any, 0, 2+3*len(batch)), p.site.calls.Add(1), p.site.settings.MaxLength)
	for _, sent := range batch {
		args = append(args, len(sent.bodies), ceilMillis(sent.delay))
		for _, body := range sent.bodies {
			args = append(args, body)
		}
	}
	answer, err := p.site.run(ctx, p.op, true, queueProduce, p.keys, args...)
	said, _ := answer.(string)
	for i, sent := range batch {
		switch {
		case err != nil:
			sent.done <- err
		case i < len(said) && said[i] == '1':
			sent.done <- nil
		default:
			sent.done <- fmt.Errorf("%s: %w", p.op, interfaces.ErrFull)
		}
	}
}

// nextBatch takes what goes into the next call out of the box. An empty box
// is taken away.
func (p *queueProducer) nextBatch(box *outbox) []*posting {
	s := p.site
	s.mu.Lock()
	defer s.mu.Unlock()
	box.waiting = slices.DeleteFunc(box.waiting, func(sent *posting) bool { return sent.left })
	count, bytes := 0, 0
	for _, sent := range box.waiting {
		for _, body := range sent.bodies {
			bytes += len(body)
		}
		if count > 0 && (bytes > maxPostBytes || count == maxPostings) {
			break
		}
		count++
	}
	if count == 0 {
		delete(s.outboxes, p.name)
		s.left()
		return nil
	}
	batch := box.waiting[:count:count]
	box.waiting = slices.Clone(box.waiting[count:])
	return batch
}

// batchContext lasts until the last of those who wait gives up.
func batchContext(batch []*posting) (context.Context, context.CancelFunc) {
	var last time.Time
	for _, p := range batch {
		if !p.bounded {
			return context.Background(), func() {}
		}
		if p.deadline.After(last) {
			last = p.deadline
		}
	}
	return context.WithDeadline(context.Background(), last)
}

// ceilMillis is d in milliseconds, rounded up.
func ceilMillis(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}
