package interfaces

import (
	"context"
	"time"
)

// IQueueSite gives both ends of queues by name. A name is 1 to 1024 bytes
// without braces, else ErrInvalid.
type IQueueSite interface {
	// GetProducer returns the end of a queue that adds messages. It does not
	// ask the backend.
	GetProducer(name string) (IQueueProducer, error)

	// GetConsumer returns an end of a queue that handles messages. Consumers
	// of one queue, in this process and others, share its messages. It does
	// not ask the backend.
	GetConsumer(name string) (IQueueConsumer, error)
}

// IQueueProducer adds messages to one queue.
type IQueueProducer interface {
	// Produce adds all of the messages, in order, or none of them. It returns
	// ErrFull when the queue has no room for them. A body may be empty.
	// Without messages it does nothing.
	Produce(ctx context.Context, messages ...[]byte) error
}

// Message is one delivery of what a producer added.
type Message struct {
	ID      string    // of the backend, the same at each attempt
	Body    []byte    // the receiver's own
	Attempt int       // 1 the first time
	Time    time.Time // when it was produced
}

// IQueueConsumer handles the messages of one queue, at least once each.
type IQueueConsumer interface {
	// Consume hands each message to handle until ctx ends; then it returns
	// nil as soon as the handlers in flight have returned. A second Consume
	// at the same time on the same consumer is ErrInvalid.
	//
	// A handle that returns nil acknowledges the message. After an error or a
	// panic the message is delivered again, up to the queue's max_attempts,
	// and is then moved to the dead letters. A message whose consumer died is
	// delivered again too, so handle must bear to see one twice. The context
	// given to handle outlives ctx, so that what was begun can be finished;
	// it ends when the message may have been given to somebody else.
	Consume(ctx context.Context, handle func(ctx context.Context, m Message) error) error
}
