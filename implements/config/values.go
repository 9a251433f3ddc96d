package config

import (
	"context"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/internal/settings"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// ValuesConfig is the configuration of Values.
type ValuesConfig struct {
	// Sessions are the values by session and key. A key that reaches into
	// something is written with dots: servers.0.host. One of them may be a
	// password, so what shows a configuration shows none.
	Sessions map[string]map[string]string `mapstructure:"sessions" secret:"true" doc:"the values by session and key; none is shown, since one may be a password"`
}

// Values is a configuration that is given its values: by the site's own file,
// as defaults are, or by a test. It is safe for concurrent use.
type Values struct{ settings *settings.Settings }

var _ interfaces.IConfig = (*Values)(nil)

// NewValues makes Values with a copy of the sessions. site may be nil. There
// are no errors.
func NewValues(_ context.Context, _ *component.Site, config ValuesConfig) (*Values, error) {
	sessions := make(map[string][]settings.Entry, len(config.Sessions))
	for session, keys := range config.Sessions {
		entries := make([]settings.Entry, 0, len(keys))
		for key, text := range keys {
			entries = append(entries, settings.Entry{Key: key, Text: text})
		}
		sessions[session] = entries
	}
	return &Values{settings.New(sessions)}, nil
}

// GetSession returns an object of its own with the values of a session, which
// is empty if there is none of that name.
func (v *Values) GetSession(name string) interfaces.IConfigSession {
	return v.settings.GetSession(name)
}

// ListSessions returns the names of the sessions, sorted.
func (v *Values) ListSessions() []string { return v.settings.ListSessions() }
