package redis

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/internal/queues"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

var _ interfaces.IQueueSite = (*Broadcast)(nil)

// BroadcastConfig is the config of a Broadcast.
type BroadcastConfig struct {
	Config      `mapstructure:",squash"`
	Concurrency int `mapstructure:"concurrency" doc:"how many messages a consumer handles at once" min:"1" max:"10000"`
}

// DefaultBroadcastConfig returns the defaults: the server of DefaultConfig and
// one handler at a time, so that messages are handled in order.
func DefaultBroadcastConfig() BroadcastConfig {
	return BroadcastConfig{Config: DefaultConfig(), Concurrency: 1}
}

// Validate joins a component.KeyError for each key that is wrong.
func (c BroadcastConfig) Validate() error {
	var err error
	if c.Concurrency < 1 || c.Concurrency > 10_000 {
		err = component.KeyError{Key: "concurrency", Err: fmt.Errorf("%d is not between 1 and 10000", c.Concurrency)}
	}
	return errors.Join(c.Config.Validate(), err)
}

// Broadcast is an interfaces.IQueueSite as the original has it, on Pub/Sub: a
// producer publishes to the plain channel of the queue's name, and every
// consumer hears everything. It is for talking with programs that do so, and
// keeps less than the contract asks for:
//
//   - what is produced while nobody consumes is lost, and Produce does not say
//     so; ErrFull does not occur;
//   - what is published while a consumer has no connection is lost to it;
//   - a consumer that is too slow for too long loses its connection, at a
//     limit of the server's (client-output-buffer-limit pubsub);
//   - an error or a panic of a handler is logged, and the message is not
//     delivered again: Attempt is always 1;
//   - ID and Time are the consumer's: Redis keeps neither.
type Broadcast struct {
	conn        *connection
	concurrency int

	ctx    context.Context // ends when Close begins
	stop   context.CancelFunc
	forced context.Context // ends when Close gives up waiting for handlers
	force  context.CancelCauseFunc

	mu     sync.Mutex
	runs   int
	closed bool
	idle   chan struct{} // closed when the last Consume has returned after Close
}

// NewBroadcast returns a Broadcast without waiting for the server. site is
// where its logger and the connection's sharers are found, and may be nil.
func NewBroadcast(ctx context.Context, site *component.Site, config BroadcastConfig) (*Broadcast, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	conn, err := connect(ctx, site, config.Config)
	if err != nil {
		return nil, err
	}
	b := &Broadcast{conn: conn, concurrency: config.Concurrency, idle: make(chan struct{})}
	b.ctx, b.stop = context.WithCancel(context.Background())
	b.forced, b.force = context.WithCancelCause(context.Background())
	return b, nil
}

// GetProducer implements interfaces.IQueueSite.
func (b *Broadcast) GetProducer(name string) (interfaces.IQueueProducer, error) {
	if err := queues.CheckName(name); err != nil {
		return nil, err
	}
	return &broadcaster{site: b, name: name}, nil
}

// GetConsumer implements interfaces.IQueueSite.
func (b *Broadcast) GetConsumer(name string) (interfaces.IQueueConsumer, error) {
	if err := queues.CheckName(name); err != nil {
		return nil, err
	}
	return &listener{site: b, name: name}, nil
}

// CheckHealth asks the server.
func (b *Broadcast) CheckHealth(ctx context.Context) error { return b.conn.checkHealth(ctx) }

// Close has every Consume take no more messages and return ErrClosed, and
// waits for the handlers in flight. If ctx ends first, their contexts end and
// Close returns an error without waiting longer.
func (b *Broadcast) Close(ctx context.Context) error {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		b.stop()
		if b.runs == 0 {
			close(b.idle)
		}
	}
	b.mu.Unlock()
	var late error
	select {
	case <-b.idle:
	case <-ctx.Done():
		select {
		case <-b.idle: // all the same
		default:
			late = fmt.Errorf("close the broadcast: handlers are still at work: %w", context.Cause(ctx))
		}
	}
	b.force(interfaces.ErrClosed)
	return errors.Join(late, b.conn.close())
}

type broadcaster struct {
	site *Broadcast
	name string
}

// Produce publishes all of the messages, in order, or none of them. After
// ErrUnavailable it is not known which.
func (p *broadcaster) Produce(ctx context.Context, messages ...[]byte) error {
	if err := queues.CheckBodies(p.name, messages); err != nil {
		return err
	}
	if len(messages) == 0 {
		return ctx.Err()
	}
	bodies := make([]string, len(messages)) // a copy: the call may outlive this one
	for i, body := range messages {
		bodies[i] = string(body)
	}
	// Not idempotent: to publish again is to say it twice.
	return p.site.conn.do(ctx, fmt.Sprintf("publish to %q", p.name), false, func(ctx context.Context, client goredis.UniversalClient) error {
		if len(bodies) == 1 {
			return client.Publish(ctx, p.name, bodies[0]).Err()
		}
		_, err := client.TxPipelined(ctx, func(pipe goredis.Pipeliner) error {
			for _, body := range bodies {
				pipe.Publish(ctx, p.name, body)
			}
			return nil
		})
		return err
	})
}

type listener struct {
	site *Broadcast
	name string
	busy atomic.Bool
}

// Consume hands handle what is published from when it has subscribed on.
func (l *listener) Consume(ctx context.Context, handle func(ctx context.Context, m interfaces.Message) error) error {
	if handle == nil {
		return fmt.Errorf("listen to %q: no handler: %w", l.name, interfaces.ErrInvalid)
	}
	if !l.busy.CompareAndSwap(false, true) {
		return fmt.Errorf("listen to %q: this consumer is consuming already: %w", l.name, interfaces.ErrInvalid)
	}
	defer l.busy.Store(false)
	b := l.site
	if !b.enter() {
		return fmt.Errorf("listen to %q: %w", l.name, interfaces.ErrClosed)
	}
	defer b.leave()

	until, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(b.ctx, cancel)()
	handling, abandon := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abandon(nil)
	defer context.AfterFunc(b.forced, func() { abandon(context.Cause(b.forced)) })()

	s := &subscription{site: b, name: l.name, id: newID(), until: until, heard: make(chan string)}
	var workers sync.WaitGroup
	for range b.concurrency {
		workers.Go(func() { s.work(handling, handle, &workers) })
	}
	for until.Err() == nil {
		if err := s.listen(); err != nil && until.Err() == nil {
			_ = b.conn.explain("listen", err) // has the server looked after
			s.pause()
		}
	}
	close(s.heard)
	workers.Wait()
	if ctx.Err() == nil {
		return fmt.Errorf("listen to %q: %w", l.name, interfaces.ErrClosed)
	}
	return nil
}

func (b *Broadcast) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.runs++
	return true
}

func (b *Broadcast) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.runs--; b.runs == 0 && b.closed {
		close(b.idle)
	}
}

// subscription is one Consume.
type subscription struct {
	site  *Broadcast
	name  string
	id    string
	until context.Context
	heard chan string // to the workers
	count atomic.Uint64
	cut   bool // it was subscribed before

	failures int // since it was subscribed
}

// quiet is how long nothing may be heard before the server is asked whether it
// is still there.
const quiet = 10 * time.Second

// listen subscribes and hands on what it hears until the connection is lost or
// the subscription is over.
func (s *subscription) listen() error {
	client, err := s.site.conn.blocking()
	if err != nil {
		return err
	}
	ctx := tie(s.until)
	heard := client.Subscribe(ctx, s.name)
	defer heard.Close()
	for asked := false; ; {
		message, err := heard.ReceiveTimeout(ctx, quiet)
		if err != nil {
			if classify(err) != timedOut || asked {
				return err
			}
			if err := heard.Ping(ctx); err != nil {
				return err
			}
			asked = true
			continue
		}
		asked = false
		switch message := message.(type) {
		case *goredis.Subscription:
			if s.cut {
				s.site.conn.logger.Warn("a broadcast consumer was cut off: what was published meanwhile is lost to it", "queue", s.name)
			}
			s.cut, s.failures = true, 0
		case *goredis.Message:
			select {
			case s.heard <- message.Payload:
			case <-s.until.Done():
				return nil
			}
		}
	}
}

// work handles what is heard. A handler that ends the goroutine has another
// take its place.
func (s *subscription) work(ctx context.Context, handle queues.Handler, workers *sync.WaitGroup) {
	over := false
	defer func() {
		if !over {
			workers.Go(func() { s.work(ctx, handle, workers) })
		}
	}()
	for body := range s.heard {
		m := interfaces.Message{
			ID: fmt.Sprintf("%s-%d", s.id, s.count.Add(1)), Body: []byte(body), Attempt: 1, Time: time.Now(),
		}
		queues.Call(ctx, handle, m, func(err error) {
			if err == nil {
				return
			}
			queues.LogFailure(s.site.conn.logger, s.name, m, err, false)
			s.site.conn.logger.Warn("a broadcast message was not handled and is lost", "queue", s.name, "id", m.ID, "reason", queues.Reason(err))
		})
	}
	over = true
}

// pause waits after a failure.
func (s *subscription) pause() {
	timer := time.NewTimer(doubled(20*time.Millisecond, time.Second, s.failures))
	defer timer.Stop()
	s.failures++
	select {
	case <-timer.C:
	case <-s.until.Done():
	}
}
