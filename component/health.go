package component

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// HealthChecker is implemented by components that can tell whether they could
// do their work now. A nil error means healthy.
type HealthChecker interface {
	CheckHealth(ctx context.Context) error
}

// Health is what one component said of itself.
type Health struct {
	Component string        // its class, or its type if it was registered by hand
	Entries   []Entry       // under which it is found
	Err       error         // nil: healthy
	Took      time.Duration // until it answered or its time was over
}

// HealthTimeout is how long one component may take to tell its health.
const HealthTimeout = 5 * time.Second

// CheckHealth asks all components that are HealthCheckers side by side, each
// for at most HealthTimeout, and returns what they said in the order in which
// they were built or registered. After Close each of them gets ErrClosed.
func (s *Site) CheckHealth(ctx context.Context) []Health {
	if s == nil {
		return nil
	}
	s.state.mu.Lock()
	members, closed := slices.Clone(s.state.members), s.state.closed
	s.state.mu.Unlock()
	members = slices.DeleteFunc(members, func(m *member) bool {
		_, ok := m.component.(HealthChecker)
		return !ok
	})
	report := make([]Health, len(members))
	var asked sync.WaitGroup
	for i, m := range members {
		report[i] = Health{Component: m.class, Entries: slices.Clone(m.entries)}
		if m.class == "" {
			report[i].Component = fmt.Sprintf("%T", m.component)
		}
		if closed {
			report[i].Err = ErrClosed
			continue
		}
		asked.Go(func() {
			began := time.Now()
			report[i].Err = checkOne(ctx, m.component.(HealthChecker))
			report[i].Took = time.Since(began)
		})
	}
	asked.Wait()
	return report
}

// checkOne does not wait for one that ignores its context.
func checkOne(ctx context.Context, checker HealthChecker) error {
	ctx, cancel := context.WithTimeout(ctx, HealthTimeout)
	defer cancel()
	done := inBackground("CheckHealth", func() error { return checker.CheckHealth(ctx) })
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done: // it ended with its context and may know more
		return err
	default:
		return fmt.Errorf("no answer in time: %w", context.Cause(ctx))
	}
}
