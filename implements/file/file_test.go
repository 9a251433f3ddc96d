package file_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/file"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
)

func TestConforms(t *testing.T) {
	inYAML, err := yaml.Marshal(interfacestest.ConfigSample())
	if err != nil {
		t.Fatal(err)
	}
	inJSON, err := json.Marshal(interfacestest.ConfigSample())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"settings.yml": inYAML, "settings.json": inJSON} {
		t.Run(name, func(t *testing.T) {
			interfacestest.TestConfig(t, func(t *testing.T) interfacestest.ConfigHarness {
				config, err := load(t, name, string(text))
				if err != nil {
					t.Fatal(err)
				}
				return interfacestest.ConfigHarness{Config: config}
			})
		})
	}
}

// class is what YAML and JSON differ in.
type class struct {
	name, alias, variable, fallback string
	text                            func(value string) string // a file whose session s has the key k
	open                            func(t *testing.T, config file.Config) (interfaces.IConfig, error)
}

var classes = []class{
	{
		"file.YAML", "fivcglue.implements.configs_yamlfile.ConfigImpl", "CONFIG_YAML", ".env.yml",
		func(value string) string { return "s:\n  k: " + value + "\n" },
		func(t *testing.T, config file.Config) (interfaces.IConfig, error) {
			return file.NewYAML(t.Context(), nil, config)
		},
	},
	{
		"file.JSON", "fivcglue.implements.configs_jsonfile.ConfigImpl", "CONFIG_JSON", ".env.json",
		func(value string) string { return `{"s": {"k": "` + value + `"}}` },
		func(t *testing.T, config file.Config) (interfaces.IConfig, error) {
			return file.NewJSON(t.Context(), nil, config)
		},
	},
}

func TestWhichFile(t *testing.T) {
	for _, class := range classes {
		for _, test := range []struct {
			name, file, variable string
			fallback             bool
			want                 string // the value, or "" for an empty configuration
		}{
			{"the item's key", "item", "environment", true, "item"},
			{"the environment's", "", "environment", true, "environment"},
			{"the environment's, which is not there", "", "none", true, ""},
			{"an empty variable is none", "", "", true, "fallback"},
			{"the one by convention", "", "", true, "fallback"},
			{"none at all", "", "", false, ""},
		} {
			t.Run(class.name+"/"+test.name, func(t *testing.T) {
				t.Chdir(t.TempDir())
				for _, name := range []string{"item", "environment"} {
					if err := os.WriteFile(name, []byte(class.text(name)), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				if test.fallback {
					if err := os.WriteFile(class.fallback, []byte(class.text("fallback")), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				t.Setenv(class.variable, test.variable)
				before := os.Environ()
				config, err := class.open(t, file.Config{File: test.file})
				if err != nil {
					t.Fatal(err)
				}
				if got, _ := config.GetSession("s").GetValue("k"); got != test.want {
					t.Errorf("the value is %q, want %q", got, test.want)
				}
				if after := os.Environ(); !slices.Equal(before, after) {
					t.Error("the environment was changed")
				}
			})
		}
	}
}

func TestRequired(t *testing.T) {
	for _, class := range classes {
		t.Run(class.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			t.Setenv(class.variable, "")
			_, err := class.open(t, file.Config{Required: true})
			if want := class.fallback + ": the file cannot be read: there is no such file"; !errors.Is(err, fs.ErrNotExist) || err.Error() != want {
				t.Errorf("error %v, want %s", err, want)
			}
			t.Setenv(class.variable, "elsewhere")
			_, err = class.open(t, file.Config{Required: true})
			if want := "elsewhere: the file cannot be read: there is no such file; the environment variable " + class.variable + " names it"; err == nil || err.Error() != want {
				t.Errorf("error %v, want %s", err, want)
			}
		})
	}
}

func TestLocate(t *testing.T) {
	path := writeFile(t, "f.yml", "s:\n  k: v\n  l:\n    - x\n")
	config, err := file.NewYAML(t.Context(), nil, file.Config{File: path})
	if err != nil {
		t.Fatal(err)
	}
	session := config.GetSession("s")
	session.SetValue("mine", "v")
	located := session.(interfaces.ConfigLocator)
	for key, want := range map[string]string{"k": path + ":2:6", "l.0": path + ":4:7", "mine": "", "none": ""} {
		if name, origin := located.Locate(key); name != "s" || origin != want {
			t.Errorf("Locate(%q) = %q, %q; want %q", key, name, origin, want)
		}
	}
	_, err = interfaces.ConfigValue(session, "k", 1)
	if want := path + `:2:6: session "s": key "k": must be a whole number`; err == nil || err.Error() != want {
		t.Errorf("ConfigValue: %v, want %s", err, want)
	}
}

func TestTheFileIsReadOnce(t *testing.T) {
	path := writeFile(t, "f.yml", "s: {k: before}")
	config, err := file.NewYAML(t.Context(), nil, file.Config{File: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("s: {k: after}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, _ := config.GetSession("s").GetValue("k"); got != "before" {
		t.Errorf("the value is %q, want the one of when the component was built", got)
	}
}

func TestRegister(t *testing.T) {
	reg := component.NewRegistry()
	if err := file.Register(reg); err != nil {
		t.Fatal(err)
	}
	if err := component.RegisterInterface[interfaces.IConfig](reg, "interfaces.IConfig"); err != nil {
		t.Fatal(err)
	}
	served, _ := reg.Interface("interfaces.IConfig")
	for _, c := range classes {
		path := writeFile(t, "f", c.text("v"))
		for _, name := range []string{c.name, c.alias} {
			info, ok := reg.Class(name)
			if !ok || !info.Serves(served) {
				t.Fatalf("class %s: known %t", name, ok)
			}
			site := component.NewSite()
			if err := site.Build(t.Context(), []component.Item{{
				Class: info, Entries: []component.ItemEntry{{Interface: served}},
				Decode: func(config any) error { config.(*file.Config).File = path; return nil },
			}}); err != nil {
				t.Fatal(err)
			}
			config, err := component.Get[interfaces.IConfig](site, "")
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := config.GetSession("s").GetValue("k"); got != "v" {
				t.Errorf("class %s gives %q", name, got)
			}
			if err := site.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
}

func ExampleNewYAML() {
	dir, err := os.MkdirTemp("", "settings")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "settings.yml")
	text := strings.Join([]string{"web:", "  port: 0080", "  timeout: 1.5s", "  servers:", "    - host: a.example.com", ""}, "\n")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		panic(err)
	}

	config, err := file.NewYAML(context.Background(), nil, file.Config{File: path, Required: true})
	if err != nil {
		panic(err)
	}
	web := config.GetSession("web")
	port, _ := web.GetValue("port")
	host, _ := web.GetValue("servers.0.host")
	fmt.Println(port, host)
	fmt.Println(web.ListKeys())
	// Output:
	// 0080 a.example.com
	// [port servers.0.host timeout]
}
