package builder_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

type account struct {
	User string         `mapstructure:"user"`
	Keys map[string]any `mapstructure:"keys"`
}

type apiKey struct{ component.Secret }

// vaultConfig has secrets where only its types, or the tag of what they are in,
// tell them.
type vaultConfig struct {
	Account  account                  `mapstructure:"account" secret:"true"`
	Spare    *account                 `mapstructure:"spare" secret:"true"`
	Accounts []account                `mapstructure:"accounts" secret:"true"`
	Free     any                      `mapstructure:"free" secret:"true"`
	Maps     map[string]any           `mapstructure:"maps" secret:"true"`
	Pair     [2]component.Secret      `mapstructure:"pair"`
	ByNumber map[int]component.Secret `mapstructure:"by_number"`
	Nested   map[int]struct {
		Key component.Secret `mapstructure:"key"`
	} `mapstructure:"nested"`
	Key    apiKey `mapstructure:"key"`
	Common struct {
		Token string `mapstructure:"token"`
	} `mapstructure:",squash" secret:"true"`
	Rest map[string]any `mapstructure:",remain" secret:"true"`
}

const vault = `- class: kit.Vault
  entries: [{interface: kit.IClock}]
  account: {user: hunter01, keys: {a: hunter02, b: [hunter03]}}
  spare: {user: hunter04}
  accounts: [{user: hunter05}]
  free: {a: [hunter06, {b: hunter07}]}
  maps: {a: hunter08, b: {c: hunter09}}
  pair: [hunter10, hunter11]
  by_number: {1: hunter12}
  nested: {1: {key: hunter13}}
  key: hunter14
  token: hunter15
  other: {a: hunter16}
`

var hunters = regexp.MustCompile(`hunter\d\d`)

// newVault returns a builder that knows kit.Vault, with these variables, and a
// function that returns what the components of it were made of.
func newVault(t *testing.T, variables map[string]string) (*builder.Builder, func() []vaultConfig) {
	t.Helper()
	var made []vaultConfig
	registry := kit(t)
	if err := component.RegisterClass(registry, component.Class[*clock, vaultConfig]{
		Name: "kit.Vault",
		New: func(_ context.Context, _ *component.Site, c vaultConfig) (*clock, error) {
			made = append(made, c)
			return &clock{}, nil
		},
	}); err != nil {
		t.Fatal(err)
	}
	return builder.New(builder.WithRegistry(registry), builder.WithEnvironment(variables)), func() []vaultConfig { return made }
}

// TestSecretsOfAnchorsAreNotShown holds that an alias makes no secret known: what
// is one in a place is one in all.
func TestSecretsOfAnchorsAreNotShown(t *testing.T) {
	variables := map[string]string{}
	b := builder.New(builder.WithRegistry(kit(t)), builder.WithEnvironment(variables))
	text := `- class: kit.Store
  entries: [{interface: kit.IStore}]
  description: &a hunter01
  comment: *a
  host: h
  prefix: &b hunter02
  labels: {x: &c hunter03}
  password: *a
- class: kit.Store
  tokens: [*b, *c]
`
	items, err := b.Inspect(t.Context(), builder.Reader("c.yml", "yaml", strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	if shown := fmt.Sprint(items); hunters.MatchString(shown) {
		t.Errorf("described with a secret: %s", shown)
	}
	dumped := mustDump(t, b, mustLoad(t, b, "c.yml", text), "yaml")
	if hunters.MatchString(dumped) || !strings.Contains(dumped, "host: h\n") {
		t.Errorf("dumped as\n%s", dumped)
	}
	for _, name := range []string{"DESCRIPTION", "COMMENT", "PREFIX", "LABELS_X", "PASSWORD", "TOKENS_0", "TOKENS_1"} {
		variables["KIT_STORE_"+name] = "given"
	}
	for _, item := range mustLoad(t, b, "c.yml", dumped).Items() {
		for _, value := range builder.Values(item) {
			if value.Text == "given" != (value.Path == "comment" || value.Path == "prefix" || value.Path == "labels.x") {
				t.Errorf("%s is %s", value.Path, value.Text)
			}
		}
	}

	err = b.Check(t.Context(), builder.Reader("c.yml", "yaml", strings.NewReader("- class: kit.Store\n  port: &a hunter01\n  password: *a\n")))
	if err == nil || hunters.MatchString(err.Error()) {
		t.Errorf("the problem is %v", err)
	}
}

func TestNestedSecretsAreNotShown(t *testing.T) {
	variables := map[string]string{}
	b, made := newVault(t, variables)
	site := mustLoad(t, b, "vault.yml", vault)
	for _, value := range builder.Values(site.Items()[0]) {
		if !value.Secret || hunters.MatchString(value.Text+value.Written) {
			t.Errorf("%s is told as %+v", value.Path, value)
		}
	}
	for _, format := range []string{"yaml", "json"} {
		dump := mustDump(t, b, site, format)
		if found := hunters.FindAllString(dump, -1); found != nil {
			t.Errorf("the dump shows %v:\n%s", found, dump)
		}
		// Loaded with what its messages ask for, it gives what it was made of.
		lines := strings.Split(vault, "\n")
		for _, ask := range regexp.MustCompile(`\$\{(\w+):\?the secret that stood at vault\.yml:(\d+):(\d+)\}`).FindAllStringSubmatch(dump, -1) {
			var line, column int
			if _, err := fmt.Sscan(ask[2]+" "+ask[3], &line, &column); err != nil {
				t.Fatal(err)
			}
			variables[ask[1]] = hunters.FindString(lines[line-1][column-1:])
		}
		mustLoad(t, b, "dump."+format, dump)
		first, last := made()[0], made()[len(made())-1]
		if !reflect.DeepEqual(first, last) {
			t.Errorf("the dump gives another config:\n%s", dump)
		}
	}
}

func TestNestedSecretsAreNotShownByProblems(t *testing.T) {
	b, _ := newVault(t, nil)
	for key, value := range map[string]string{
		"account":   "{user: [hunter01], usr: hunter02, keys: hunter03}",
		"spare":     "[hunter01]",
		"accounts":  "{user: hunter01}",
		"maps":      "[hunter01]",
		"pair":      "{a: hunter01}",
		"by_number": "{1: [hunter01], 2: hunter02}",
		"nested":    "{1: {kay: hunter01}, 2: hunter02}",
		"key":       "[hunter01]",
		"token":     "[hunter01]",
	} {
		err := b.Check(t.Context(), builder.Reader("vault.yml", "", strings.NewReader("- class: kit.Vault\n  "+key+": "+value+"\n")))
		if err == nil {
			t.Errorf("%s: %s has no problem", key, value)
		}
		problems, _ := err.(builder.Diagnostics) //nolint:errorlint // it is what Check returns
		var text strings.Builder
		if err := problems.WriteText(&text, false); err != nil {
			t.Fatal(err)
		}
		if found := hunters.FindAllString(text.String(), -1); found != nil {
			t.Errorf("%s: the problem shows %v:\n%s", key, found, &text)
		}
	}
}

func TestKeysTellNestedSecrets(t *testing.T) {
	registry := component.NewRegistry()
	if err := component.RegisterClass(registry, component.Class[*clock, vaultConfig]{
		Name: "kit.Vault",
		Default: func() (c vaultConfig) {
			c.Account.User, c.Common.Token = "hunter01", "hunter02"
			return c
		},
		New: func(context.Context, *component.Site, vaultConfig) (*clock, error) { return &clock{}, nil },
	}); err != nil {
		t.Fatal(err)
	}
	b := builder.New(builder.WithRegistry(registry))
	types := map[string]string{}
	for _, key := range b.Keys(registry.Classes()[0]) {
		types[key.Path] = key.Type
		if key.Default != "" || !key.Secret {
			t.Errorf("the key %+v", key)
		}
	}
	for path, want := range map[string]string{
		"account.user": "secret", "account.keys": "map of anything", "accounts[].user": "secret", "free": "secret",
		"pair": "list of secrets", "by_number": "map of secrets", "key": "secret", "token": "secret",
	} {
		if types[path] != want {
			t.Errorf("the type of %s is %q, want %q", path, types[path], want)
		}
	}
	var schema strings.Builder
	if err := b.Schema(&schema); err != nil {
		t.Fatal(err)
	}
	if found := hunters.FindAllString(schema.String(), -1); found != nil {
		t.Errorf("the schema shows %v:\n%s", found, &schema)
	}
}

// secretive is an error that says less than what it wraps.
type secretive struct{ error }

func (s secretive) Error() string { return "no connection" }
func (s secretive) Unwrap() error { return s.error }

func TestErrorsBehindProblemsShowNoCredentials(t *testing.T) {
	refused := errors.New("refused")
	deep := fmt.Errorf("dial redis://bob:hunter01@h: %w", refused)
	for name, given := range map[string]error{
		"itself":    deep,
		"within":    secretive{deep},
		"joined in": fmt.Errorf("two: %w, %w", errors.New("one"), secretive{deep}),
		"at a key":  component.KeyError{Key: "host", Err: deep},
	} {
		t.Run(name, func(t *testing.T) {
			registry := component.NewRegistry()
			if err := component.RegisterClass(registry, component.Class[*clock, SmallConfig]{
				Name: "kit.Refused",
				New:  func(context.Context, *component.Site, SmallConfig) (*clock, error) { return nil, given },
			}); err != nil {
				t.Fatal(err)
			}
			b := builder.New(builder.WithRegistry(registry))
			err := b.Load(t.Context(), component.NewSite(), builder.Reader("x.yml", "", strings.NewReader("- class: kit.Refused\n")))
			if !errors.Is(err, refused) {
				t.Errorf("the error behind it is lost: %v", err)
			}
			var key component.KeyError
			if want := (component.KeyError{}); errors.As(given, &want) && !errors.As(err, &key) {
				t.Errorf("the key is lost: %v", err)
			}
			var walk func(err error)
			walk = func(err error) {
				if hunters.MatchString(err.Error()) {
					t.Errorf("%T says %v", err, err)
				}
				switch wrapper := err.(type) { //nolint:errorlint // this is how a chain is printed
				case interface{ Unwrap() error }:
					if inner := wrapper.Unwrap(); inner != nil {
						walk(inner)
					}
				case interface{ Unwrap() []error }:
					for _, inner := range wrapper.Unwrap() {
						walk(inner)
					}
				}
			}
			walk(err)
		})
	}
}
