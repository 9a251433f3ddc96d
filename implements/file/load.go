package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/fivcglue/fivcglue-go/implements/internal/settings"
	"github.com/fivcglue/fivcglue-go/internal/document"
)

// load reads the file that config names.
func load(config Config, format string, from origin) (*settings.Settings, error) {
	path, variable := config.path(from)
	data, err := read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !config.Required:
		return settings.New(nil), nil
	case err != nil:
		return nil, &Error{File: path, Variable: variable, Message: "the file cannot be read: " + document.Reason(err), Err: err}
	}
	return parse(path, format, data)
}

// read returns what a file holds, of one that is too large a byte more than it
// may.
func read(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the path is the configuration's
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var text bytes.Buffer
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		text.Grow(int(min(info.Size(), document.MaxSize)) + bytes.MinRead)
	}
	_, err = text.ReadFrom(io.LimitReader(file, document.MaxSize+1))
	return text.Bytes(), err
}

// parse makes settings of what a file holds.
func parse(path, format string, data []byte) (*settings.Settings, error) {
	problems := problems{file: path}
	root := document.Read(path, format, data, problems.report).Root
	if problems.errs == nil {
		f := flattener{file: path, problems: &problems}
		sessions := f.sessions(root)
		if problems.errs == nil {
			return settings.New(sessions), nil
		}
	}
	return nil, problems.join()
}

// Error is a problem of a settings file and its place.
type Error struct {
	File         string
	Line, Column int    // counted from 1; 0 if the problem is the whole file's, or the place in the line is not known
	Variable     string // the environment variable that named the file, if one did and that matters
	Message      string
	Err          error // of the operating system, if it is one; for errors.Is
}

// Error returns the problem as compilers do: settings.yml:3:1: what is wrong.
func (e *Error) Error() string {
	switch {
	case e.Variable != "":
		return fmt.Sprintf("%s: %s; the environment variable %s names it", e.File, e.Message, e.Variable)
	case e.Line == 0:
		return fmt.Sprintf("%s: %s", e.File, e.Message)
	case e.Column == 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// maxProblems bounds how many problems of one file are told.
const maxProblems = 20

// problems collects what is wrong with a file.
type problems struct {
	file string
	errs []error
	more int
}

func (p *problems) report(at document.Place, message, suggestion string) {
	if len(p.errs) == maxProblems {
		p.more++
		return
	}
	if suggestion != "" {
		message = fmt.Sprintf("%s; did you mean %q?", message, suggestion)
	}
	p.errs = append(p.errs, &Error{File: p.file, Line: at.Line, Column: at.Column, Message: document.WithoutCredentials(message)})
}

func (p *problems) join() error {
	if p.more > 0 {
		p.errs = append(p.errs, &Error{File: p.file, Message: fmt.Sprintf("%d more problems", p.more)})
	}
	return errors.Join(p.errs...)
}
