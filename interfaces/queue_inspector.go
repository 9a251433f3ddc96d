package interfaces

import (
	"context"
	"iter"
	"time"
)

// IDelayedProducer is an IQueueProducer that can hold messages back. It is
// optional: ask a producer for it by type assertion.
type IDelayedProducer interface {
	IQueueProducer

	// ProduceAfter adds messages as Produce does, and no consumer is given
	// them before delay has passed by the backend's clock. They count as held
	// by the queue from now on. A delay of zero is Produce; one below zero or
	// above a year (366 days) is ErrInvalid.
	ProduceAfter(ctx context.Context, delay time.Duration, messages ...[]byte) error
}

// IQueueInspector looks into the queues of a site and after their dead
// letters. It is optional: ask an IQueueSite for it by type assertion. A name
// that is no queue's name is ErrInvalid; a queue that nobody has used is empty.
type IQueueInspector interface {
	// GetDepth counts what a queue holds. The counts are of one moment.
	GetDepth(ctx context.Context, name string) (QueueDepth, error)

	// ListDead yields the dead letters of a queue, oldest first. One that is
	// put there or removed meanwhile may be yielded or not. After an error
	// there is nothing more.
	ListDead(ctx context.Context, name string) iter.Seq2[DeadLetter, error]

	// RestoreDead puts dead letters back into their queue as messages that
	// were never attempted, with IDs of their own, and returns how many of
	// the ids were there. It puts all of them back or, with ErrFull, none.
	RestoreDead(ctx context.Context, name string, ids ...string) (int, error)

	// DiscardDead removes dead letters for good and returns how many of the
	// ids were there.
	DiscardDead(ctx context.Context, name string, ids ...string) (int, error)
}

// QueueDepth counts the messages of one queue.
type QueueDepth struct {
	Waiting  int // for a consumer to take them
	InFlight int // with a consumer, being handled or about to be
	Delayed  int // held back: by ProduceAfter, or until the next attempt
	Dead     int // given up on, until somebody restores or discards them
}

// DeadLetter is a message that was given up on after its last attempt.
type DeadLetter struct {
	Message           // Attempt is that of the last one
	Reason  string    // what the last attempt came to; long ones are cut
	Died    time.Time // when it was given up on
}
