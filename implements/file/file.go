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
type YAML struct{ settings *settings.Settings }

// JSON is the configuration that a JSON file holds. It is safe for concurrent
// use.
type JSON struct{ settings *settings.Settings }

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

// GetSession returns an object of its own with the values of a session, which
// is empty if the file has none of that name.
func (y *YAML) GetSession(name string) interfaces.IConfigSession { return y.settings.GetSession(name) }

// ListSessions returns the names of the sessions, sorted.
func (y *YAML) ListSessions() []string { return y.settings.ListSessions() }

// NewJSON reads a JSON file. Its errors are *Error, joined if there is more
// than one. site may be nil.
func NewJSON(_ context.Context, _ *component.Site, config Config) (*JSON, error) {
	values, err := load(config, document.JSON, origin{"CONFIG_JSON", ".env.json"})
	if err != nil {
		return nil, err
	}
	return &JSON{values}, nil
}

// GetSession returns an object of its own with the values of a session, which
// is empty if the file has none of that name.
func (j *JSON) GetSession(name string) interfaces.IConfigSession { return j.settings.GetSession(name) }

// ListSessions returns the names of the sessions, sorted.
func (j *JSON) ListSessions() []string { return j.settings.ListSessions() }
