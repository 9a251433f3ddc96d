package logging_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fivcglue/fivcglue-go/implements/logging"
)

// Levels by topic, and one that changes while the program runs.
func ExampleNewSite() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "logs")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "app.log")

	site, err := logging.NewSite(ctx, nil, logging.Config{
		Format: "json",
		Output: path,
		Levels: map[string]string{"db.*": "debug"},
	})
	if err != nil {
		panic(err)
	}
	web, pool := site.GetLogger("web"), site.GetLogger("db.pool")
	web.Debug("not written")
	pool.Debug("connection opened", "server", "db1")

	site.SetLevel(logging.Debug)
	web.Debug("written now")
	if err := site.Close(ctx); err != nil {
		panic(err)
	}

	file, err := os.Open(path)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var record struct{ Level, Topic, Msg string }
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			panic(err)
		}
		fmt.Println(record.Level, record.Topic, record.Msg)
	}
	// Output:
	// DEBUG db.pool connection opened
	// DEBUG web written now
}
