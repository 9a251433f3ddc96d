package config

import (
	"errors"

	"github.com/fivcglue/fivcglue-go/component"
)

// Register makes the classes config.Overlay, config.Environment and
// config.Values known to reg.
func Register(reg *component.Registry) error {
	return errors.Join(
		component.RegisterClass(reg, component.Class[*Overlay, OverlayConfig]{
			Name:    "config.Overlay",
			Summary: "several configs as one: a key's value is that of the first config that has it",
			New:     NewOverlay,
		}),
		component.RegisterClass(reg, component.Class[*Environment, EnvironmentConfig]{
			Name:    "config.Environment",
			Summary: "sessions and keys from environment variables with a prefix",
			Default: DefaultEnvironmentConfig,
			New:     NewEnvironment,
		}),
		component.RegisterClass(reg, component.Class[*Values, ValuesConfig]{
			Name:    "config.Values",
			Summary: "sessions and keys that stand in the site's own file, such as defaults",
			New:     NewValues,
		}),
	)
}
