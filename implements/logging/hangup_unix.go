//go:build unix

package logging

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// nonBlocking has a pipe that nobody reads refuse to be opened.
const nonBlocking = syscall.O_NONBLOCK

// onHangup calls f at each SIGHUP until stop is called. stop returns when no
// call of f is under way.
func onHangup(f func()) (stop func()) {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGHUP)
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			select {
			case <-signals:
				f()
			case <-done:
				return
			}
		}
	})
	return func() {
		signal.Stop(signals)
		close(done)
		wait.Wait()
	}
}
