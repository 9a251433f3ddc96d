package memory

import (
	"errors"

	"github.com/fivcglue/fivcglue-go/component"
)

// Register makes the classes of this package known to reg. They have the names
// of the original's memory classes as aliases.
func Register(reg *component.Registry) error {
	return errors.Join(
		component.RegisterClass(reg, component.Class[*Cache, CacheConfig]{
			Name:    "memory.Cache",
			Aliases: []string{"fivcglue.implements.caches_mem.CacheImpl"},
			Summary: "a cache in this process: the most useful max_size values, each until it expires",
			Default: DefaultCacheConfig,
			New:     NewCache,
		}),
		component.RegisterClass(reg, component.Class[*MutexSite, MutexSiteConfig]{
			Name:    "memory.MutexSite",
			Summary: "mutexes in this process, given in the order in which they were asked for",
			Default: DefaultMutexSiteConfig,
			New:     NewMutexSite,
		}),
		component.RegisterClass(reg, component.Class[*QueueSite, QueueConfig]{
			Name:    "memory.QueueSite",
			Summary: "queues in this process, with attempts, delays and dead letters; they end with it",
			Default: DefaultQueueConfig,
			New:     NewQueueSite,
		}),
	)
}
