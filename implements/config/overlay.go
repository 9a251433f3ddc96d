package config

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/internal/settings"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// OverlayConfig is the configuration of an Overlay.
type OverlayConfig struct {
	// Layers are the configurations, the one that goes before all others
	// first. At least one is required.
	Layers []component.Ref[interfaces.IConfig] `mapstructure:"layers" required:"true" doc:"names of the configs; a key's value is that of the first one that has the key"`
}

// Validate joins a component.KeyError for each layer that is missing.
func (c OverlayConfig) Validate() error {
	if len(c.Layers) == 0 {
		return component.KeyError{Key: "layers", Err: errors.New("must name at least one config")}
	}
	var problems []error
	for i, layer := range c.Layers {
		if !layer.IsSet() {
			problems = append(problems, component.KeyError{Key: fmt.Sprintf("layers[%d]", i), Err: errors.New("must not be empty")})
		}
	}
	return errors.Join(problems...)
}

// Overlay is several configurations as one, key by key: a session has the keys
// that any layer's session of that name has, and the value of a key is that of
// the first layer that has it. A layer cannot take a key away. It is safe for
// concurrent use.
type Overlay struct {
	layers []component.Ref[interfaces.IConfig]
}

var (
	_ interfaces.IConfig  = (*Overlay)(nil)
	_ component.Validator = OverlayConfig{}
)

// NewOverlay makes an Overlay. site may be nil.
func NewOverlay(_ context.Context, _ *component.Site, config OverlayConfig) (*Overlay, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	return &Overlay{layers: slices.Clone(config.Layers)}, nil
}

// GetSession returns an object of its own with the values that the layers have
// now.
func (o *Overlay) GetSession(name string) interfaces.IConfigSession {
	var entries []settings.Entry
	for _, layer := range o.layers {
		session := layer.Get().GetSession(name)
		located, _ := session.(interfaces.ConfigLocator)
		for _, key := range session.ListKeys() {
			text, ok := session.GetValue(key)
			if !ok {
				continue // taken away since it was listed
			}
			entry := settings.Entry{Key: key, Text: text}
			if located != nil {
				_, entry.Source = located.Locate(key)
			}
			entries = append(entries, entry)
		}
	}
	return settings.NewSession(name, entries) // which keeps the first of each key
}

// ListSessions returns the names of the sessions of all layers, sorted.
func (o *Overlay) ListSessions() []string {
	var names []string
	for _, layer := range o.layers {
		names = append(names, layer.Get().ListSessions()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
