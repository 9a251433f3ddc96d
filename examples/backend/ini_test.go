package backend_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/examples/backend"
	"github.com/fivcglue/fivcglue-go/implements"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
)

// All promises of the contract, held by its kit.
func TestConformance(t *testing.T) {
	path := write(t, "settings.ini", "; servers\n[redis]\nhost = localhost\nport = 6379\n\n[texts]\nquoted = a = b\nempty =\n")
	interfacestest.TestConfig(t, func(t *testing.T) interfacestest.ConfigHarness {
		config := backend.DefaultConfig()
		config.Path = path
		ini, err := backend.New(t.Context(), nil, config)
		if err != nil {
			t.Fatal(err)
		}
		return interfacestest.ConfigHarness{Config: ini, Sample: map[string]map[string]string{
			"redis": {"host": "localhost", "port": "6379"},
			"texts": {"quoted": "a = b", "empty": ""},
		}}
	})
}

func TestItLoadsFromAFile(t *testing.T) {
	path := write(t, "settings.ini", "[redis]\nport = 6379\n")
	site, err := builder.LoadComponentSite(
		write(t, "config.yml", "- class: example.INI\n  path: "+path+"\n  entries: [{interface: interfaces.IConfig}]\n"),
		builder.WithRegistry(registry(t)),
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = site.Close(context.Background()) })
	settings, err := component.Get[interfaces.IConfig](site, "")
	if err != nil {
		t.Fatal(err)
	}
	if port, _ := settings.GetSession("redis").GetValue("port"); port != "6379" {
		t.Errorf("the port is %q", port)
	}
}

func TestMistakesAreReportedWithTheirPlace(t *testing.T) {
	tests := []struct {
		name, config, settings, want string
	}{
		{"no path", "- class: example.INI\n", "", `config.yml:1:10: example.INI: the key "path" is required`},
		{"a comment that has a meaning", "- class: example.INI\n  path: settings.ini\n  comment: '='\n", "", "config.yml:3:12: example.INI: comment: must be one character"},
		{"no such file", "- class: example.INI\n  path: absent.ini\n", "", "absent.ini: no such file"},
		{"a line that is neither", "- class: example.INI\n  path: settings.ini\n", "[redis]\npassword geheim\n", "settings.ini:2: neither"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			if err := os.WriteFile("settings.ini", []byte(test.settings), 0o600); err != nil {
				t.Fatal(err)
			}
			err := builder.New(builder.WithRegistry(registry(t))).Load(t.Context(), component.NewSite(),
				builder.Reader("config.yml", "", strings.NewReader(test.config)))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Load = %v, want %q in it", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "geheim") {
				t.Errorf("the password is in %q", err)
			}
		})
	}
}

// registry knows the example's class beside the built-in ones.
func registry(t *testing.T) *component.Registry {
	t.Helper()
	reg := component.NewRegistry()
	if err := implements.Register(reg); err != nil {
		t.Fatal(err)
	}
	if err := backend.Register(reg); err != nil {
		t.Fatal(err)
	}
	return reg
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
