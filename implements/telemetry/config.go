package telemetry

import (
	"errors"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// CacheConfig is the configuration of a Cache.
type CacheConfig struct {
	Cache  component.Ref[interfaces.ICache] `mapstructure:"cache"  required:"true" doc:"name of the cache to tell of"`
	System string                           `mapstructure:"system" doc:"db.system.name in what is told: redis, memory"`
}

// DefaultCacheConfig returns the configuration of an item that has no keys but
// cache.
func DefaultCacheConfig() CacheConfig { return CacheConfig{System: "redis"} }

// Validate joins a component.KeyError for each key that is wrong.
func (c CacheConfig) Validate() error { return given("cache", c.Cache.IsSet(), c.System) }

// MutexSiteConfig is the configuration of a MutexSite.
type MutexSiteConfig struct {
	Mutexes component.Ref[interfaces.IMutexSite] `mapstructure:"mutexes" required:"true" doc:"name of the mutexes to tell of"`
	System  string                               `mapstructure:"system"  doc:"db.system.name in what is told: redis, memory"`
}

// DefaultMutexSiteConfig returns the configuration of an item that has no keys
// but mutexes.
func DefaultMutexSiteConfig() MutexSiteConfig { return MutexSiteConfig{System: "redis"} }

// Validate joins a component.KeyError for each key that is wrong.
func (c MutexSiteConfig) Validate() error { return given("mutexes", c.Mutexes.IsSet(), c.System) }

// QueueSiteConfig is the configuration of a QueueSite.
type QueueSiteConfig struct {
	Queues component.Ref[interfaces.IQueueSite] `mapstructure:"queues" required:"true" doc:"name of the queues to tell of"`
	System string                               `mapstructure:"system" doc:"messaging.system in what is told: redis, memory"`
}

// DefaultQueueSiteConfig returns the configuration of an item that has no keys
// but queues.
func DefaultQueueSiteConfig() QueueSiteConfig { return QueueSiteConfig{System: "redis"} }

// Validate joins a component.KeyError for each key that is wrong.
func (c QueueSiteConfig) Validate() error { return given("queues", c.Queues.IsSet(), c.System) }

func given(key string, set bool, system string) error {
	var problems []error
	if !set {
		problems = append(problems, component.KeyError{Key: key, Err: errors.New("must name an entry")})
	}
	if system == "" {
		problems = append(problems, component.KeyError{Key: "system", Err: errors.New("must not be empty")})
	}
	return errors.Join(problems...)
}
