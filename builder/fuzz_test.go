package builder_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

// addSeeds gives a fuzz target the bad files, and some good ones.
func addSeeds(f *testing.F, extension string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(goldenFolder, "*"+extension))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(dumped))
	f.Add(benchYAML(0)[:400])
	f.Add(append(benchJSON()[:320], "}]"...))
}

func FuzzCheckYAML(f *testing.F) {
	addSeeds(f, ".yml")
	fuzzCheck(f, "x.yml")
}

func FuzzCheckJSON(f *testing.F) {
	addSeeds(f, ".json")
	fuzzCheck(f, "x.json")
}

// fuzzCheck holds that nothing panics and that every problem has a place that
// there is.
func fuzzCheck(f *testing.F, name string) {
	b := builder.New(builder.WithRegistry(kit(f)), builder.WithEnvironment(goldenEnvironment))
	f.Fuzz(func(t *testing.T, data []byte) {
		err := b.Check(context.Background(), builder.Reader(name, "", bytes.NewReader(data)))
		if err == nil {
			return
		}
		var found builder.Diagnostics
		if !errors.As(err, &found) || len(found) == 0 {
			t.Fatalf("the error is %v, no diagnostics", err)
		}
		breaks := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")
		lines := strings.Split(breaks.Replace(strings.TrimPrefix(string(data), "\ufeff")), "\n")
		for _, d := range found {
			if d.Line < 0 || d.Line > len(lines) || d.Column < 0 || d.Line == 0 && d.Column != 0 {
				t.Errorf("there is no place %d:%d: %v", d.Line, d.Column, d)
			} else if d.Line > 0 && name == "x.yml" && d.Column > utf8.RuneCountInString(lines[d.Line-1])+2 {
				t.Errorf("line %d has no column %d: %v", d.Line, d.Column, d)
			}
			if d.Message == "" {
				t.Errorf("a problem without a message: %+v", d)
			}
		}
		if err := found.WriteText(&bytes.Buffer{}, true); err != nil {
			t.Error(err)
		}
	})
}

var placeholder = regexp.MustCompile(`\$\{(\w+)(:\?the secret|\})`)

// FuzzSameInBothFormats holds that whatever loads is dumped as YAML and as
// JSON that build the same site.
func FuzzSameInBothFormats(f *testing.F) {
	addSeeds(f, ".yml")
	registry := kit(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		b := builder.New(builder.WithRegistry(registry), builder.WithEnvironment(map[string]string{"HOST": "h", "TOKEN": "t"}))
		site := component.NewSite()
		if b.Load(context.Background(), site, builder.Reader("x.yml", "", bytes.NewReader(data))) != nil {
			return
		}
		asYAML, asJSON := mustDump(t, b, site, "yaml"), mustDump(t, b, site, "json")
		environment := map[string]string{"HOST": "h", "TOKEN": "t"}
		for _, match := range placeholder.FindAllStringSubmatch(asYAML, -1) {
			if _, known := environment[match[1]]; !known {
				environment[match[1]] = "secret"
			}
		}
		again := builder.New(builder.WithRegistry(registry), builder.WithEnvironment(environment))
		fromYAML, fromJSON := mustLoad(t, again, "y.yml", asYAML), mustLoad(t, again, "y.json", asJSON)
		one, other := mustDump(t, again, fromYAML, "json"), mustDump(t, again, fromJSON, "json")
		if stripPlaces(one) != stripPlaces(other) || stripPlaces(one) != stripPlaces(asJSON) {
			t.Errorf("YAML and JSON differ:\n%s\n%s\nfrom %q", one, other, data)
		}
	})
}
