// Package backend is an example of a backend, all in one file: settings from an
// INI file, as a class that a configuration names as "example.INI".
//
//   - class: example.INI
//     path: settings.ini
//     entries:
//   - interface: interfaces.IConfig
package backend

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// Config is the configuration of an INI.
type Config struct {
	Path    string `mapstructure:"path" required:"true" doc:"the file to read"`
	Comment string `mapstructure:"comment" doc:"the character that a comment begins with"`
}

// DefaultConfig returns the configuration of an item that has no keys.
func DefaultConfig() Config { return Config{Comment: ";"} }

// Validate joins a component.KeyError for each key that is wrong. What can be
// seen in the config alone belongs here: it is found without building.
func (c Config) Validate() error {
	var problems []error
	if c.Path == "" {
		problems = append(problems, component.KeyError{Key: "path", Err: errors.New("must not be empty")})
	}
	if len(c.Comment) != 1 || strings.ContainsAny(c.Comment, " =[]") {
		problems = append(problems, component.KeyError{Key: "comment", Err: errors.New("must be one character, and none that has a meaning")})
	}
	return errors.Join(problems...)
}

// INI is an interfaces.IConfig whose sessions are the sections of an INI file.
type INI struct{ sections map[string]map[string]string }

var _ interfaces.IConfig = (*INI)(nil)

// New reads the file. A class whose components hold something open has them
// implement component.Closer too; one that depends on something outside of the
// process does not wait for it here, and has a component.HealthChecker.
func New(_ context.Context, _ *component.Site, config Config) (*INI, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(config.Path)
	if err != nil {
		return nil, err
	}
	sections, err := parse(string(text), config.Comment)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", config.Path, err)
	}
	return &INI{sections}, nil
}

// Register makes the class known to reg.
func Register(reg *component.Registry) error {
	return component.RegisterClass(reg, component.Class[*INI, Config]{
		Name:    "example.INI",
		Summary: "settings by session and key from an INI file",
		Default: DefaultConfig,
		New:     New,
	})
}

// GetSession returns the section of that name, or an empty one.
func (i *INI) GetSession(name string) interfaces.IConfigSession {
	values := maps.Clone(i.sections[name])
	if values == nil {
		values = map[string]string{}
	}
	return session{values}
}

// ListSessions returns the names of the sections, sorted.
func (i *INI) ListSessions() []string { return slices.Sorted(maps.Keys(i.sections)) }

// session is a copy of a section, which its holder may change.
type session struct{ values map[string]string }

func (s session) ListKeys() []string { return slices.Sorted(maps.Keys(s.values)) }

func (s session) GetValue(key string) (string, bool) {
	value, found := s.values[key]
	return value, found
}

func (s session) SetValue(key, value string) { s.values[key] = value }

func (s session) DeleteValue(key string) bool {
	_, found := s.values[key]
	delete(s.values, key)
	return found
}

func parse(text, comment string) (map[string]map[string]string, error) {
	sections := map[string]map[string]string{}
	var section map[string]string
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		key, value, isValue := strings.Cut(line, "=")
		switch {
		case line == "" || strings.HasPrefix(line, comment):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			section = map[string]string{}
			sections[line[1:len(line)-1]] = section
		case !isValue || section == nil:
			// What stands in the line may be a secret, and is not repeated.
			return nil, fmt.Errorf("%d: neither a [section] nor key = value within one", i+1)
		default:
			section[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	return sections, nil
}
