package logging_test

import (
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A disk that runs full in the midst of a record keeps its beginning. The
// limit of a file's size does the same.
func TestTornRecord(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	restore := func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		stderr := captureStderr(t)
		path := filepath.Join(t.TempDir(), "app.log")
		const filled = 1 << 20
		if err := os.WriteFile(path, []byte(strings.Repeat("\n", filled)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, logger := openSite(t, path)
		limit := before
		limit.Cur = filled + 20
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
		logger.Info("torn")
		restore()
		time.Sleep(2 * time.Second)
		logger.Info("whole")
		logger.Info("next")

		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.Trim(string(text), "\n"), "\n")
		if len(lines) != 3 || len(lines[0]) != 20 || !strings.HasPrefix(lines[1], `{"time"`) || !strings.Contains(lines[1], `"whole"`) {
			t.Errorf("the file has the lines %q, want 20 bytes of a record and two whole ones", lines)
		}
		if got := stderr(); !strings.Contains(got, `"msg":"torn"`) {
			t.Errorf("stderr has:\n%swant the record that was torn", got)
		}
	})
}
