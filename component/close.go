package component

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Closer is implemented by components that hold something to give back. An
// io.Closer counts too. Close is called once, after everything that was built
// later is closed, and should return soon after ctx has ended.
type Closer interface {
	Close(ctx context.Context) error
}

// closeGrace is how long a Close that goes on after its context has ended is
// waited for.
const closeGrace = 100 * time.Millisecond

// Close closes the components that the site has built, in reverse order, and
// goes on after an error; it returns the errors joined. What was registered by
// hand belongs to whoever made it and is not closed. Lookups give ErrClosed
// from the beginning of Close on; references go on to give what they gave.
//
// A component that does not return soon after ctx has ended is left behind,
// with an error. Close works once: later calls wait for the first, or for
// their own ctx, and return what it returned.
func (s *Site) Close(ctx context.Context) error {
	if s == nil {
		return nil
	}
	st := s.state
	if s.building() {
		return fmt.Errorf("close: %w: the site is being built", ErrUnsuitable)
	}
	st.mu.Lock()
	first := !st.closed
	st.closed = true // a Build that is under way fails now, and undoes itself
	members := slices.Clone(st.members)
	st.root.table.Store(emptyTable)
	st.mu.Unlock()
	if first {
		st.closeErr = closeMembers(ctx, members)
		close(st.closeDone)
		return st.closeErr
	}
	select {
	case <-st.closeDone:
		return st.closeErr
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// closeMembers closes those that the site owns, the last first.
func closeMembers(ctx context.Context, members []*member) error {
	var problems []error
	for _, m := range slices.Backward(members) {
		if !m.owned {
			continue
		}
		if err := closeOne(ctx, m.component); err != nil {
			problems = append(problems, fmt.Errorf("close %s: %w", m, err))
		}
	}
	return errors.Join(problems...)
}

func closeOne(ctx context.Context, component any) error {
	var call func() error
	switch c := component.(type) {
	case Closer:
		call = func() error { return c.Close(ctx) }
	case io.Closer:
		call = c.Close
	default:
		return nil
	}
	done := inBackground("Close", call)
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	select {
	case err := <-done:
		return err
	case <-grace.C:
		return fmt.Errorf("it did not end in time: %w", context.Cause(ctx))
	}
}

func (m *member) String() string {
	label := m.class
	if label == "" {
		label = fmt.Sprintf("%T", m.component)
	}
	for _, entry := range m.entries {
		if entry.Name != "" {
			return fmt.Sprintf("%s %q", label, entry.Name)
		}
	}
	return label
}
