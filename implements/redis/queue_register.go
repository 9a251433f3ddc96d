package redis

import (
	"context"
	"errors"

	"github.com/fivcglue/fivcglue-go/component"
)

// originalQueue is the original's name of its queues. It is a class of its own
// here, because whoever uses it is told what is different.
const originalQueue = "fivcglue.implements.queues_redis.QueueSiteImpl"

// registerQueues makes the classes of queues known to reg.
func registerQueues(reg *component.Registry) error {
	queue := component.Class[*QueueSite, QueueConfig]{
		Name:    "redis.QueueSite",
		Summary: "queues on Redis Streams that lose nothing and are shared by all consumers",
		Default: DefaultQueueConfig,
		Prepare: func(ctx context.Context, site *component.Site, config *QueueConfig) error {
			return config.prepare(ctx, site)
		},
		New: NewQueueSite,
	}
	original := queue
	original.Name = originalQueue
	original.Summary = "the original's name of redis.QueueSite; the original's way is redis.Broadcast"
	original.New = func(ctx context.Context, site *component.Site, config QueueConfig) (*QueueSite, error) {
		s, err := NewQueueSite(ctx, site, config)
		if err == nil {
			s.conn.logger.Info("queues are on Redis Streams here: each message goes to one consumer, and none is lost; "+
				"the original published to whoever was listening, which is what redis.Broadcast does",
				"class", originalQueue)
		}
		return s, err
	}
	return errors.Join(
		component.RegisterClass(reg, queue),
		component.RegisterClass(reg, original),
		component.RegisterClass(reg, component.Class[*Broadcast, BroadcastConfig]{
			Name:    "redis.Broadcast",
			Summary: "the original's queues: Pub/Sub, heard by every consumer, lost where nobody listens",
			Default: DefaultBroadcastConfig,
			Prepare: func(ctx context.Context, site *component.Site, config *BroadcastConfig) error {
				return config.prepare(ctx, site)
			},
			New: NewBroadcast,
		}),
	)
}
