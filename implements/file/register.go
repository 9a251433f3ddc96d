package file

import (
	"errors"

	"github.com/fivcglue/fivcglue-go/component"
)

// Register makes the classes file.YAML and file.JSON known to reg. They have
// the names of the original's classes as aliases.
func Register(reg *component.Registry) error {
	return errors.Join(
		component.RegisterClass(reg, component.Class[*YAML, Config]{
			Name:    "file.YAML",
			Aliases: []string{"fivcglue.implements.configs_yamlfile.ConfigImpl"},
			Summary: "settings by session and key from a YAML file",
			New:     NewYAML,
		}),
		component.RegisterClass(reg, component.Class[*JSON, Config]{
			Name:    "file.JSON",
			Aliases: []string{"fivcglue.implements.configs_jsonfile.ConfigImpl"},
			Summary: "settings by session and key from a JSON file",
			New:     NewJSON,
		}),
	)
}
