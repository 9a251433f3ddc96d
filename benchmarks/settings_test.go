package benchmarks

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/fivcglue/fivcglue-go/implements/file"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// settingsText returns settings of n sessions with five keys each.
func settingsText(n int, session, join string) string {
	sessions := make([]string, n)
	for i := range sessions {
		sessions[i] = fmt.Sprintf(session, i, i, 1024+i)
	}
	return strings.Join(sessions, join)
}

func TestSettings(t *testing.T) {
	const sessions = 10_000
	inYAML := settingsText(sessions, "session%d:\n  host: host%d.example.com\n  port: %d\n  db: 0\n  password: 'secret'\n  ratio: 1.50\n", "")
	inJSON := "{" + settingsText(sessions, `"session%d": {"host": "host%d.example.com", "port": %d, "db": 0, "password": "secret", "ratio": 1.50}`, ",\n") + "}"
	dir := t.TempDir()
	path := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	yamlPath, jsonPath := path("settings.yml", inYAML), path("settings.json", inJSON)
	repeat := func(work func() error) func(n int) {
		return func(n int) {
			for range n {
				if err := work(); err != nil {
					panic(err)
				}
			}
		}
	}

	compare(t, "settings of 10,000 sessions, YAML",
		ours("file.YAML", repeat(func() error {
			_, err := file.NewYAML(t.Context(), nil, file.Config{File: yamlPath})
			return err
		})),
		peer("yaml.v3 into a Node", repeat(func() error {
			var node yaml.Node
			return yaml.Unmarshal([]byte(inYAML), &node)
		})).atMost(1.5),
		peer("yaml.v3 into maps", repeat(func() error {
			var values map[string]map[string]string
			return yaml.Unmarshal([]byte(inYAML), &values)
		})),
	)
	compare(t, "settings of 10,000 sessions, JSON",
		ours("file.JSON", repeat(func() error {
			_, err := file.NewJSON(t.Context(), nil, file.Config{File: jsonPath})
			return err
		})),
		peer("encoding/json into any", repeat(func() error {
			var value any
			return json.Unmarshal([]byte(inJSON), &value)
		})).atMost(1.5),
	)

	config, err := file.NewYAML(t.Context(), nil, file.Config{File: yamlPath})
	if err != nil {
		t.Fatal(err)
	}
	session := config.GetSession("session77")
	compare(t, "value of a session",
		ours("GetValue", func(n int) {
			for range n {
				session.GetValue("port")
			}
		}),
		peer("ConfigValue[int]", func(n int) {
			for range n {
				if _, err := interfaces.ConfigValue(session, "port", 0); err != nil {
					panic(err)
				}
			}
		}),
	)
}
