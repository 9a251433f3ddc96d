// Package implements is the bundle of the built-in classes and of the
// interfaces that they serve. Importing it puts them in the default registry,
// which is what a program usually wants:
//
//	import _ "github.com/fivcglue/fivcglue-go/implements"
//
// A program that keeps registries of its own calls Register on them instead,
// or the Register of just those packages whose classes it wants.
package implements

import (
	"errors"
	"fmt"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/config"
	"github.com/fivcglue/fivcglue-go/implements/file"
	"github.com/fivcglue/fivcglue-go/implements/logging"
	"github.com/fivcglue/fivcglue-go/implements/memory"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/implements/telemetry"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// init is the only one of the project.
func init() {
	if err := Register(component.DefaultRegistry()); err != nil {
		panic(fmt.Errorf("the default registry has no room for the built-in classes: %w", err))
	}
}

// Register adds the interfaces of package interfaces and all built-in classes
// to reg, under their names and under those that the original's files use. The
// error matches component.ErrDuplicate if reg knows one of the names already.
func Register(reg *component.Registry) error {
	return errors.Join(
		RegisterInterfaces(reg),
		config.Register(reg),
		file.Register(reg),
		logging.Register(reg),
		memory.Register(reg),
		redis.Register(reg),
		telemetry.Register(reg),
	)
}

// RegisterInterfaces adds the interfaces of package interfaces alone, for a
// registry whose classes are chosen one package at a time.
func RegisterInterfaces(reg *component.Registry) error {
	return errors.Join(
		component.RegisterInterface[interfaces.ICache](reg, "interfaces.ICache", "fivcglue.interfaces.caches.ICache"),
		component.RegisterInterface[interfaces.IConfig](reg, "interfaces.IConfig", "fivcglue.interfaces.configs.IConfig"),
		component.RegisterInterface[interfaces.ILoggerSite](reg, "interfaces.ILoggerSite", "fivcglue.interfaces.loggers.ILoggerSite"),
		component.RegisterInterface[interfaces.IMutexSite](reg, "interfaces.IMutexSite", "fivcglue.interfaces.mutexes.IMutexSite"),
		component.RegisterInterface[interfaces.IQueueSite](reg, "interfaces.IQueueSite", "fivcglue.interfaces.queues.IQueueSite"),
	)
}
