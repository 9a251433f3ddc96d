package redis_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// recordingLog is a logger site that keeps what is logged.
type recordingLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *recordingLog) GetLogger(string) interfaces.ILogger { return l }

func (l *recordingLog) Debug(msg string, args ...any) { l.add("debug", msg, args) }
func (l *recordingLog) Info(msg string, args ...any)  { l.add("info", msg, args) }
func (l *recordingLog) Warn(msg string, args ...any)  { l.add("warn", msg, args) }
func (l *recordingLog) Error(msg string, args ...any) { l.add("error", msg, args) }

func (l *recordingLog) add(level, msg string, args []any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprint(level, " ", msg, " ", args))
}

// count tells how many lines have the text.
func (l *recordingLog) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, line := range l.lines {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// siteWithLog returns a site whose components log to log.
func siteWithLog(t *testing.T, log *recordingLog) *component.Site {
	t.Helper()
	site := component.NewSite()
	if err := component.Register[interfaces.ILoggerSite](site, "", log); err != nil {
		t.Fatal(err)
	}
	return site
}
