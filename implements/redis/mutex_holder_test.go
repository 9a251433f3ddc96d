package redis_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// holderEnv has TestMutexHolderProcess hold a mutex of the server that it
// names, for as long as the time that follows.
const holderEnv = "FIVCGLUE_TEST_MUTEX_HOLDER"

// TestMutexHolderProcess is not a test but what another test runs.
func TestMutexHolderProcess(t *testing.T) {
	addr := os.Getenv(holderEnv)
	if addr == "" {
		t.Skip("it is the holder of TestMutexHolderFrozen, which starts it")
	}
	lease := tryAcquire(t, getMutex(t, newMutexSite(t, addr), "m"), time.Second)
	fmt.Println("HOLDS", lease.Fence())
	in := bufio.NewScanner(os.Stdin)
	in.Scan() // it is frozen meanwhile

	// The very first look has to tell.
	err := lease.Context().Err()
	fmt.Println("CONTEXT", err)
	fmt.Println("RELEASE", errors.Is(lease.Release(t.Context()), interfaces.ErrLost))
}

func TestMutexHolderFrozen(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{})
	mutex := getMutex(t, newMutexSite(t, server.Addr()), "m")
	holder := exec.Command(os.Args[0], "-test.run=^TestMutexHolderProcess$")
	holder.Env = append(os.Environ(), holderEnv+"="+server.Addr())

	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}

	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}

	defer func() {
		_ = holder.Process.Kill() // it has ended, unless the test failed
		_ = holder.Wait()
	}()

	lines := bufio.NewScanner(out)
	says := func(word string) string {
		for lines.Scan() {
			if rest, found := strings.CutPrefix(lines.Text(), word+" "); found {
				return rest
			}
		}
		t.Fatalf("the holder said no %s", word)
		return ""
	}

	fence, err := strconv.ParseInt(says("HOLDS"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}

	lease, err := mutex.Acquire(t.Context(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if lease.Fence() <= fence {
		t.Errorf("fence %d after the frozen holder's %d", lease.Fence(), fence)
	}

	// The line is there before the holder goes on.
	if _, err := in.Write([]byte("go\n")); err != nil {
		t.Fatal(err)
	}
	if err := holder.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if got := says("CONTEXT"); got != context.Canceled.Error() {
		t.Errorf("the context of the holder that was frozen says %s, want %v", got, context.Canceled)
	}
	if got := says("RELEASE"); got != "true" {
		t.Error("the Release of the holder that was frozen is not ErrLost")
	}
	if err := lease.Extend(t.Context(), time.Minute); err != nil {
		t.Errorf("after the Release of the holder that was frozen: %v", err)
	}
	release(t, lease)
}
