// Mutex shows a resource that is safe even from a holder of a mutex that does
// not know yet that its lease is over: it refuses fences that are smaller than
// one that it has seen. Start it beside a redis-server.
package main

import (
	_ "github.com/fivcglue/fivcglue-go/implements" // the built-in classes

	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

func main() {
	ctx := context.Background()
	site, err := builder.LoadComponentSite("config.yml")
	if err != nil {
		log.Fatal(err)
	}
	defer site.Close(ctx)
	mutexes, err := component.Get[interfaces.IMutexSite](site, "")
	if err != nil {
		log.Fatal(err)
	}
	if err := run(ctx, mutexes, os.Stdout); err != nil {
		log.Print(err)
	}
}

// run has two clerks write to one ledger. The first one falls asleep while it
// holds the mutex, for longer than its lease lasts, and writes nevertheless.
func run(ctx context.Context, mutexes interfaces.IMutexSite, out io.Writer) error {
	mutex, err := mutexes.GetMutex("ledger")
	if err != nil {
		return err
	}
	ledger := &Ledger{}

	// The usual way: the mutex is held while the function runs, and its
	// context ends should the lease be lost.
	err = interfaces.WithLock(ctx, mutex, 10*time.Second, func(ctx context.Context) error {
		fence, _ := interfaces.FenceFrom(ctx)
		return ledger.Write(fence, "opened")
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "a first clerk wrote")

	sleeper, err := mutex.Acquire(ctx, time.Second)
	if err != nil {
		return err
	}

	// What a process that stands still looks like to all others: its lease ends,
	// which may be as soon as now.
	err = sleeper.Extend(ctx, 10*time.Millisecond)
	if err == nil {
		err = outlive(sleeper)
	}
	if err != nil && !errors.Is(err, interfaces.ErrLost) {
		return err
	}

	err = interfaces.WithLock(ctx, mutex, 10*time.Second, func(ctx context.Context) error {
		fence, _ := interfaces.FenceFrom(ctx)
		return ledger.Write(fence, "sold a horse")
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "a second clerk wrote while the first one slept")

	// It wakes up and does not look at its context.
	if err := ledger.Write(sleeper.Fence(), "bought a cow"); !errors.Is(err, ErrStale) {
		return fmt.Errorf("the ledger took it: %w", err)
	}
	fmt.Fprintln(out, "the ledger refused the first one, whose fence is smaller than one it has seen")
	fmt.Fprintln(out, "the ledger:", ledger.Lines())
	return nil
}

// outlive ends a lease. With auto_extend it would go on as long as this process
// does, so it is released in place of the process being frozen.
func outlive(lease interfaces.ILease) error {
	select {
	case <-lease.Context().Done():
		return nil
	case <-time.After(50 * time.Millisecond):
		return lease.Release(context.Background())
	}
}

// ErrStale says that a writer's lease is over.
var ErrStale = errors.New("a later holder has written already")

// Ledger is the guarded resource. A database does the same with a column:
//
//	UPDATE ledger SET text = $1, fence = $2 WHERE fence <= $2
//
// and a look at the number of rows.
type Ledger struct {
	mu    sync.Mutex
	fence int64 // the largest that was seen
	lines []string
}

// Write adds a line, unless the fence is smaller than one that was seen.
func (l *Ledger) Write(fence int64, line string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if fence < l.fence {
		return ErrStale
	}
	l.fence = fence
	l.lines = append(l.lines, line)
	return nil
}

// Lines returns what was written.
func (l *Ledger) Lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines
}
