package component_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/fivcglue/fivcglue-go/component"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// speaker and walker are the interfaces of these tests.
type speaker interface{ Speak() string }

type walker interface{ Walk() string }

// dog serves both interfaces; what it is told to do when it is made, started
// and closed stands in its config.
type dog struct {
	dogConfig
	site *component.Site
}

type dogConfig struct {
	Name   string                   `mapstructure:"name"`
	Friend component.Ref[speaker]   `mapstructure:"friend"`
	Pack   []component.Ref[speaker] `mapstructure:"pack"`

	Make  func(ctx context.Context, site *component.Site) error `mapstructure:"-"`
	Begin func(ctx context.Context) error                       `mapstructure:"-"`
	End   func(ctx context.Context) error                       `mapstructure:"-"`
	Ill   func(ctx context.Context) error                       `mapstructure:"-"`
}

func (d *dog) Speak() string { return d.Name + " barks" }
func (d *dog) Walk() string  { return d.Name + " walks" }

func (d *dog) Start(ctx context.Context) error       { return callIf(ctx, d.Begin) }
func (d *dog) Close(ctx context.Context) error       { return callIf(ctx, d.End) }
func (d *dog) CheckHealth(ctx context.Context) error { return callIf(ctx, d.Ill) }

func callIf(ctx context.Context, f func(context.Context) error) error {
	if f == nil {
		return nil
	}
	return f(ctx)
}

func newDog(ctx context.Context, site *component.Site, config dogConfig) (*dog, error) {
	if config.Make != nil {
		if err := config.Make(ctx, site); err != nil {
			return nil, err
		}
	}
	return &dog{config, site}, nil
}

func newRegistry(t testing.TB) *component.Registry {
	t.Helper()
	r := component.NewRegistry()
	must(t, component.RegisterInterface[speaker](r, "zoo.Speaker", "old.Speaker"))
	must(t, component.RegisterInterface[walker](r, "zoo.Walker"))
	must(t, component.RegisterClass(r, component.Class[*dog, dogConfig]{
		Name: "zoo.Dog", Aliases: []string{"old.Dog"}, New: newDog,
		Default: func() dogConfig { return dogConfig{Name: "nobody"} },
	}))
	return r
}

// speakers makes an item of zoo.Dog that is found as a speaker under its name.
func dogItem(t testing.TB, r *component.Registry, config dogConfig) component.Item {
	t.Helper()
	return component.Item{
		Class:   class(t, r, "zoo.Dog"),
		Entries: []component.ItemEntry{{Interface: iface(t, r, "zoo.Speaker"), Name: config.Name}},
		Decode:  func(c any) error { *c.(*dogConfig) = config; return nil },
		Origin:  "zoo.yml:" + config.Name,
	}
}

func class(t testing.TB, r *component.Registry, name string) *component.ClassInfo {
	t.Helper()
	c, ok := r.Class(name)
	if !ok {
		t.Fatalf("no class %q", name)
	}
	return c
}

func iface(t testing.TB, r *component.Registry, name string) *component.InterfaceInfo {
	t.Helper()
	i, ok := r.Interface(name)
	if !ok {
		t.Fatalf("no interface %q", name)
	}
	return i
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refTo(name string) component.Ref[speaker] {
	var r component.Ref[speaker]
	_ = r.UnmarshalText([]byte(name))
	return r
}

// diary notes what happens, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) expect(t *testing.T, want ...string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.lines, want) {
		t.Errorf("happened:\n  %q\nwanted:\n  %q", d.lines, want)
	}
}
