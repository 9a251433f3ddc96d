package benchmarks

import (
	"context"
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
)

// dogConfig is a config of three keys, of which a file gives all.
type dogConfig struct {
	Name string `mapstructure:"name" doc:"what it is called"`
	Age  int    `mapstructure:"age" doc:"in years"`
	Good bool   `mapstructure:"good" doc:"whether it is a good dog"`
}

// dogClass is the class whose components the containers hold.
type dogClass struct {
	registry *component.Registry
	class    *component.ClassInfo
	iface    *component.InterfaceInfo
}

func newDogClass(t *testing.T) *dogClass {
	t.Helper()
	reg := component.NewRegistry()
	if err := component.RegisterInterface[speaker](reg, "benchmarks.ISpeaker"); err != nil {
		t.Fatal(err)
	}
	err := component.RegisterClass(reg, component.Class[*dog, dogConfig]{
		Name:    "benchmarks.Dog",
		Summary: "speaks its name",
		Default: func() dogConfig { return dogConfig{} },
		New: func(_ context.Context, _ *component.Site, config dogConfig) (*dog, error) {
			return &dog{config.Name}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	class, _ := reg.Class("benchmarks.Dog")
	iface, _ := reg.Interface("benchmarks.ISpeaker")
	return &dogClass{reg, class, iface}
}

// item declares the dog of that name.
func (c *dogClass) item(name string) component.Item {
	return component.Item{
		Class:   c.class,
		Entries: []component.ItemEntry{{Interface: c.iface, Name: name}},
		Decode: func(config any) error {
			config.(*dogConfig).Name = name
			return nil
		},
	}
}
