package implements_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

func TestInterfacesHaveTheirNamesAndTheOriginals(t *testing.T) {
	reg := component.NewRegistry()
	if err := implements.RegisterInterfaces(reg); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, alias string
		want        reflect.Type
	}{
		{"interfaces.ICache", "fivcglue.interfaces.caches.ICache", reflect.TypeFor[interfaces.ICache]()},
		{"interfaces.IConfig", "fivcglue.interfaces.configs.IConfig", reflect.TypeFor[interfaces.IConfig]()},
		{"interfaces.ILoggerSite", "fivcglue.interfaces.loggers.ILoggerSite", reflect.TypeFor[interfaces.ILoggerSite]()},
		{"interfaces.IMutexSite", "fivcglue.interfaces.mutexes.IMutexSite", reflect.TypeFor[interfaces.IMutexSite]()},
		{"interfaces.IQueueSite", "fivcglue.interfaces.queues.IQueueSite", reflect.TypeFor[interfaces.IQueueSite]()},
	}
	for _, test := range tests {
		for _, name := range []string{test.name, test.alias} {
			info, found := reg.Interface(name)
			if !found || info.Type != test.want || info.Name != test.name {
				t.Errorf("Interface(%q) = %+v, %v; want %s", name, info, found, test.name)
			}
		}
	}
	if got := len(reg.Interfaces()); got != len(tests) {
		t.Errorf("%d interfaces are registered, want %d", got, len(tests))
	}
}

func TestClassesHaveTheirNamesAndTheOriginals(t *testing.T) {
	reg := component.NewRegistry()
	if err := implements.Register(reg); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		aliases []string
		serves  string
	}{
		{"config.Environment", nil, "interfaces.IConfig"},
		{"config.Overlay", nil, "interfaces.IConfig"},
		{"config.Values", nil, "interfaces.IConfig"},
		{"file.JSON", []string{"fivcglue.implements.configs_jsonfile.ConfigImpl"}, "interfaces.IConfig"},
		{"file.YAML", []string{"fivcglue.implements.configs_yamlfile.ConfigImpl"}, "interfaces.IConfig"},
		{"logging.Site", []string{"fivcglue.implements.loggers_builtin.LoggerSiteImpl", "fivcglue.implements.loggers_default.LoggerSiteImpl"}, "interfaces.ILoggerSite"},
		{"memory.Cache", []string{"fivcglue.implements.caches_mem.CacheImpl"}, "interfaces.ICache"},
		{"memory.MutexSite", nil, "interfaces.IMutexSite"},
		{"redis.Cache", []string{"fivcglue.implements.caches_redis.CacheImpl"}, "interfaces.ICache"},
		{"redis.MutexSite", []string{"fivcglue.implements.mutexes_redis.MutexSiteImpl"}, "interfaces.IMutexSite"},
	}
	for _, test := range tests {
		for _, name := range append(test.aliases, test.name) {
			class, found := reg.Class(name)
			if !found || class.Name != test.name {
				t.Errorf("Class(%q) = %+v, %v; want %s", name, class, found, test.name)
				continue
			}
			info, _ := reg.Interface(test.serves)
			if !class.Serves(info) {
				t.Errorf("%s does not serve %s", test.name, test.serves)
			}
			if class.Summary == "" {
				t.Errorf("%s has no summary", test.name)
			}
		}
	}
}

func TestImportingTheBundleFillsTheDefaultRegistry(t *testing.T) {
	reg := component.NewRegistry()
	if err := implements.Register(reg); err != nil {
		t.Fatal(err)
	}
	for _, class := range reg.Classes() {
		if _, found := component.DefaultRegistry().Class(class.Name); !found {
			t.Errorf("the default registry lacks %s", class.Name)
		}
	}
}

func TestRegisterTwiceIsAnError(t *testing.T) {
	reg := component.NewRegistry()
	if err := implements.Register(reg); err != nil {
		t.Fatal(err)
	}
	if err := implements.Register(reg); !errors.Is(err, component.ErrDuplicate) {
		t.Errorf("Register on a full registry = %v, want ErrDuplicate", err)
	}
}

// TestDocumentationIsWhole holds that the documentation of components has their
// methods, and that of configs their fields: it leaves out those of an embedded
// type that is internal.
func TestDocumentationIsWhole(t *testing.T) {
	reg := component.NewRegistry()
	if err := implements.Register(reg); err != nil {
		t.Fatal(err)
	}
	for _, class := range reg.Classes() {
		for _, of := range []reflect.Type{class.Component, reflect.TypeOf(class.NewConfig())} {
			for of.Kind() == reflect.Pointer {
				of = of.Elem()
			}
			if of.Kind() != reflect.Struct {
				continue
			}
			for field := range of.Fields() {
				embedded := field.Type
				if embedded.Kind() == reflect.Pointer {
					embedded = embedded.Elem()
				}
				if field.Anonymous && strings.Contains(embedded.PkgPath(), "/internal/") {
					t.Errorf("%s: %v embeds %v", class.Name, of, field.Type)
				}
			}
		}
	}
}
