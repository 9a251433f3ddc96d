package component_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
)

func TestRegistryKnowsNamesAndAliases(t *testing.T) {
	r := newRegistry(t)
	must(t, component.RegisterInterface[io.Closer](r, "a.Closer"))
	if class(t, r, "zoo.Dog") != class(t, r, "old.Dog") || iface(t, r, "zoo.Speaker") != iface(t, r, "old.Speaker") {
		t.Error("an alias means something else")
	}
	var names []string
	for _, i := range r.Interfaces() {
		names = append(names, i.Name)
	}
	if want := []string{"a.Closer", "zoo.Speaker", "zoo.Walker"}; !slices.Equal(names, want) {
		t.Errorf("interfaces %q, want %q", names, want)
	}
	if classes := r.Classes(); len(classes) != 1 || classes[0].Name != "zoo.Dog" {
		t.Errorf("classes %v", classes)
	}
	if _, ok := r.Class("zoo.dog"); ok {
		t.Error("names are not case-sensitive")
	}
	dog := class(t, r, "zoo.Dog")
	if !dog.Serves(iface(t, r, "zoo.Walker")) || dog.Serves(iface(t, r, "a.Closer")) {
		t.Error("Serves is wrong")
	}
}

func TestRegistryRefuses(t *testing.T) {
	r := newRegistry(t)
	for name, test := range map[string]struct{ got, want error }{
		"an interface twice":          {component.RegisterInterface[speaker](r, "other"), component.ErrDuplicate},
		"a name twice":                {component.RegisterInterface[io.Closer](r, "zoo.Walker"), component.ErrDuplicate},
		"an alias that is taken":      {component.RegisterInterface[io.Closer](r, "c", "old.Speaker"), component.ErrDuplicate},
		"an alias twice":              {component.RegisterInterface[io.Closer](r, "c", "d", "d"), component.ErrDuplicate},
		"a type that is no interface": {component.RegisterInterface[dog](r, "dog"), component.ErrUnsuitable},
		"an interface without a name": {component.RegisterInterface[io.Closer](r, ""), component.ErrUnsuitable},
		"a class twice":               {registerConfig[struct{}](r, "zoo.Dog"), component.ErrDuplicate},
		"a class without New":         {component.RegisterClass(r, component.Class[*dog, dogConfig]{Name: "n"}), component.ErrUnsuitable},
		"a config that is no struct":  {registerConfig[string](r, "n"), component.ErrUnsuitable},
		"a config with a reserved key": {registerConfig[struct {
			Class string `mapstructure:"class"`
		}](r, "n"), component.ErrUnsuitable},
		"a squashed config with a reserved key": {registerConfig[struct {
			nested `mapstructure:",squash"`
		}](r, "n"), component.ErrUnsuitable},
		"a key twice": {registerConfig[struct {
			A string `mapstructure:"key"`
			B string `mapstructure:"key"`
		}](r, "n"), component.ErrUnsuitable},
	} {
		if !errors.Is(test.got, test.want) {
			t.Errorf("%s: %v, want %v", name, test.got, test.want)
		}
	}
	if _, ok := r.Class("n"); ok {
		t.Error("a refused class is registered")
	}
	if _, ok := r.Interface("d"); ok {
		t.Error("a refused interface is registered")
	}
}

type nested struct {
	Enabled bool `mapstructure:"enabled"`
}

func registerConfig[C any](r *component.Registry, name string) error {
	return component.RegisterClass(r, component.Class[*dog, C]{
		Name: name, New: func(context.Context, *component.Site, C) (*dog, error) { return nil, nil },
	})
}

func TestReservedKeysAreTheirReadersOwn(t *testing.T) {
	component.ReservedKeys()[0] = "changed"
	want := []string{"class", "description", "enabled", "entries", "override", "patch", "start_timeout", "stop_timeout", "wraps"}
	if got := component.ReservedKeys(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRegistriesAreApart(t *testing.T) {
	newRegistry(t)
	if got := component.NewRegistry().Classes(); len(got) != 0 {
		t.Errorf("a new registry has %v", got)
	}
	if one, other := component.DefaultRegistry(), component.DefaultRegistry(); one != other {
		t.Error("there are two default registries")
	}
}

func ExampleSite_Build() {
	r := component.NewRegistry()
	_ = component.RegisterInterface[fmt.Stringer](r, "fmt.Stringer")
	_ = component.RegisterClass(r, component.Class[greeting, greetingConfig]{
		Name:    "example.Greeting",
		Default: func() greetingConfig { return greetingConfig{Whom: "world"} },
		New: func(_ context.Context, _ *component.Site, c greetingConfig) (greeting, error) {
			return greeting("Hello, " + c.Whom + "!"), nil
		},
	})
	class, _ := r.Class("example.Greeting")
	stringer, _ := r.Interface("fmt.Stringer")

	ctx := context.Background()
	site := component.NewSite()
	if err := site.Build(ctx, []component.Item{{
		Class:   class,
		Entries: []component.ItemEntry{{Interface: stringer, Name: "greeting"}},
	}}); err != nil {
		fmt.Println(err)
		return
	}
	defer site.Close(ctx)

	hello, err := component.Get[fmt.Stringer](site, "greeting")
	fmt.Println(hello, err)
	_, err = component.Get[fmt.Stringer](site, "Greeting")
	fmt.Println(err)
	// Output:
	// Hello, world! <nil>
	// fmt.Stringer "Greeting": not found; did you mean "greeting"?
}

type greeting string

func (g greeting) String() string { return string(g) }

type greetingConfig struct {
	Whom string `mapstructure:"whom" doc:"who is greeted"`
}

func TestNilRegistry(t *testing.T) {
	if err := component.RegisterInterface[speaker](nil, "zoo.Speaker"); !errors.Is(err, component.ErrUnsuitable) {
		t.Errorf("RegisterInterface: %v", err)
	}
	if err := component.RegisterClass(nil, component.Class[*dog, dogConfig]{Name: "zoo.Dog", New: newDog}); !errors.Is(err, component.ErrUnsuitable) {
		t.Errorf("RegisterClass: %v", err)
	}
}
