package builder_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

const benchItems = 10_000

// benchYAML returns items of a class with three keys. One in every wrong has a
// mistake, none if wrong is 0.
func benchYAML(wrong int) []byte {
	var b bytes.Buffer
	for i := range benchItems {
		host := "host"
		if wrong > 0 && i%wrong == 0 {
			host = "hots"
		}
		fmt.Fprintf(&b, "- entries:\n    - interface: kit.IClock\n      name: 'Store%d'\n\n  class: kit.Small\n  %s: localhost\n  port: 6379\n  db: 0\n\n", i, host)
	}
	return b.Bytes()
}

func benchJSON() []byte {
	var b bytes.Buffer
	b.WriteString("[\n")
	for i := range benchItems {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `  {
    "entries": [{"interface": "kit.IClock", "name": "Store%d"}],
    "class": "kit.Small",
    "host": "localhost",
    "port": 6379,
    "db": 0
  }`, i)
	}
	b.WriteString("\n]\n")
	return b.Bytes()
}

func parseNode(text []byte) error {
	var n yaml.Node
	return yaml.Unmarshal(text, &n)
}

// BenchmarkLoad compares what the builder costs with what the parser under it
// does, in rounds by turns, and reports the medians' ratios.
func BenchmarkLoad(b *testing.B) {
	build := builder.New(builder.WithRegistry(kit(b)))
	good, bad, asJSON := benchYAML(0), benchYAML(10), benchJSON()
	works := []struct {
		name string
		run  func() error
	}{
		{"parse", func() error { return parseNode(good) }},
		{"yaml", func() error { return load(b, build, "x.yml", good) }},
		{"json", func() error { return load(b, build, "x.json", asJSON) }},
		{"check", func() error { return build.Check(b.Context(), builder.Reader("x.yml", "", bytes.NewReader(good))) }},
		{"check-1000-mistakes", func() error {
			err := build.Check(b.Context(), builder.Reader("x.yml", "", bytes.NewReader(bad)))
			var found builder.Diagnostics
			if !errors.As(err, &found) || len(found) != benchItems/10 {
				return fmt.Errorf("%d mistakes were found", len(found))
			}
			return nil
		}},
	}
	took := map[string][]float64{}
	for b.Loop() {
		for _, work := range works {
			began := time.Now()
			if err := work.run(); err != nil {
				b.Fatal(work.name, ": ", err)
			}
			took[work.name] = append(took[work.name], time.Since(began).Seconds())
		}
	}
	median := func(name string) float64 {
		slices.Sort(took[name])
		return took[name][len(took[name])/2]
	}
	for _, ratio := range []struct{ of, to string }{
		{"yaml", "parse"}, {"json", "yaml"}, {"check-1000-mistakes", "check"},
	} {
		b.ReportMetric(median(ratio.of)/median(ratio.to), ratio.of+"/"+ratio.to)
	}
	for _, work := range works {
		b.ReportMetric(median(work.name)*1000, work.name+"-ms")
	}
}

func load(b *testing.B, build *builder.Builder, name string, text []byte) error {
	site := component.NewSite()
	if err := build.Load(b.Context(), site, builder.Reader(name, "", bytes.NewReader(text))); err != nil {
		return err
	}
	_, err := component.Get[IClock](site, fmt.Sprintf("Store%d", benchItems-1))
	return err
}

// BenchmarkLoadYAML and BenchmarkLoadJSON are for profiles.
func BenchmarkLoadYAML(b *testing.B) { benchmarkLoad(b, "x.yml", benchYAML(0)) }

func BenchmarkLoadJSON(b *testing.B) { benchmarkLoad(b, "x.json", benchJSON()) }

func benchmarkLoad(b *testing.B, name string, text []byte) {
	build := builder.New(builder.WithRegistry(kit(b)))
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := load(b, build, name, text); err != nil {
			b.Fatal(err)
		}
	}
}
