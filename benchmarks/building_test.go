package benchmarks

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/mitchellh/mapstructure"
	"gopkg.in/yaml.v3"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

// asYAML declares n dogs, with three keys each.
func asYAML(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "- entries:\n    - interface: benchmarks.ISpeaker\n      name: component-%d\n\n  class: benchmarks.Dog\n  name: dog-%d\n  age: %d\n  good: true\n\n", i, i, i%20)
	}
	return b.String()
}

// asJSON declares the same dogs.
func asJSON(t *testing.T, n int) string {
	t.Helper()
	var items []any
	if err := yaml.Unmarshal([]byte(asYAML(n)), &items); err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(items, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// build has a builder make a site of the text.
func build(t *testing.T, class *dogClass, name, text string) func(n int) {
	t.Helper()
	b := builder.New(builder.WithRegistry(class.registry))
	return func(n int) {
		for range n {
			site := component.NewSite()
			if err := b.Load(t.Context(), site, builder.Reader(name, "", strings.NewReader(text))); err != nil {
				panic(err)
			}
		}
	}
}

// parse has yaml.v3 read the text into T and hands it on.
func parse[T any](text string, then func(T)) func(n int) {
	return func(n int) {
		for range n {
			var into T
			if err := yaml.Unmarshal([]byte(text), &into); err != nil {
				panic(err)
			}
			then(into)
		}
	}
}

// decodeDogs is what a program does by hand: each item into its class's
// config. It leaves out all that a builder checks.
func decodeDogs(items []map[string]any) {
	dogs := make(map[string]speaker, len(items))
	for _, item := range items {
		var config dogConfig
		if err := mapstructure.Decode(item, &config); err != nil {
			panic(err)
		}
		dogs[config.Name] = &dog{config.Name}
	}
}

func TestBuilding(t *testing.T) {
	class := newDogClass(t)
	for _, size := range []int{10, 1_000, 10_000} {
		text := asYAML(size)
		node := peer("yaml.v3 into a Node", parse(text, func(yaml.Node) {}))
		inJSON := ours("builder, the same as JSON", build(t, class, "dogs.json", asJSON(t, size)))
		inYAML := peer("builder, YAML", build(t, class, "dogs.yml", text))
		if size == 10_000 {
			node = node.atMost(1.5)
			inYAML = inYAML.atMost(0.5)
		}
		compare(t, fmt.Sprintf("site from %d items of YAML", size),
			ours("builder", build(t, class, "dogs.yml", text)),
			node,
			peer("yaml.v3 into maps and mapstructure", parse(text, decodeDogs)),
		)
		compare(t, fmt.Sprintf("site from %d items of JSON", size), inJSON, inYAML)
	}
}
