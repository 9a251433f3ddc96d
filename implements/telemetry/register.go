package telemetry

import (
	"errors"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// Register makes the classes of this package known to reg.
func Register(reg *component.Registry) error {
	return errors.Join(
		component.RegisterClass(reg, component.Class[*Cache, CacheConfig]{
			Name:    "telemetry.Cache",
			Summary: "cache that tells OpenTelemetry what another cache does",
			Default: DefaultCacheConfig,
			New:     NewCache,
		}),
		component.RegisterClass(reg, component.Class[*MutexSite, MutexSiteConfig]{
			Name:    "telemetry.MutexSite",
			Summary: "mutexes that tell OpenTelemetry how long others are waited for, and which are lost",
			Default: DefaultMutexSiteConfig,
			New:     NewMutexSite,
		}),
		component.RegisterClass(reg, component.Class[interfaces.IQueueSite, QueueSiteConfig]{
			Name:    "telemetry.QueueSite",
			Summary: "queues that tell OpenTelemetry what goes through others",
			Default: DefaultQueueSiteConfig,
			New:     NewQueueSite,
		}),
	)
}
