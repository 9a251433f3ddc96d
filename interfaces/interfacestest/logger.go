package interfacestest

import (
	"context"
	"crypto/rand"
	"slices"
	"testing"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// LoggerHarness is one site of loggers to test. Site and Records are required.
//
// The loggers must be set so that they write every level. The kit closes the
// site, if it has a Close.
type LoggerHarness struct {
	Site interfaces.ILoggerSite

	// Records returns what was written so far, in order, one map for each
	// record, as encoding/json reads what slog.JSONHandler writes: "level",
	// "msg" and the attributes, a group as a map. A backend that writes
	// otherwise is to be translated.
	Records func() ([]map[string]any, error)

	// Skip names checks that this backend cannot pass, and why.
	Skip map[string]string
}

func (h LoggerHarness) subject() any { return h.Site }

// TestLogger makes one subtest of t for each promise of
// interfaces.ILoggerSite and interfaces.ILogger. open is called by each
// subtest for a harness of its own.
func TestLogger(t *testing.T, open func(t *testing.T) LoggerHarness) {
	t.Helper()
	runTests(t, loggerChecks(), open, skippedLoggerChecks)
}

// CheckLogger returns nil if the sites of loggers that open gives keep all
// promises of interfaces.ILoggerSite and interfaces.ILogger, else a *Failure
// for each that they do not, joined with errors.Join. open is called once per
// check.
func CheckLogger(ctx context.Context, open func() (LoggerHarness, error)) error {
	return runChecks(ctx, loggerChecks(), open, skippedLoggerChecks)
}

func skippedLoggerChecks(h LoggerHarness) map[string]string { return h.Skip }

func loggerChecks() []check[LoggerHarness] {
	var checks []check[LoggerHarness]
	for _, c := range slices.Concat(loggerRecordChecks, loggerHardshipChecks) {
		checks = append(checks, check[LoggerHarness]{
			name: c.name, promise: c.promise,
			run: func(_ context.Context, r *recorder, h LoggerHarness) { c.run(&loggerKit{r, h}) },
		})
	}
	return checks
}

// loggerCheck is a check written against a loggerKit.
type loggerCheck struct {
	name    string
	promise string
	run     func(k *loggerKit)
}

// loggerKit is what a check works with.
type loggerKit struct {
	*recorder
	LoggerHarness
}

// logger returns a logger, which must not be nil.
func (k *loggerKit) logger(topic string) interfaces.ILogger {
	logger := k.Site.GetLogger(topic)
	if logger == nil {
		k.Fatalf("GetLogger(%s) is nil", short(topic))
	}
	return logger
}

// message returns a message that nobody else writes.
func (k *loggerKit) message() string { return "kit-" + rand.Text() }

// records returns the records that have a message.
func (k *loggerKit) records(msg string) []map[string]any {
	all, err := k.Records()
	if err != nil {
		k.Fatalf("the harness's Records: %w", err)
	}
	return slices.DeleteFunc(slices.Clone(all), func(record map[string]any) bool { return record["msg"] != msg })
}

// record returns the one record that has a message.
func (k *loggerKit) record(msg, when string) map[string]any {
	records := k.records(msg)
	if len(records) != 1 {
		k.Fatalf("%s: %d records have the message, want 1", when, len(records))
	}
	return records[0]
}

// guard runs a call, which must not panic.
func (k *loggerKit) guard(what string, call func()) {
	defer func() {
		if p := recover(); p != nil {
			k.Errorf("%s: the call panics: %v", what, p)
		}
	}()
	call()
}
