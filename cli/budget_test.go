//go:build !race

package cli_test

import (
	"os/exec"
	"testing"
	"time"
)

// A check is run by hooks and editors, at each turn. What it costs is measured
// from start to end of a process; the least of several runs is that of a
// machine with nothing else to do.
func TestCheckIsCheap(t *testing.T) {
	if testing.CoverMode() != "" {
		t.Skip("counting what is covered costs time, too")
	}
	const budget = 15 * time.Millisecond
	least := time.Hour
	for range 20 {
		check := exec.CommandContext(t.Context(), "fivcglue", "check", "../configs/basics.yml") // this binary: see TestMain
		if out, err := check.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		least = min(least, check.ProcessState.UserTime()+check.ProcessState.SystemTime())
		if least <= budget {
			break
		}
	}
	if least > budget {
		t.Errorf("a check takes %v of CPU, and %v is the most", least, budget)
	}
	t.Logf("a check takes %v of CPU", least)
}
