package builder_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

const dumped = `
- class: old.kit.stores.StoreImpl
  description: 'the $${ first'
  entries: [{interface: old.kit.stores.IStore, name: A}, {interface: kit.IStore}]
  host: ${HOST}
  port: "6380"
  password: hunter2
  tokens: ['${TOKEN}', "${TOKEN:-hunter3}", hunter4, '']
  prefix: 0777
  tls: yes
  tags: [on, '1', "a: b", "line\nbreak", '$${x}']
  extra: {a: [1, "2", true, "true", 1.50, null], b: {c: '${HOST}'}}
  limits: {1: 5s, 2: 0.5}
  nodes:
    - {host: a}
    - {host: b, port: 12}
  pool: {idle: 2}
  backup: B
  clocks: {x: ''}
- class: kit.Store
  entries: [{interface: kit.IStore, name: B}]
  password: ''
- class: kit.Clock
  entries: [{interface: kit.IClock}]
- class: kit.Open
  path: x
  modules: [a, b]
  on: 12
`

func TestDumpLoadsAsAnEqualSite(t *testing.T) {
	environment := map[string]string{
		"HOST": "example.org", "TOKEN": "t1",
		"KIT_STORE_A_PASSWORD": "hunter2", "KIT_STORE_A_TOKENS_2": "hunter4",
	}
	for _, format := range []string{"yaml", "json"} {
		for _, defaults := range []bool{false, true} {
			name := format
			opts := []builder.Option{builder.WithRegistry(kit(t)), builder.WithEnvironment(environment)}
			if defaults {
				name += " with defaults"
				opts = append(opts, builder.WithDefaults())
			}
			t.Run(name, func(t *testing.T) {
				b := builder.New(opts...)
				first := mustLoad(t, b, "first.yml", dumped)
				text := mustDump(t, b, first, format)
				if strings.Contains(text, "hunter") {
					t.Errorf("the dump shows a secret:\n%s", text)
				}
				second := mustLoad(t, b, "second."+format, text)
				if got, want := configsOf(t, second), configsOf(t, first); !reflect.DeepEqual(got, want) {
					t.Errorf("the dump builds\n%+v\nfrom\n%s\nwant\n%+v", got, text, want)
				}
				if got, want := second.Entries(), first.Entries(); !reflect.DeepEqual(got, want) {
					t.Errorf("entries %v, want %v", got, want)
				}
				if again := mustDump(t, b, mustLoad(t, b, "second."+format, text), format); stripPlaces(again) != stripPlaces(text) {
					t.Errorf("the dump of a dump is\n%s\nnot\n%s", again, text)
				}
			})
		}
	}
}

// stripPlaces takes out where secrets stood, which a dump changes.
func stripPlaces(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if i := strings.Index(line, ":?the secret that stood at"); i >= 0 {
			line = line[:i]
		}
		lines = append(lines, strings.TrimRight(strings.TrimRight(line, "\n"), `}',"`))
	}
	return strings.Join(lines, "\n")
}

// configsOf returns the configs of a site's components as plain values.
func configsOf(t *testing.T, site *component.Site) []any {
	t.Helper()
	var all []any
	for name, s := range component.All[IStore](site) {
		c := s.Config()
		secrets := []string{c.Password.Reveal()}
		for _, token := range c.Tokens {
			secrets = append(secrets, token.Reveal())
		}
		refs := component.Refs(c)
		c.Password, c.Tokens, c.Backup, c.Others, c.Clocks = component.Secret{}, nil, component.Ref[IStore]{}, nil, nil
		all = append(all, name, c, secrets, refs)
	}
	return all
}

func mustLoad(t *testing.T, b *builder.Builder, name, text string) *component.Site {
	t.Helper()
	site := component.NewSite()
	if err := b.Load(t.Context(), site, builder.Reader(name, "", strings.NewReader(text))); err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	t.Cleanup(func() {
		if err := site.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return site
}

func mustDump(t *testing.T, b *builder.Builder, site *component.Site, format string) string {
	t.Helper()
	var text bytes.Buffer
	if err := b.Dump(site, &text, format); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
