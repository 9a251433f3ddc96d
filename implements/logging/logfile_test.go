package logging_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/logging"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// openSite makes a Site within a synctest bubble, where t.Context and
// t.Cleanup are the bubble's.
func openSite(t *testing.T, path string) (*logging.Site, interfaces.ILogger) {
	t.Helper()
	site := newSite(t, logging.Config{Format: "json", Output: path})
	return site, site.GetLogger("app")
}

func TestFileThatCannotBeOpenedYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stderr := captureStderr(t)
		dir := filepath.Join(t.TempDir(), "missing")
		path := filepath.Join(dir, "app.log")
		site, logger := openSite(t, path)
		logger.Info("one")
		logger.Info("two")
		if got := stderr(); strings.Count(got, "cannot write the log file") != 1 || !strings.Contains(got, "no such file or directory") ||
			!strings.Contains(got, `"msg":"one"`) || !strings.Contains(got, `"msg":"two"`) {
			t.Errorf("stderr has:\n%swant one notice and both records", got)
		}
		if err := site.CheckHealth(t.Context()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("CheckHealth: %v, want that the file cannot be opened", err)
		}

		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		logger.Info("three")
		if err := site.CheckHealth(t.Context()); err != nil {
			t.Errorf("CheckHealth after the folder was made: %v", err)
		}
		if got := readRecords(t, path); len(got) != 1 || got[0]["msg"] != "three" {
			t.Errorf("the file has %v, want the third record", got)
		}
		if got := stderr(); !strings.Contains(got, `"msg":"the log file can be written again"`) || !strings.Contains(got, `"records_on_stderr":2`) {
			t.Errorf("stderr has:\n%swant that the file can be written again, after 2 records", got)
		}
	})
}

func TestFileThatCannotBeOpenedIsLeftAloneForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureStderr(t)
		dir := filepath.Join(t.TempDir(), "missing")
		_, logger := openSite(t, filepath.Join(dir, "app.log"))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(900 * time.Millisecond)
		logger.Info("too early")
		if _, err := os.Stat(filepath.Join(dir, "app.log")); err == nil {
			t.Error("the file was tried again within a second")
		}
	})
}

func TestHealthOpensTheFile(t *testing.T) {
	captureStderr(t)
	dir := filepath.Join(t.TempDir(), "missing")
	site, _ := openSite(t, filepath.Join(dir, "app.log"))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := site.CheckHealth(t.Context()); err != nil {
		t.Errorf("CheckHealth: %v; the file can be opened now", err)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(path string) error
		want string
	}{
		{"a directory", func(path string) error { return os.Mkdir(path, 0o700) }, "is a directory"},
		{"a file that may not be written", func(path string) error {
			if os.Geteuid() == 0 {
				return os.Symlink("/proc/version", path)
			}
			return os.WriteFile(path, nil, 0o400)
		}, "permission denied"},
		{"a link to itself", func(path string) error { return os.Symlink(path, path) }, "too many levels of symbolic links"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if runtime.GOOS != "linux" {
				t.Skip("the messages are those of Linux")
			}
			stderr := captureStderr(t)
			path := filepath.Join(t.TempDir(), "app.log")
			if err := test.make(path); err != nil {
				t.Fatal(err)
			}
			site, logger := openSite(t, path)
			logger.Info("hello")
			if got := stderr(); !strings.Contains(got, `"msg":"hello"`) {
				t.Errorf("stderr has:\n%s", got)
			}
			if err := site.CheckHealth(t.Context()); err == nil {
				t.Error("CheckHealth: healthy")
			} else if !strings.Contains(err.Error(), test.want) && !strings.Contains(err.Error(), "input/output error") {
				t.Errorf("CheckHealth: %v, want %s", err, test.want)
			}
		})
	}
}

// /dev/full refuses every write as a disk does that is full.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full here")
	}
	synctest.Test(t, func(t *testing.T) {
		stderr := captureStderr(t)
		dir := t.TempDir()
		path, disk := filepath.Join(dir, "app.log"), filepath.Join(dir, "disk")
		if err := os.Symlink("/dev/full", path); err != nil {
			t.Fatal(err)
		}
		site, logger := openSite(t, path)
		for i := range 100 {
			logger.Info("lost", "i", i)
			time.Sleep(100 * time.Millisecond)
		}
		got := stderr()
		if strings.Count(got, "cannot write the log file") != 1 || strings.Count(got, `"msg":"lost"`) != 100 {
			t.Errorf("stderr has %d notices and %d records, want 1 and 100:\n%s", strings.Count(got, "cannot write"), strings.Count(got, "lost"), got)
		}
		if err := site.CheckHealth(t.Context()); err == nil || !strings.Contains(err.Error(), "no space left on device") {
			t.Errorf("CheckHealth: %v, want that there is no space", err)
		}

		// The disk has room again: here, another one stands in its place.
		if err := errors.Join(os.Remove(path), os.Symlink(disk, path), site.Reopen()); err != nil {
			t.Fatal(err)
		}
		logger.Info("kept")
		if err := site.CheckHealth(t.Context()); err != nil {
			t.Error(err)
		}
		if got := readRecords(t, path); len(got) != 1 || got[0]["msg"] != "kept" {
			t.Errorf("the file has %v", got)
		}
		if got := stderr(); !strings.Contains(got, "can be written again") {
			t.Errorf("stderr does not say that the file can be written again:\n%s", got)
		}
	})
}

func TestReopen(t *testing.T) {
	stderr := captureStderr(t)
	path := filepath.Join(t.TempDir(), "app.log")
	site, logger := openSite(t, path)
	logger.Info("one")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	logger.Info("two")
	if err := site.Reopen(); err != nil {
		t.Fatal(err)
	}
	logger.Info("three")
	if got := fmt.Sprint(messages(t, path+".1"), messages(t, path)); got != "[one two] [three]" {
		t.Errorf("the files have %s, want [one two] [three]", got)
	}

	// Where the name cannot be opened, the file that is open is kept.
	if err := errors.Join(os.Rename(path, path+".2"), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := site.Reopen(); err == nil {
		t.Error("Reopen of a directory: no error")
	}
	logger.Info("four")
	if got := fmt.Sprint(messages(t, path+".2")); got != "[three four]" {
		t.Errorf("the kept file has %s, want [three four]", got)
	}
	if got := stderr(); strings.Count(got, "the one that is open is kept") != 1 || strings.Contains(got, `"msg":"four"`) {
		t.Errorf("stderr has:\n%s", got)
	}
}

func messages(t *testing.T, path string) []any {
	t.Helper()
	var all []any
	for _, record := range readRecords(t, path) {
		all = append(all, record["msg"])
	}
	return all
}

func TestFileIsAppendedTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	for _, msg := range []string{"one", "two"} {
		site, logger := openSite(t, path)
		logger.Info(msg)
		if err := site.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(messages(t, path)); got != "[one two]" {
		t.Errorf("the file has %s", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("the file has mode %v (%v): everybody may read it", info.Mode(), err)
	}
}

func TestAfterClose(t *testing.T) {
	stderr := captureStderr(t)
	path := filepath.Join(t.TempDir(), "app.log")
	site, logger := openSite(t, path)
	logger.Info("before")
	for range 2 {
		if err := site.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	logger.Info("after")
	site.GetLogger("new").Info("later")
	if got := fmt.Sprint(messages(t, path)); got != "[before]" {
		t.Errorf("the file has %s", got)
	}
	if got := stderr(); !strings.Contains(got, `"msg":"after"`) || !strings.Contains(got, `"msg":"later"`) {
		t.Errorf("stderr has:\n%swant the records from after Close", got)
	}
	if err := site.Reopen(); !errors.Is(err, interfaces.ErrClosed) {
		t.Errorf("Reopen after Close: %v", err)
	}
	if err := site.CheckHealth(t.Context()); !errors.Is(err, interfaces.ErrClosed) {
		t.Errorf("CheckHealth after Close: %v", err)
	}
}
