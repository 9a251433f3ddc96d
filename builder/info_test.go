package builder_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

const described = `- class: old.kit.stores.StoreImpl
  description: the first
  entries: [{interface: old.kit.stores.IStore, name: A}]
  host: ${HOST:-fallback}
  password: ${TOKEN}
  tokens: ['a${TOKEN}', hunter2]
  pool: {idle: 1s}
  backup: B
- class: kit.Store
  entries: [{interface: kit.IStore, name: B}]
`

func TestValuesTellWhereTheyAreFrom(t *testing.T) {
	b := builder.New(builder.WithRegistry(kit(t)), builder.WithEnvironment(map[string]string{"TOKEN": "hunter3"}))
	site := mustLoad(t, b, "x.yml", described)
	items := site.Items()
	values := map[string]builder.Value{}
	for _, v := range builder.Values(items[0]) {
		values[v.Path] = v
	}
	at := func(line, column int, v builder.Value) builder.Value {
		v.From, v.File, v.Line, v.Column = builder.FromFile, "x.yml", line, column
		return v
	}
	want := map[string]builder.Value{
		"host":      at(4, 9, builder.Value{Path: "host", Text: "fallback", Written: "${HOST:-fallback}", Origins: []string{"default of HOST"}, Doc: "where the server is"}),
		"password":  at(5, 13, builder.Value{Path: "password", Text: "[redacted]", Written: "${TOKEN}", Origins: []string{"variable TOKEN"}, Secret: true, Doc: "what the server asks for"}),
		"tokens[0]": at(6, 12, builder.Value{Path: "tokens[0]", Text: "[redacted]", Origins: []string{"variable TOKEN"}, Secret: true}),
		"tokens[1]": at(6, 25, builder.Value{Path: "tokens[1]", Text: "[redacted]", Secret: true}),
		"pool.idle": at(7, 16, builder.Value{Path: "pool.idle", Text: "1s"}),
		"pool.size": {Path: "pool.size", Text: "10", From: builder.FromDefault},
		"timeout":   {Path: "timeout", Text: "5s", From: builder.FromDefault},
	}
	for path, w := range want {
		if got := values[path]; !reflect.DeepEqual(got, w) {
			t.Errorf("%s is\n%+v, want\n%+v", path, got, w)
		}
	}
	if got := values["host"].Position(); got != "x.yml:4:9" {
		t.Errorf("the position is %q", got)
	}
	if got := values["timeout"].Position(); got != "" {
		t.Errorf("a default has the position %q", got)
	}
	file, line, column, class := builder.SourceOf(items[1])
	if file != "x.yml" || line != 9 || column != 3 || class != "kit.Store" {
		t.Errorf("the second item is at %s:%d:%d, %s", file, line, column, class)
	}
	if builder.Values(component.Item{}) != nil {
		t.Error("an item that is no builder's has values")
	}
}

func TestInspect(t *testing.T) {
	b := builder.New(builder.WithRegistry(kit(t)), builder.WithEnvironment(map[string]string{"TOKEN": "hunter3"}))
	infos, err := b.Inspect(t.Context(), builder.Reader("x.yml", "", strings.NewReader(described)))
	if err != nil || len(infos) != 2 {
		t.Fatalf("%v, %v", infos, err)
	}
	first := infos[0]
	first.Values = nil
	want := builder.ItemInfo{
		File: "x.yml", Line: 1, Column: 3, Class: "kit.Store", ClassAs: "old.kit.stores.StoreImpl", Description: "the first",
		Entries:    []component.Entry{{Interface: "kit.IStore", Name: "A", Class: "kit.Store"}},
		References: []component.RefInfo{{Path: "backup", Interface: reflect.TypeFor[IStore](), Name: "B", Set: true}},
	}
	if !reflect.DeepEqual(first, want) {
		t.Errorf("got  %+v\nwant %+v", first, want)
	}
	if len(infos[0].Values) == 0 {
		t.Error("there are no values")
	}
	if _, err := b.Inspect(t.Context(), builder.Reader("x.yml", "", strings.NewReader("- class: kit.Stor\n"))); err == nil {
		t.Error("a configuration that is wrong is described")
	}
}

func TestKeys(t *testing.T) {
	registry := kit(t)
	class, ok := registry.Class("kit.Store")
	if !ok {
		t.Fatal("no kit.Store")
	}
	keys := map[string]builder.Key{}
	for _, key := range builder.New(builder.WithRegistry(registry)).Keys(class) {
		keys[key.Path] = key
	}
	for _, want := range []builder.Key{
		{Path: "host", Type: "text", Doc: "where the server is", Default: "localhost"},
		{Path: "port", Type: "whole number", Doc: "its port", Default: "6379", Min: "1", Max: "65535"},
		{Path: "password", Type: "secret", Doc: "what the server asks for", Secret: true},
		{Path: "tokens", Type: "list of secrets", Secret: true},
		{Path: "timeout", Type: "duration", Default: "5s", Max: "10m"},
		{Path: "tls", Type: "true or false", Default: "false"},
		{Path: "mode", Type: "text", Default: "single", Enum: []string{"single", "sentinel", "cluster"}},
		{Path: "sizes", Type: "list of whole numbers", Min: "1"},
		{Path: "labels", Type: "map of texts"},
		{Path: "pool", Type: "map"},
		{Path: "pool.size", Type: "whole number", Default: "10", Min: "1"},
		{Path: "nodes[].host", Type: "text", Required: true},
		{Path: "backup", Type: "name of an entry of kit.IStore", Doc: "asked when this one fails", Interface: "kit.IStore"},
		{Path: "clocks", Type: "map of names of entries of kit.IClock", Interface: "kit.IClock"},
		{Path: "extra", Type: "map of anything"},
		{Path: "comment", Type: "text"},
	} {
		if got := keys[want.Path]; !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}
