package configs_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/configs"
	"github.com/fivcglue/fivcglue-go/implements"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// Every file builds without a server, and gives what it says.
func TestEveryConfigurationLoads(t *testing.T) {
	t.Chdir(t.TempDir()) // where there are no settings files
	cache, config, loggers := "interfaces.ICache", "interfaces.IConfig", "interfaces.ILoggerSite"
	want := map[string][]component.Entry{
		"basics": {
			{Interface: config, Name: "Json", Class: "file.JSON"},
			{Interface: config, Name: "Yaml", Class: "file.YAML"},
			{Interface: config, Name: "", Class: "file.YAML"},
			{Interface: loggers, Name: "Builtin", Class: "logging.Site"},
			{Interface: cache, Name: "Redis", Class: "redis.Cache"},
		},
		"demo": {
			{Interface: cache, Name: "Memory", Class: "memory.Cache"},
			{Interface: cache, Name: "Redis", Class: "redis.Cache"},
			{Interface: loggers, Name: "", Class: "logging.Site"},
		},
		"memory": {
			{Interface: cache, Name: "", Class: "memory.Cache"},
			{Interface: cache, Name: "Memory", Class: "memory.Cache"},
		},
		"redis": {
			{Interface: cache, Name: "", Class: "redis.Cache"},
			{Interface: cache, Name: "Redis", Class: "redis.Cache"},
		},
	}
	for _, name := range configs.Names() {
		t.Run(name, func(t *testing.T) {
			site := load(t, name)
			entries := map[component.Entry]bool{}
			for _, entry := range site.Entries() {
				entries[entry] = true
			}
			if len(want[name]) == 0 || len(entries) != len(want[name]) {
				t.Errorf("%s has %d entries, want %d", name, len(entries), len(want[name]))
			}
			for _, entry := range want[name] {
				if !entries[entry] {
					t.Errorf("%+v is not among %v", entry, site.Entries())
				}
			}
		})
	}
}

func TestEntriesOfOneItemShareTheirComponent(t *testing.T) {
	site := load(t, "memory")
	named, err := component.Get[interfaces.ICache](site, "Memory")
	if err != nil {
		t.Fatal(err)
	}
	if unnamed, _ := component.Query[interfaces.ICache](site, ""); unnamed != named {
		t.Error("the two entries of one item are two caches")
	}
}

func load(t *testing.T, name string) *component.Site {
	t.Helper()
	reg := component.NewRegistry()
	if err := implements.Register(reg); err != nil {
		t.Fatal(err)
	}
	text, err := configs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b := builder.New(builder.WithRegistry(reg), builder.WithEnvironment(nil))
	site := component.NewSite()
	if err := b.Load(t.Context(), site, builder.Reader(configs.FileName(name), "", bytes.NewReader(text))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return site
}
