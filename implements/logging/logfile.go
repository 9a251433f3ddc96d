package logging

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// retryAfter is how long a file that failed is left alone.
const retryAfter = time.Second

// logFile appends records to a file, each by one write, and gives those that
// it cannot write to another writer. It never returns an error from Write: a
// program cannot do anything about it.
type logFile struct {
	path    string
	instead io.Writer    // takes the records while the file cannot
	notices *slog.Logger // writes to instead; says what became of the file

	mu      sync.Mutex
	file    *os.File  // nil: not open
	failure error     // why the file was not written last; nil if it was
	retry   time.Time // when a file that failed is tried again
	torn    bool      // the file ends in the midst of a record
	missed  int       // how many records went elsewhere since the failure
	closed  bool
}

// openLogFile returns a logFile, also if path cannot be opened now.
func openLogFile(path string, instead io.Writer, notices *slog.Logger) *logFile {
	f := &logFile{path: path, instead: instead, notices: notices}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open()
	return f
}

// Write takes one record.
func (f *logFile) Write(record []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || !f.write(record) {
		f.missed++
		_, _ = f.instead.Write(record)
	}
	return len(record), nil
}

// write reports whether the file took the record.
func (f *logFile) write(record []byte) bool {
	if f.failure != nil && time.Now().Before(f.retry) {
		return false
	}
	if f.file == nil && !f.open() {
		return false
	}
	if f.torn {
		record = append([]byte("\n"), record...)
	}
	n, err := f.file.Write(record)
	if err != nil {
		f.torn = f.torn || n > 0
		f.fail(err)
		return false
	}
	f.torn = false
	f.succeed()
	return true
}

// open opens the file and reports whether it could.
func (f *logFile) open() bool {
	file, err := openAppend(f.path)
	if err != nil {
		f.fail(err)
		return false
	}
	f.file = file
	return true
}

// openAppend opens a file to append to. A pipe that nobody reads is an error
// rather than a wait.
func openAppend(path string) (*os.File, error) {
	flags := os.O_APPEND | os.O_CREATE | os.O_WRONLY
	if info, err := os.Stat(path); err == nil && info.Mode()&fs.ModeNamedPipe != 0 {
		flags |= nonBlocking
	}
	return os.OpenFile(path, flags, 0o640) //nolint:gosec // the path is the configuration's, and its group may read logs
}

// fail notes that the file cannot be used for now, and says so if it could be
// before.
func (f *logFile) fail(err error) {
	first := f.failure == nil
	f.failure = fmt.Errorf("log file: %w", err)
	f.retry = time.Now().Add(retryAfter)
	if first {
		f.missed = 0
		f.notices.Error("cannot write the log file; records go to stderr until it can be written", "file", f.path, "error", err)
	}
}

// succeed notes that the file took a record, and says so if it did not before.
func (f *logFile) succeed() {
	if f.failure == nil {
		return
	}
	f.failure = nil
	f.notices.Info("the log file can be written again", "file", f.path, "records_on_stderr", f.missed)
}

// reopen has the records from now on go to the file that has the name now.
func (f *logFile) reopen() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return fmt.Errorf("open the log file anew: %w", interfaces.ErrClosed)
	}
	file, err := openAppend(f.path)
	if err != nil {
		if f.file == nil {
			f.fail(err)
		} else {
			f.notices.Error("cannot open the log file anew; the one that is open is kept", "file", f.path, "error", err)
		}
		return fmt.Errorf("open the log file anew: %w", err)
	}
	if f.file != nil {
		_ = f.file.Close()
	}
	f.file, f.torn, f.retry = file, false, time.Time{}
	return nil
}

// health returns the failure, if there is one. A file that could not be opened
// is tried again, so that it need not wait for a record.
func (f *logFile) health() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return fmt.Errorf("log file: %w", interfaces.ErrClosed)
	case f.file == nil && f.open():
		f.succeed()
	}
	return f.failure
}

// close closes the file.
func (f *logFile) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	if errors.Is(err, fs.ErrClosed) {
		return nil
	}
	return err
}
