package config_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/config"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
)

func newValues(t testing.TB, sessions map[string]map[string]string) interfaces.IConfig {
	t.Helper()
	values, err := config.NewValues(t.Context(), nil, config.ValuesConfig{Sessions: sessions})
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func newOverlay(t testing.TB, layers ...interfaces.IConfig) *config.Overlay {
	t.Helper()
	var refs []component.Ref[interfaces.IConfig]
	for _, layer := range layers {
		refs = append(refs, component.RefTo(layer))
	}
	overlay, err := config.NewOverlay(t.Context(), nil, config.OverlayConfig{Layers: refs})
	if err != nil {
		t.Fatal(err)
	}
	return overlay
}

func TestValuesConform(t *testing.T) {
	interfacestest.TestConfig(t, func(t *testing.T) interfacestest.ConfigHarness {
		return interfacestest.ConfigHarness{Config: newValues(t, interfacestest.ConfigSample())}
	})
}

func TestEnvironmentConforms(t *testing.T) {
	interfacestest.TestConfig(t, func(t *testing.T) interfacestest.ConfigHarness {
		for session, values := range interfacestest.ConfigSample() {
			for key, value := range values {
				t.Setenv("KIT_"+session+"__"+strings.ReplaceAll(key, ".", "__"), value)
			}
		}
		environment, err := config.NewEnvironment(t.Context(), nil, config.EnvironmentConfig{Prefix: "KIT_", KeepCase: true})
		if err != nil {
			t.Fatal(err)
		}
		return interfacestest.ConfigHarness{Config: environment}
	})
}

// The sample is cut in three, with wrong values below the right ones.
func TestOverlayConforms(t *testing.T) {
	interfacestest.TestConfig(t, func(t *testing.T) interfacestest.ConfigHarness {
		layers := make([]map[string]map[string]string, 3)
		n := 0
		for session, values := range interfacestest.ConfigSample() {
			for key, value := range values {
				for i := n % len(layers); i < len(layers); i++ {
					if layers[i] == nil {
						layers[i] = map[string]map[string]string{}
					}
					if layers[i][session] == nil {
						layers[i][session] = map[string]string{}
					}
					layers[i][session][key] = value
					value = "from a layer below"
				}
				n++
			}
		}
		return interfacestest.ConfigHarness{
			Config: newOverlay(t, newValues(t, layers[0]), newValues(t, layers[1]), newValues(t, layers[2])),
		}
	})
}

func TestEnvironment(t *testing.T) {
	for _, test := range []struct {
		name      string
		config    config.EnvironmentConfig
		variables map[string]string
		want      string // session/key=value, sorted
	}{
		{"sessions and keys", config.EnvironmentConfig{Prefix: "SHOP_"}, map[string]string{
			"SHOP_REDIS__HOST": "a", "SHOP_REDIS__SOCKET_TIMEOUT": "5", "SHOP_WEB__SERVERS__0__NAME": "b", "OTHER_REDIS__PORT": "1",
		}, "redis/host=a redis/socket_timeout=5 web/servers.0.name=b"},
		{"a key of no session", config.EnvironmentConfig{Prefix: "SHOP_"}, map[string]string{"SHOP_DEBUG": "on"}, "/debug=on"},
		{"an empty value", config.EnvironmentConfig{Prefix: "SHOP_"}, map[string]string{"SHOP_REDIS__PASSWORD": ""}, "redis/password="},
		{"a value with =", config.EnvironmentConfig{Prefix: "SHOP_"}, map[string]string{"SHOP_A__B": "c=d="}, "a/b=c=d="},
		{"the prefix alone", config.EnvironmentConfig{Prefix: "SHOP_"}, map[string]string{"SHOP_": "x"}, ""},
		{"case that is kept", config.EnvironmentConfig{Prefix: "SHOP_", KeepCase: true}, map[string]string{"SHOP_Redis__HOST": "a"}, "Redis/HOST=a"},
		{"another separator", config.EnvironmentConfig{Prefix: "SHOP_", Separator: "_X_"}, map[string]string{"SHOP_REDIS_X_HOST_X_0": "a"}, "redis/host.0=a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, value := range test.variables {
				t.Setenv(name, value)
			}
			environment, err := config.NewEnvironment(t.Context(), nil, test.config)
			if err != nil {
				t.Fatal(err)
			}
			if got := dump(environment); got != test.want {
				t.Errorf("it has %s, want %s", got, test.want)
			}
		})
	}
}

// dump writes all values of a configuration.
func dump(c interfaces.IConfig) string {
	var all []string
	for _, name := range c.ListSessions() {
		session := c.GetSession(name)
		for _, key := range session.ListKeys() {
			value, _ := session.GetValue(key)
			all = append(all, fmt.Sprintf("%s/%s=%s", name, key, value))
		}
	}
	return strings.Join(all, " ")
}

func TestEnvironmentWithTwoVariablesOfOneKey(t *testing.T) {
	t.Setenv("SHOP_REDIS__HOST", "a")
	t.Setenv("SHOP_redis__host", "b")
	_, err := config.NewEnvironment(t.Context(), nil, config.EnvironmentConfig{Prefix: "SHOP_"})
	want := `session "redis" has the key "host" twice, by environment variable SHOP_REDIS__HOST and by environment variable SHOP_redis__host`
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestEnvironmentIsReadOnce(t *testing.T) {
	t.Setenv("SHOP_A__B", "before")
	environment, err := config.NewEnvironment(t.Context(), nil, config.EnvironmentConfig{Prefix: "SHOP_"})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SHOP_A__B", "after")
	if got, _ := environment.GetSession("a").GetValue("b"); got != "before" {
		t.Errorf("the value is %q", got)
	}
}

func TestOverlay(t *testing.T) {
	t.Setenv("SHOP_REDIS__PORT", "x")
	environment, err := config.NewEnvironment(t.Context(), nil, config.EnvironmentConfig{Prefix: "SHOP_"})
	if err != nil {
		t.Fatal(err)
	}
	overlay := newOverlay(t, environment,
		newValues(t, map[string]map[string]string{"redis": {"host": "b", "port": "2"}, "web": {"port": "80"}}),
		newValues(t, map[string]map[string]string{"redis": {"host": "c", "db": "3"}, "empty": {}}),
	)
	if got, want := dump(overlay), "redis/db=3 redis/host=b redis/port=x web/port=80"; got != want {
		t.Errorf("it has %s, want %s", got, want)
	}
	if got := overlay.ListSessions(); !slices.Equal(got, []string{"empty", "redis", "web"}) {
		t.Errorf("sessions %q", got)
	}
	_, err = interfaces.ConfigValue(overlay.GetSession("redis"), "port", 6379)
	if want := `environment variable SHOP_REDIS__PORT: session "redis": key "port": must be a whole number`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestConfigsAreValidated(t *testing.T) {
	for name, build := range map[string]func() error{
		"layers": func() error { _, err := config.NewOverlay(t.Context(), nil, config.OverlayConfig{}); return err },
		"layers[0]": func() error {
			_, err := config.NewOverlay(t.Context(), nil, config.OverlayConfig{Layers: make([]component.Ref[interfaces.IConfig], 1)})
			return err
		},
		"prefix": func() error {
			_, err := config.NewEnvironment(t.Context(), nil, config.DefaultEnvironmentConfig())
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			var at component.KeyError
			if err := build(); !errors.As(err, &at) || at.Key != name {
				t.Errorf("error %v, want one at key %s", err, name)
			}
		})
	}
}

// An overlay follows its layers' entries, also when they are replaced.
func TestOverlayInASite(t *testing.T) {
	reg := component.NewRegistry()
	if err := errors.Join(config.Register(reg), component.RegisterInterface[interfaces.IConfig](reg, "interfaces.IConfig")); err != nil {
		t.Fatal(err)
	}
	served, _ := reg.Interface("interfaces.IConfig")
	item := func(class, name string, decode func(config any) error) component.Item {
		info, ok := reg.Class(class)
		if !ok || !info.Serves(served) {
			t.Fatalf("class %s: known %t", class, ok)
		}
		return component.Item{Class: info, Entries: []component.ItemEntry{{Interface: served, Name: name}}, Decode: decode}
	}
	t.Setenv("SHOP_S__B", "environment")
	site := component.NewSite()
	if err := site.Build(t.Context(), []component.Item{
		item("config.Overlay", "", func(c any) error {
			layers := make([]component.Ref[interfaces.IConfig], 2)
			c.(*config.OverlayConfig).Layers = layers
			return errors.Join(layers[0].UnmarshalText([]byte("Environment")), layers[1].UnmarshalText([]byte("Defaults")))
		}),
		item("config.Environment", "Environment", func(c any) error { c.(*config.EnvironmentConfig).Prefix = "SHOP_"; return nil }),
		item("config.Values", "Defaults", func(c any) error {
			c.(*config.ValuesConfig).Sessions = map[string]map[string]string{"s": {"a": "default", "b": "default"}}
			return nil
		}),
	}); err != nil {
		t.Fatal(err)
	}
	defer site.Close(t.Context())
	overlay, err := component.Get[interfaces.IConfig](site, "")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := dump(overlay), "s/a=default s/b=environment"; got != want {
		t.Errorf("it has %s, want %s", got, want)
	}
	if _, err := component.Replace(site, "Defaults", newValues(t, map[string]map[string]string{"s": {"a": "replaced"}})); err != nil {
		t.Fatal(err)
	}
	if got, want := dump(overlay), "s/a=replaced s/b=environment"; got != want {
		t.Errorf("after a layer was replaced it has %s, want %s", got, want)
	}
}
