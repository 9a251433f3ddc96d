package redis

import (
	"context"
	"errors"

	"github.com/fivcglue/fivcglue-go/component"
)

// Register makes the classes of this package known to reg, with the names of
// the original's classes as aliases.
func Register(reg *component.Registry) error {
	return errors.Join(
		component.RegisterClass(reg, component.Class[*Cache, CacheConfig]{
			Name:    "redis.Cache",
			Aliases: []string{"fivcglue.implements.caches_redis.CacheImpl"},
			Summary: "cache on a Redis server, shared by all programs that use it",
			Default: DefaultCacheConfig,
			Prepare: func(ctx context.Context, site *component.Site, config *CacheConfig) error {
				return config.prepare(ctx, site)
			},
			New: NewCache,
		}),
		component.RegisterClass(reg, component.Class[*MutexSite, MutexSiteConfig]{
			Name:    "redis.MutexSite",
			Aliases: []string{"fivcglue.implements.mutexes_redis.MutexSiteImpl"},
			Summary: "mutexes on a Redis server, shared by all programs that use it",
			Default: DefaultMutexSiteConfig,
			Prepare: func(ctx context.Context, site *component.Site, config *MutexSiteConfig) error {
				return config.prepare(ctx, site)
			},
			New: NewMutexSite,
		}),
		registerQueues(reg),
	)
}
