package redistest

import (
	"os/exec"
	"syscall"
)

// endWithParent has the system kill the child when this process ends, even if
// it is killed and no cleanup of a test runs.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
