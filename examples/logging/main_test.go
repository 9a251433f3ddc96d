package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	t.Chdir("../..")
	path := filepath.Join(t.TempDir(), "shop.log")
	t.Setenv("LOG_OUTPUT", path)
	if err := run(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	want := []map[string]any{
		{"level": "DEBUG", "topic": "db.pool", "msg": "connection opened", "service": "shop"},
		{
			"level": "ERROR", "topic": "shop", "msg": "cannot start", "password": "[redacted]",
			"error": "load the catalogue: open catalogue.db: file does not exist\ncontext deadline exceeded",
		},
		{"level": "INFO", "topic": "http.access", "msg": "and this is not any more"},
	}
	if len(lines) != len(want) {
		t.Fatalf("%d records, want %d:\n%s", len(lines), len(want), text)
	}
	for i, line := range lines {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		for key, value := range want[i] {
			if record[key] != value {
				t.Errorf("record %d: %s is %v, want %v", i, key, record[key], value)
			}
		}
	}
}
