//go:build unix

package logging_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/logging"
)

func TestHangupReopensTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	site := newSite(t, logging.Config{Format: "json", Output: path, ReopenOnSIGHUP: true})
	logger := site.GetLogger("")
	for i := range 3 {
		logger.Info("old")
		if err := os.Rename(path, fmt.Sprintf("%s.%d", path, i)); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
			if _, err := os.Stat(path); err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("the file was not opened anew")
			}
		}
	}
	logger.Info("new")
	if got := fmt.Sprint(messages(t, path)); got != "[new]" {
		t.Errorf("the file has %s", got)
	}
}

func TestPipeThatNobodyReads(t *testing.T) {
	stderr := captureStderr(t)
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	site, logger := openSite(t, path)
	logger.Info("hello")
	if got := stderr(); !strings.Contains(got, `"msg":"hello"`) {
		t.Errorf("stderr has:\n%s", got)
	}
	reader, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := site.Reopen(); err != nil {
		t.Fatal(err)
	}
	logger.Info("now")
	line := make([]byte, 4096)
	n, err := reader.Read(line)
	if err != nil || !strings.Contains(string(line[:n]), `"msg":"now"`) {
		t.Errorf("the pipe gave %q (%v)", line[:n], err)
	}
}
