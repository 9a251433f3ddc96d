package file

import (
	"context"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/internal/settings"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/document"
)

// YAML is the configuration that a YAML file holds. It is safe for concurrent
// use.
type YAML struct {
	*settings.Settings
}

// JSON is the configuration that a JSON file holds. It is safe for concurrent
// use.
type JSON struct {
	*settings.Settings
}

var (
	_ interfaces.IConfig = (*YAML)(nil)
	_ interfaces.IConfig = (*JSON)(nil)
)

// NewYAML reads a YAML file. Its errors are *Error, joined if there is more
// than one. site may be nil.
func NewYAML(_ context.Context, _ *component.Site, config Config) (*YAML, error) {
	values, err := load(config, document.YAML, origin{"CONFIG_YAML", ".env.yml"})
	if err != nil {
		return nil, err
	}
	return &YAML{values}, nil
}

// NewJSON reads a JSON file. Its errors are *Error, joined if there is more
// than one. site may be nil.
func NewJSON(_ context.Context, _ *component.Site, config Config) (*JSON, error) {
	values, err := load(config, document.JSON, origin{"CONFIG_JSON", ".env.json"})
	if err != nil {
		return nil, err
	}
	return &JSON{values}, nil
}
