package benchmarks

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/fivcglue/fivcglue-go/implements/logging"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// logPair is a logger of ours and one of log/slog that do the same.
type logPair struct {
	site       *logging.Site
	ours, peer *slog.Logger
}

func newLogPair(t *testing.T, format string) logPair {
	t.Helper()
	site, err := logging.NewSite(t.Context(), nil, logging.Config{
		Format: format, Output: os.DevNull, Levels: map[string]string{"db.*": "warn"},
	})
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(site.Close(t.Context()), null.Close()); err != nil {
			t.Error(err)
		}
	})
	options := &slog.HandlerOptions{Level: slog.LevelWarn}
	var handler slog.Handler = slog.NewTextHandler(null, options)
	if format == "json" {
		handler = slog.NewJSONHandler(null, options)
	}
	return logPair{site, site.GetLogger("db.pool").(*slog.Logger), slog.New(handler).With("topic", "db.pool")}
}

func disabled(logger *slog.Logger) func(n int) {
	return func(n int) {
		for range n {
			logger.Info("connection opened", "server", "db1", "count", 3)
		}
	}
}

func disabledByContract(logger interfaces.ILogger) func(n int) {
	return func(n int) {
		for range n {
			logger.Info("connection opened", "server", "db1", "count", 3)
		}
	}
}

func enabled(logger *slog.Logger, err error) func(n int) {
	return func(n int) {
		for range n {
			logger.Warn("connection lost", "server", "db1", "count", 3, "error", err)
		}
	}
}

func TestLogging(t *testing.T) {
	text, json := newLogPair(t, "text"), newLogPair(t, "json")
	err := fmt.Errorf("read from db1: %w", os.ErrDeadlineExceeded)

	compare(t, "log call below the level",
		ours("logging.Site", disabled(text.ours)),
		peer("log/slog", disabled(text.peer)).allocating(0),
	)
	compare(t, "log call below the level, through interfaces.ILogger",
		ours("logging.Site", disabledByContract(text.ours)),
		peer("log/slog", disabledByContract(text.peer)).allocating(0),
	)
	compare(t, "record with an error, text to a file",
		ours("logging.Site", enabled(text.ours, err)),
		peer("log/slog", enabled(text.peer, err)),
	)
	compare(t, "record with an error, JSON to a file",
		ours("logging.Site", enabled(json.ours, err)),
		peer("log/slog", enabled(json.peer, err)),
	)
	compare(t, "GetLogger of a topic in use",
		ours("logging.Site", func(n int) {
			for range n {
				text.site.GetLogger("db.pool")
			}
		}),
		peer("slog.Logger.With", func(n int) {
			for range n {
				text.peer.With("topic", "db.pool")
			}
		}),
	)
}
