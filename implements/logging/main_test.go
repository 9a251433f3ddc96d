package logging_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/fivcglue/fivcglue-go/implements/logging"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newSite makes a Site that is closed with the test.
func newSite(t testing.TB, config logging.Config) *logging.Site {
	t.Helper()
	site, err := logging.NewSite(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return site
}

// newFileSite makes a Site that writes JSON to a file, and returns what reads
// the file.
func newFileSite(t testing.TB, config logging.Config) (*logging.Site, func() []map[string]any) {
	t.Helper()
	config.Format, config.Output = "json", filepath.Join(t.TempDir(), "app.log")
	return newSite(t, config), func() []map[string]any { return readRecords(t, config.Output) }
}

func readRecords(t testing.TB, path string) []map[string]any {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var records []map[string]any
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var record map[string]any
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			t.Fatalf("%v in line %q", err, lines.Text())
		}
		records = append(records, record)
	}
	return records
}

// captureStderr has os.Stderr go to a file until the test ends, and returns
// what reads it.
func captureStderr(t *testing.T) func() string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "stderr")
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stderr
	os.Stderr = file
	t.Cleanup(func() {
		os.Stderr = before
		file.Close()
	})
	return func() string {
		text, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}
