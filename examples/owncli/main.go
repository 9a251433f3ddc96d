// Command owncli has the commands of fivcglue over a registry of its own: what
// fivcglue does for the built-in classes it does for greetings.Polite, which is
// declared here. Run it in the project's folder:
//
//	go run ./examples/owncli check examples/owncli/config.yml
//	go run ./examples/owncli classes greetings.Polite
//	go run ./examples/owncli explain examples/owncli/config.yml IGreeter Guests
package main

import (
	"context"
	"errors"
	"log"
	"time"

	"github.com/fivcglue/fivcglue-go/cli"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

func main() {
	registry, err := newRegistry()
	if err != nil {
		log.Fatal(err)
	}
	cli.Main(registry)
}

// newRegistry returns the interfaces and classes that the files of this
// program may name: its own beside the built-in ones.
func newRegistry() (*component.Registry, error) {
	registry := component.NewRegistry()
	return registry, errors.Join(
		implements.Register(registry),
		component.RegisterInterface[IGreeter](registry, "greetings.IGreeter"),
		component.RegisterClass(registry, component.Class[*Polite, PoliteConfig]{
			Name:    "greetings.Polite",
			Summary: "greets everybody by name, once in a while",
			Default: func() PoliteConfig { return PoliteConfig{Language: "en", Remember: 24 * time.Hour} },
			New:     NewPolite,
		}),
	)
}

// IGreeter is what a program asks a site for.
type IGreeter interface {
	Greet(ctx context.Context, name string) (string, error)
}

// PoliteConfig has the keys of an item of the class greetings.Polite.
type PoliteConfig struct {
	Language string                           `mapstructure:"language" enum:"de,en,fr" doc:"the language to greet in"`
	Remember time.Duration                    `mapstructure:"remember" min:"1s" doc:"for how long somebody is not greeted again"`
	Met      component.Ref[interfaces.ICache] `mapstructure:"met" required:"true" doc:"the cache of whom it has met"`
}

// Polite greets everybody once in a while.
type Polite struct{ config PoliteConfig }

var _ IGreeter = (*Polite)(nil)

// NewPolite makes a Polite. It opens nothing: the site gives it its cache.
func NewPolite(_ context.Context, _ *component.Site, config PoliteConfig) (*Polite, error) {
	return &Polite{config}, nil
}

// Greet returns a greeting, or "" for somebody who was greeted lately.
func (p *Polite) Greet(ctx context.Context, name string) (string, error) {
	stranger, err := p.config.Met.Get().AddValue(ctx, name, nil, p.config.Remember)
	if err != nil || !stranger {
		return "", err
	}
	hello := map[string]string{"de": "Guten Tag", "en": "Good day", "fr": "Bonjour"}[p.config.Language]
	return hello + ", " + name, nil
}
