package logging_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/implements/logging"
)

// silentError does not say what it wraps.
type silentError struct {
	text  string
	inner error
}

func (e *silentError) Error() string { return e.text }
func (e *silentError) Unwrap() error { return e.inner }

// manyError wraps several and says none.
type manyError []error

func (manyError) Error() string     { return "several" }
func (e manyError) Unwrap() []error { return e }

// jsonError would rather be an object.
type jsonError struct{}

func (jsonError) Error() string                { return "as text" }
func (jsonError) MarshalJSON() ([]byte, error) { return []byte(`{}`), nil }

type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

type panicError struct{}

func (panicError) Error() string { panic("no text") }

func TestErrorsKeepTheirChain(t *testing.T) {
	loop := &silentError{text: "loop"}
	loop.inner = loop
	twice := manyError{nil, nil} // to walk all of it takes for ever
	twice[0], twice[1] = twice, twice
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"plain", errors.New("plain"), "plain"},
		{"wrapped", fmt.Errorf("load: %w", &fs.PathError{Op: "open", Path: "x", Err: os.ErrNotExist}), "load: open x: file does not exist"},
		{"joined", errors.Join(errors.New("one"), errors.New("two")), "one\ntwo"},
		{"wrapped without a word", &silentError{"load failed", fmt.Errorf("dial: %w", os.ErrDeadlineExceeded)}, "load failed: dial: i/o timeout"},
		{"several without a word", manyError{errors.New("one"), nil, &silentError{"two", errors.New("three")}}, "several: one: two: three"},
		{"silent within a wrapped one", fmt.Errorf("a: %w", &silentError{"b", errors.New("c")}), "a: b: c"},
		{"around itself", loop, "loop"},
		{"around itself twice", twice, "several"},
		{"that marshals itself", jsonError{}, "as text"},
		{"a nil pointer", (*nilError)(nil), "<nil>"},
		{"that panics", panicError{}, "!PANIC: no text"},
	} {
		t.Run(test.name, func(t *testing.T) {
			site, records := newFileSite(t, logging.Config{})
			logger := site.GetLogger("").(*slog.Logger)
			logger.Error("call", "error", test.err)
			logger.With("error", test.err).Error("bound")
			logger.Error("grouped", slog.Group("g", "error", test.err))
			got := records()
			group, _ := got[2]["g"].(map[string]any)
			for where, text := range map[string]any{"call": got[0]["error"], "bound": got[1]["error"], "group": group["error"]} {
				if text != test.want {
					t.Errorf("%s: wrote %q, want %q", where, text, test.want)
				}
			}
		})
	}
}

func TestErrorInText(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	site := newSite(t, logging.Config{Output: path})
	site.GetLogger("").Error("failed", "error", errors.Join(errors.New("one"), errors.New("two")), "none", error(nil))
	text, err := os.ReadFile(path)
	if err != nil || !strings.HasSuffix(string(text), ` error="one\ntwo" none=<nil>`+"\n") {
		t.Errorf("wrote %q (%v), want one line that has both errors", text, err)
	}
}

func TestListOfErrors(t *testing.T) {
	site, records := newFileSite(t, logging.Config{})
	site.GetLogger("").Error("failed", "errors", []error{errors.New("one"), nil, &silentError{"two", errors.New("three")}})
	if got := fmt.Sprint(records()[0]["errors"]); got != "[one <nil> two: three]" {
		t.Errorf("wrote %s", got)
	}
}
