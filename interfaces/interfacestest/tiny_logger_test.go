package interfacestest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
)

// tinyLoggers is the least site of loggers that keeps the contract: the one
// logger of log/slog, for each topic.
type tinyLoggers struct{ logger interfaces.ILogger }

func (s tinyLoggers) GetLogger(string) interfaces.ILogger { return s.logger }

// sink keeps what is written.
type sink struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *sink) records() ([]map[string]any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var records []map[string]any
	for i, line := range bytes.Split(s.text.Bytes(), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var record map[string]any
		if err := json.Unmarshal(line, &record); err != nil {
			return records, fmt.Errorf("line %d: %w", i+1, err)
		}
		records = append(records, record)
	}
	return records, nil
}

// loggerHarness gives a site of loggers that is the reference with faults.
func loggerHarness(fault func(w io.Writer, right *slog.Logger) interfaces.ILoggerSite) interfacestest.LoggerHarness {
	out := &sink{}
	right := slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return interfacestest.LoggerHarness{Site: fault(out, right), Records: out.records}
}

// brokenLogger is the reference with one fault for all of its methods.
type brokenLogger struct {
	write func(level slog.Level, msg string, args []any)
}

func (l brokenLogger) Debug(msg string, args ...any) { l.write(slog.LevelDebug, msg, args) }
func (l brokenLogger) Info(msg string, args ...any)  { l.write(slog.LevelInfo, msg, args) }
func (l brokenLogger) Warn(msg string, args ...any)  { l.write(slog.LevelWarn, msg, args) }
func (l brokenLogger) Error(msg string, args ...any) { l.write(slog.LevelError, msg, args) }
