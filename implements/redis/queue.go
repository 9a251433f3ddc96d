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

var (
	_ interfaces.IQueueSite      = (*QueueSite)(nil)
	_ interfaces.IQueueInspector = (*QueueSite)(nil)
)

// QueueConfig is the config of a QueueSite: how to reach the server, and the
// settings of its queues.
type QueueConfig struct {
	Config `mapstructure:",squash"`

	Visibility    time.Duration `mapstructure:"visibility"      doc:"how long a message stays with a consumer that gives no sign of life, at least 100ms; another gets it then"`
	MaxAttempts   int           `mapstructure:"max_attempts"    doc:"how often a message is tried before it goes to the dead letters" min:"1"`
	RetryDelay    time.Duration `mapstructure:"retry_delay"     doc:"the wait before the second attempt; it doubles with each further one, less up to a half of it at random"`
	MaxRetryDelay time.Duration `mapstructure:"max_retry_delay" doc:"the longest wait between attempts"`
	Concurrency   int           `mapstructure:"concurrency"     doc:"how many messages a consumer handles at once" min:"1" max:"10000"`
	Batch         int           `mapstructure:"batch"           doc:"how many messages a read takes at most; fewer where they take long to handle" min:"1" max:"10000"`
	MaxLength     int           `mapstructure:"max_length"      doc:"how many messages a queue holds, waiting, delayed and in flight; a full one refuses more" min:"1"`
}

// DefaultQueueConfig returns the defaults: the server of DefaultConfig, five
// attempts, one handler at a time, up to 100,000 messages a queue, and a
// message goes to another consumer after 30 seconds without a sign of life.
func DefaultQueueConfig() QueueConfig {
	s := queues.DefaultSettings()
	return QueueConfig{
		Config: DefaultConfig(), Visibility: s.Visibility, MaxAttempts: s.MaxAttempts, RetryDelay: s.RetryDelay,
		MaxRetryDelay: s.MaxRetryDelay, Concurrency: s.Concurrency, Batch: s.Batch, MaxLength: s.MaxLength,
	}
}

// Validate joins a component.KeyError for each key that is wrong.
func (c QueueConfig) Validate() error {
	return errors.Join(c.Config.Validate(), c.settings().Validate())
}

func (c QueueConfig) settings() queues.Settings {
	return queues.Settings{
		Visibility: c.Visibility, MaxAttempts: c.MaxAttempts, RetryDelay: c.RetryDelay, MaxRetryDelay: c.MaxRetryDelay,
		Concurrency: c.Concurrency, Batch: c.Batch, MaxLength: c.MaxLength,
	}
}

// QueueSite is an interfaces.IQueueSite on Redis Streams, version 6.2 of the
// server at least. All sites on one database share their queues, each message
// of which goes to one consumer at least once. Its producers are
// interfaces.IDelayedProducer.
//
// The keys of the queue named NAME begin with {queue:NAME}: and are one slot
// of a cluster. All times are by the server's clock. Dead letters do not count
// against max_length and stay until somebody restores or discards them.
type QueueSite struct {
	conn     *connection
	settings queues.Settings
	id       string // of this site among all that ever were
	calls    atomic.Uint64
	forget   time.Duration // forgetAfter, but in a test

	ctx  context.Context // ends when Close begins
	stop context.CancelFunc

	forced context.Context // ends when Close gives up waiting for handlers
	force  context.CancelCauseFunc

	mu       sync.Mutex
	outboxes map[string]*outbox // of the producers at work
	busy     int                // Consumes and outboxes
	closed   bool
	idle     chan struct{} // closed when nobody is busy any more after Close
}

// NewQueueSite returns a site of queues without waiting for the server. site
// is where its logger and the connection's sharers are found, and may be nil.
func NewQueueSite(ctx context.Context, site *component.Site, config QueueConfig) (*QueueSite, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	conn, err := connect(ctx, site, config.Config)
	if err != nil {
		return nil, err
	}
	s := &QueueSite{
		conn: conn, settings: config.settings(), id: newID(), forget: forgetAfter,
		outboxes: make(map[string]*outbox), idle: make(chan struct{}),
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.forced, s.force = context.WithCancelCause(context.Background())
	return s, nil
}

// GetProducer implements interfaces.IQueueSite.
func (s *QueueSite) GetProducer(name string) (interfaces.IQueueProducer, error) {
	if err := queues.CheckName(name); err != nil {
		return nil, err
	}
	return newQueueProducer(s, name), nil
}

// GetConsumer implements interfaces.IQueueSite.
func (s *QueueSite) GetConsumer(name string) (interfaces.IQueueConsumer, error) {
	if err := queues.CheckName(name); err != nil {
		return nil, err
	}
	return &queueConsumer{site: s, name: name}, nil
}

// CheckHealth asks the servers whether they are in order, and whether the user
// may run scripts. Of which names is not asked: they are the program's.
func (s *QueueSite) CheckHealth(ctx context.Context) error {
	if err := s.conn.checkHealth(ctx); err != nil {
		return err
	}
	return s.conn.checkRights(ctx, func(ctx context.Context, client goredis.UniversalClient) error {
		return queueDepth.Run(ctx, client, keysOf("health").inspected(), queueGroup).Err()
	})
}

// Close has every Consume take no more messages and return ErrClosed, and
// waits for the handlers in flight. If ctx ends first, their contexts end and
// Close returns an error without waiting longer; what they were given goes to
// other consumers after visibility.
func (s *QueueSite) Close(ctx context.Context) error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		s.stop()
		if s.busy == 0 {
			close(s.idle)
		}
	}
	s.mu.Unlock()
	var late error
	select {
	case <-s.idle:
	case <-ctx.Done():
		select {
		case <-s.idle: // all the same
		default:
			late = fmt.Errorf("close the queues: handlers are still at work: %w", context.Cause(ctx))
		}
	}
	s.force(interfaces.ErrClosed)
	return errors.Join(late, s.conn.close())
}

// enter counts somebody in for whom Close has to wait.
func (s *QueueSite) enter(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("queue %q: %w", name, interfaces.ErrClosed)
	}
	s.busy++
	return nil
}

func (s *QueueSite) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left()
}

// left counts somebody out; mu is held.
func (s *QueueSite) left() {
	if s.busy--; s.busy == 0 && s.closed {
		close(s.idle)
	}
}
