package file_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/fivcglue/fivcglue-go/implements/file"
	"github.com/fivcglue/fivcglue-go/internal/document"
)

// manySessions returns a settings file of n sessions with five keys each.
func manySessions(n int, format string) string {
	var b strings.Builder
	if format == "json" {
		b.WriteString("{")
	}
	for i := range n {
		if format == "yaml" {
			fmt.Fprintf(&b, "session%d:\n  host: host%d.example.com\n  port: %d\n  db: 0\n  password: 'secret'\n  ratio: 1.50\n", i, i, 1024+i)
			continue
		}
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "\n\"session%d\": {\"host\": \"host%d.example.com\", \"port\": %d, \"db\": 0, \"password\": \"secret\", \"ratio\": 1.50}", i, i, 1024+i)
	}
	if format == "json" {
		b.WriteString("\n}\n")
	}
	return b.String()
}

func writeFile(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// BenchmarkLoad reads 10,000 sessions, beside what the parsers alone take.
func BenchmarkLoad(b *testing.B) {
	const sessions = 10_000
	inYAML, inJSON := manySessions(sessions, "yaml"), manySessions(sessions, "json")
	yamlFile, jsonFile := writeFile(b, "settings.yml", inYAML), writeFile(b, "settings.json", inJSON)
	for name, run := range map[string]func() error{
		"yaml": func() error {
			_, err := file.NewYAML(b.Context(), nil, file.Config{File: yamlFile})
			return err
		},
		"yaml parser alone": func() error {
			var node yaml.Node
			return yaml.Unmarshal([]byte(inYAML), &node)
		},
		"json": func() error {
			_, err := file.NewJSON(b.Context(), nil, file.Config{File: jsonFile})
			return err
		},
		"json reader alone": func() error {
			if !document.Read("settings.json", document.JSON, []byte(inJSON), nil).Complete {
				return errors.New("not read as a whole")
			}
			return nil
		},
		"encoding/json": func() error {
			var value any
			return json.Unmarshal([]byte(inJSON), &value)
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The two are measured in turns, so that what else the machine does weighs on
// both. The bound has room for a busy machine; the figures are in the
// benchmark.
func TestLoadingIsMostlyParsing(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a second")
	}
	text := manySessions(10_000, "yaml")
	path := writeFile(t, "settings.yml", text)
	var load, parse []time.Duration
	for range 7 {
		start := time.Now()
		if _, err := file.NewYAML(t.Context(), nil, file.Config{File: path}); err != nil {
			t.Fatal(err)
		}
		load = append(load, time.Since(start))
		start = time.Now()
		var node yaml.Node
		if err := yaml.Unmarshal([]byte(text), &node); err != nil {
			t.Fatal(err)
		}
		parse = append(parse, time.Since(start))
	}
	quickest, parsing := slices.Min(load), slices.Min(parse)
	t.Logf("the quickest of 7: load %v, parse %v, ratio %.2f", quickest, parsing, float64(quickest)/float64(parsing))
	if quickest > 5*parsing/2 {
		t.Errorf("loading takes %v, parsing alone %v", quickest, parsing)
	}
}
