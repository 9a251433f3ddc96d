package memory

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/internal/queues"
	"github.com/fivcglue/fivcglue-go/implements/internal/sitelog"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

var (
	_ interfaces.IQueueSite      = (*QueueSite)(nil)
	_ interfaces.IQueueInspector = (*QueueSite)(nil)
)

// QueueConfig is the config of a QueueSite. The settings are those of every
// backend, so that a file can name another class and stay as it is. Two of
// them mean nothing here: within one process nobody dies without the others,
// so visibility never runs out, and a message is taken without a round trip,
// so there is no batch.
type QueueConfig struct {
	Visibility    time.Duration `mapstructure:"visibility"      doc:"how long a message stays with a consumer that gives no sign of life, at least 100ms; another gets it then"`
	MaxAttempts   int           `mapstructure:"max_attempts"    doc:"how often a message is tried before it goes to the dead letters" min:"1"`
	RetryDelay    time.Duration `mapstructure:"retry_delay"     doc:"the wait before the second attempt; it doubles with each further one, less up to a half of it at random"`
	MaxRetryDelay time.Duration `mapstructure:"max_retry_delay" doc:"the longest wait between attempts"`
	Concurrency   int           `mapstructure:"concurrency"     doc:"how many messages a consumer handles at once" min:"1" max:"10000"`
	Batch         int           `mapstructure:"batch"           doc:"how many messages a read takes at most; fewer where they take long to handle" min:"1" max:"10000"`
	MaxLength     int           `mapstructure:"max_length"      doc:"how many messages a queue holds, waiting, delayed and in flight; a full one refuses more" min:"1"`
}

// DefaultQueueConfig returns the defaults: five attempts, one handler at a
// time, up to 100,000 messages a queue.
func DefaultQueueConfig() QueueConfig { return QueueConfig(queues.DefaultSettings()) }

// Validate joins a component.KeyError for each key that is wrong.
func (c QueueConfig) Validate() error { return queues.Settings(c).Validate() }

// QueueSite is an interfaces.IQueueSite within this process: what it holds
// ends with the process, or with Close. Its producers are
// interfaces.IDelayedProducer. Dead letters do not count against max_length
// and stay until somebody restores or discards them; nothing else outgrows it,
// and a queue that is empty and has no consumer costs nothing.
type QueueSite struct {
	settings queues.Settings
	log      interfaces.ILogger

	forced context.Context // ends when Close gives up waiting for handlers
	force  context.CancelCauseFunc

	mu     sync.Mutex // taken before a queue's own
	queues map[string]*queue
	lastID uint64 // the greatest of queues that are gone, so that IDs never repeat
	runs   int    // Consumes that have not returned
	closed bool
	idle   chan struct{} // closed when the last Consume has returned after Close
}

// NewQueueSite returns a site of empty queues. site is where its logger is
// found and may be nil.
func NewQueueSite(_ context.Context, site *component.Site, config QueueConfig) (*QueueSite, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	s := &QueueSite{
		settings: queues.Settings(config),
		log:      sitelog.For(site, "fivcglue.memory"),
		queues:   make(map[string]*queue),
		idle:     make(chan struct{}),
	}
	s.forced, s.force = context.WithCancelCause(context.Background())
	return s, nil
}

// GetProducer implements interfaces.IQueueSite.
func (s *QueueSite) GetProducer(name string) (interfaces.IQueueProducer, error) {
	if err := queues.CheckName(name); err != nil {
		return nil, err
	}
	return &queueProducer{site: s, name: name}, nil
}

// GetConsumer implements interfaces.IQueueSite.
func (s *QueueSite) GetConsumer(name string) (interfaces.IQueueConsumer, error) {
	if err := queues.CheckName(name); err != nil {
		return nil, err
	}
	return &queueConsumer{site: s, name: name}, nil
}

// Close has every Consume take no more messages and return ErrClosed, and
// waits for the handlers in flight. If ctx ends first, their contexts end and
// Close returns an error without waiting longer.
func (s *QueueSite) Close(ctx context.Context) error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		for _, q := range s.queues {
			q.close()
		}
		if s.runs == 0 {
			close(s.idle)
		}
	}
	s.mu.Unlock()

	select {
	case <-s.idle:
	case <-ctx.Done():
		// It may have been idle all the same.
		select {
		case <-s.idle:
		default:
			s.force(interfaces.ErrClosed)
			return fmt.Errorf("close the queues: handlers are still at work: %w", context.Cause(ctx))
		}
	}
	s.force(interfaces.ErrClosed)
	return nil
}

// use calls f with the queue of a name, which it makes if there is none; f
// runs under the queue's lock. Afterwards a queue that nobody needs is gone.
func (s *QueueSite) use(name string, f func(q *queue) error) error {
	q, err := s.open(name, false)
	if err != nil {
		return err
	}
	err = f(q)
	unused := q.unused()
	q.mu.Unlock()
	if unused {
		s.reclaim(name)
	}
	return err
}

// open returns the queue of a name, with its lock held. A Consume is counted
// in, for leave to count it out.
func (s *QueueSite) open(name string, consume bool) (*queue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("queue %q: %w", name, interfaces.ErrClosed)
	}
	q := s.queues[name]
	if q == nil {
		q = newQueue(s.settings, s.lastID)
		s.queues[name] = q
	}
	if consume {
		s.runs++
	}
	q.mu.Lock()
	return q, nil
}

// look calls f with the queue of a name, under its lock, or with nil.
func (s *QueueSite) look(name string, f func(q *queue)) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return fmt.Errorf("queue %q: %w", name, interfaces.ErrClosed)
	}
	q := s.queues[name]
	s.mu.Unlock()
	if q == nil {
		f(nil)
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	f(q)
	return nil
}

// reclaim forgets the queue of a name if it is of no use to anybody.
func (s *QueueSite) reclaim(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queues[name]
	if q == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.unused() {
		return
	}
	q.gone = true
	q.unschedule()
	delete(s.queues, name)
	s.lastID = max(s.lastID, q.lastID)
}

// join counts a Consume in.
func (s *QueueSite) join(name string) (*queue, error) {
	q, err := s.open(name, true)
	if err != nil {
		return nil, err
	}
	defer q.mu.Unlock()
	q.consumers++
	q.schedule()
	return q, nil
}

// leave counts a Consume out.
func (s *QueueSite) leave(name string, q *queue) {
	q.mu.Lock()
	q.consumers--
	unused := q.unused()
	q.mu.Unlock()
	if unused {
		s.reclaim(name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runs--; s.runs == 0 && s.closed {
		close(s.idle)
	}
}
