package logging_test

import (
	"path/filepath"
	"testing"

	"github.com/fivcglue/fivcglue-go/implements/logging"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
)

func TestConforms(t *testing.T) {
	interfacestest.TestLogger(t, func(t *testing.T) interfacestest.LoggerHarness {
		path := filepath.Join(t.TempDir(), "app.log")
		return interfacestest.LoggerHarness{
			Site:    newSite(t, logging.Config{Format: "json", Output: path, Level: "debug"}),
			Records: func() ([]map[string]any, error) { return readRecords(t, path), nil },
		}
	})
}
