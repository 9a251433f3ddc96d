package redistest_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// childEnv tells the test binary that it is the process to be killed.
const childEnv = "FIVCGLUE_REDISTEST_CHILD"

func TestServerEndsWithAProcessThatIsKilled(t *testing.T) {
	if os.Getenv(childEnv) != "" {
		server := redistest.New(t, redistest.Options{})
		fmt.Println("addr", server.Addr())
		select {} // until it is killed
	}
	redistest.Binary(t)
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), childEnv+"=1", "TMPDIR="+t.TempDir())

	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}

	addr := ""
	for lines := bufio.NewScanner(output); addr == "" && lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "addr "); ok {
			addr = text
		}
	}
	if err := errors.Join(child.Process.Kill(), ignoreKilled(child.Wait())); err != nil {
		t.Error(err)
	}
	if addr == "" {
		t.Fatal("the child did not start a server")
	}

	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}

		if time.Now().After(deadline) {
			_, _ = conn.Write([]byte("SHUTDOWN NOSAVE\r\n"))
			t.Fatal("redis-server outlived the process that started it")
		}
		conn.Close()
	}
}

// ignoreKilled returns err unless it is that the process was killed.
func ignoreKilled(err error) error {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil
	}
	return err
}
