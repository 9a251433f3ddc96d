package builder_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/configs"
	"github.com/fivcglue/fivcglue-go/implements"
)

// schemaOf compiles the schema of a registry with a validator of its own.
func schemaOf(t *testing.T, registry *component.Registry) *jsonschema.Schema {
	t.Helper()
	var text bytes.Buffer
	if err := builder.New(builder.WithRegistry(registry)).Schema(&text); err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(&text)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("site.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("site.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// validate judges a text as an editor would: it reads YAML, and has no builder.
func validate(t *testing.T, schema *jsonschema.Schema, text []byte) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

func TestSchemaTakesGoodFiles(t *testing.T) {
	schema := schemaOf(t, kit(t))
	good := map[string]string{
		"everything":        strings.ReplaceAll(dumped, "{1: 5s, 2: 0.5}", "{'1': 5s, '2': 0.5}"),
		"empty list":        "[]",
		"no entries":        "- class: kit.Clock",
		"null":              "- class: kit.Store\n  entries: ~\n  port: ~\n  tags: ~\n  pool: ~\n  labels: ~",
		"references":        "- class: kit.Store\n  port: ${PORT}\n  timeout: ${T}\n  tls: ${TLS}\n  mode: ${MODE:-single}\n  ratio: ${R}",
		"quoted":            "- class: kit.Store\n  port: '6379'\n  tls: 'yes'\n  ratio: '.5'\n  timeout: '5'",
		"durations":         "- class: kit.Store\n  timeout: 1h30m\n- class: kit.Store\n  timeout: 0.5",
		"class of variable": "- class: ${CLASS}\n  anything: 1",
		"prepared":          "- class: kit.Session",
		"other keys":        "- class: kit.Open\n  modules: [a]",
		"aliases":           "- class: old.kit.stores.StoreImpl\n  entries: [{interface: old.kit.stores.IStore}]",
	}
	for name, text := range good {
		t.Run(name, func(t *testing.T) {
			if err := validate(t, schema, []byte(text)); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSchemaRefusesBadFiles holds that what a schema can know is known by ours.
func TestSchemaRefusesBadFiles(t *testing.T) {
	schema := schemaOf(t, kit(t))
	for _, name := range []string{
		"not-a-list-map.yml", "not-a-list.json", "item-null.yml", "item-string.yml", "item-list.yml",
		"class-missing.yml", "class-misspelled-key.yml", "class-null.yml", "class-list.yml",
		"class-unknown-near.yml", "class-unknown-case.yml", "class-unknown-far.yml", "class-built-in.yml",
		"entries-map.yml", "entries-string.yml", "entry-string.yml", "entry-null.yml", "entry-without-interface.yml",
		"entry-unknown-key.yml", "entry-name-list.yml", "entry-interface-map.yml", "interface-unknown.yml",
		"interface-unsuitable.yml", "reserved-key.yml", "description-map.yml",
		"unknown-key.yml", "unknown-key.json", "unknown-key-case.yml", "unknown-key-nested.yml", "unknown-key-in-list.yml",
		"no-keys-at-all.yml", "missing-key.yml", "missing-key-nested.yml",
		"port-word.yml", "port-zero.yml", "port-negative.yml", "port-large.yml", "port-fraction.yml", "port-true.yml",
		"port-empty.yml", "port-list.yml", "port-map.yml", "port-quoted-word.json",
		"ratio-word.yml", "ratio-large.yml", "bool-number.yml", "bool-word.yml",
		"duration-negative.yml", "duration-negative-number.yml", "duration-word.yml",
		"enum-near.yml", "enum-far.yml", "list-scalar.yml", "list-element.yml", "map-list.yml", "map-element.yml",
		"group-scalar.yml", "pointer.yml", "secret-map.yml", "secret-list-element.yml", "reference-not-a-name.yml",
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(goldenFolder, name))
			if err != nil {
				t.Fatal(err)
			}
			if validate(t, schema, text) == nil {
				t.Error("the schema has nothing against it")
			}
		})
	}
}

func TestSchemaOfTheBuiltIns(t *testing.T) {
	registry := component.NewRegistry()
	if err := implements.Register(registry); err != nil {
		t.Fatal(err)
	}
	schema := schemaOf(t, registry)
	seed, err := os.ReadFile("../testdata/seed.yml")
	if err != nil {
		t.Fatal(err)
	}
	good := map[string][]byte{"seed": seed}
	for _, name := range configs.Names() {
		if good[name], err = configs.Open(name); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range good {
		t.Run(name, func(t *testing.T) {
			if err := validate(t, schema, text); err != nil {
				t.Error(err)
			}
			if validate(t, schema, bytes.ReplaceAll(text, []byte("  class:"), []byte("  name:"))) == nil {
				t.Error("the schema has nothing against items without a class")
			}
		})
	}
}
