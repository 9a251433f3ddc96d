package config

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/internal/settings"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// EnvironmentConfig is the configuration of an Environment.
type EnvironmentConfig struct {
	// Prefix is how the names of the variables begin that are meant. It is
	// required: an environment is full of other things.
	Prefix string `mapstructure:"prefix" required:"true" doc:"how the names of the variables begin, such as SHOP_"`

	// Separator stands between the session, the key and the parts of a dotted
	// key. "" is two underscores.
	Separator string `mapstructure:"separator" doc:"what stands between session, key and the parts of a dotted key"`

	// KeepCase has names stay as they are. Without it they become small
	// letters.
	KeepCase bool `mapstructure:"keep_case" doc:"whether names stay as they are instead of becoming small letters"`
}

const defaultSeparator = "__"

// DefaultEnvironmentConfig returns what an EnvironmentConfig has beside its
// prefix.
func DefaultEnvironmentConfig() EnvironmentConfig {
	return EnvironmentConfig{Separator: defaultSeparator}
}

// Validate returns a component.KeyError if the prefix is missing.
func (c EnvironmentConfig) Validate() error {
	if c.Prefix == "" {
		return component.KeyError{Key: "prefix", Err: errors.New("must not be empty")}
	}
	return nil
}

// Environment is the configuration that environment variables make. With the
// prefix SHOP_, SHOP_REDIS__HOST is the key host of the session redis,
// SHOP_WEB__SERVERS__0__NAME the key servers.0.name of web, and SHOP_DEBUG the
// key debug of the session "". A variable that is set to nothing is an empty
// value. It is safe for concurrent use.
type Environment struct{ settings *settings.Settings }

var (
	_ interfaces.IConfig  = (*Environment)(nil)
	_ component.Validator = EnvironmentConfig{}
)

// NewEnvironment makes an Environment of the variables as they are now. Two
// variables that mean the same key are an error. site may be nil.
func NewEnvironment(_ context.Context, _ *component.Site, config EnvironmentConfig) (*Environment, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	separator, fold := cmp.Or(config.Separator, defaultSeparator), strings.ToLower
	if config.KeepCase {
		fold = func(name string) string { return name }
	}
	sessions := map[string][]settings.Entry{}
	for _, variable := range slices.Sorted(slices.Values(os.Environ())) {
		name, text, _ := strings.Cut(variable, "=")
		rest, ok := strings.CutPrefix(name, config.Prefix)
		if !ok || rest == "" {
			continue
		}
		session, key, ok := strings.Cut(fold(rest), fold(separator))
		if !ok {
			session, key = "", fold(rest)
		}
		key = strings.ReplaceAll(key, fold(separator), ".")
		sessions[session] = append(sessions[session], settings.Entry{Key: key, Text: text, Source: "environment variable " + name})
	}
	for session, entries := range sessions {
		for first, again := range settings.Repeated(entries) {
			return nil, fmt.Errorf("session %q has the key %q twice, by %s and by %s", session, again.Key, first.Source, again.Source)
		}
	}
	return &Environment{settings.New(sessions)}, nil
}

// GetSession returns an object of its own with the values of a session, which
// is empty if there is none of that name.
func (e *Environment) GetSession(name string) interfaces.IConfigSession {
	return e.settings.GetSession(name)
}

// ListSessions returns the names of the sessions, sorted.
func (e *Environment) ListSessions() []string { return e.settings.ListSessions() }
