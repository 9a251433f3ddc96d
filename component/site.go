package component

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
)

// Site maps entries to components. It is safe for concurrent use; make one
// with NewSite. A nil Site has no entries and never gets any: Register and
// Build return ErrUnsuitable.
//
// The site that a class's New is given is a view of the one that is being
// built. It may be kept: once the building is over, it is as good as the site.
type Site struct {
	table atomic.Pointer[table] // what lookups read; that of a view is empty
	state *state                // what a site and its views have in common
	view  *view                 // nil but for a view
}

// state is what changes seldom, and under a lock.
type state struct {
	root *Site
	busy chan struct{} // holds a token while the site is built

	mu      sync.Mutex
	members []*member // in the order in which they were built or registered
	items   []Item    // those that were built, in the order given
	shares  map[shareKey]*share
	closed  bool

	closeDone chan struct{} // closed when Close has done its work
	closeErr  error         // written before that
}

// member is a component of the site.
type member struct {
	component any
	class     string // "" for one registered by hand
	entries   []Entry
	owned     bool // built by the site, which closes it
}

// Entry is one place in which a component is found.
type Entry struct {
	Interface string // the config name, or the type's own where none is known
	Name      string // "" is the unnamed entry
	Class     string // canonical, "" where the component was registered by hand
}

// NewSite returns an empty site.
func NewSite() *Site {
	s := &Site{}
	s.state = &state{
		root: s, busy: make(chan struct{}, 1),
		shares: map[shareKey]*share{}, closeDone: make(chan struct{}),
	}
	s.table.Store(emptyTable)
	return s
}

var emptyTable = (&table{}).with()

// Entries returns the entries of the site, sorted by interface and name. After
// Close there are none.
func (s *Site) Entries() []Entry {
	if s == nil {
		return nil
	}
	var entries []Entry
	for h := range s.state.root.table.Load().all {
		entries = append(entries, *h.info())
	}
	slices.SortFunc(entries, compareEntries)
	return entries
}

func compareEntries(a, b Entry) int {
	return cmp.Or(cmp.Compare(a.Interface, b.Interface), cmp.Compare(a.Name, b.Name))
}

// Items returns the items that were built into the site, in the order in
// which they were given, with what each of them uses.
func (s *Site) Items() []Item {
	if s == nil {
		return nil
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return slices.Clone(s.state.items)
}

// add makes entries visible, unless one of them is there already; members are
// those whose entries they are.
func (st *state) add(slots []holder, members ...*member) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return ErrClosed
	}
	t := st.root.table.Load()
	for _, h := range slots {
		if t.findType(h.typ(), h.info().Name) != nil {
			return duplicate(*h.info())
		}
	}
	st.members = append(st.members, members...)
	st.root.table.Store(t.with(slots...))
	return nil
}

// acquire waits for its turn to build.
func (st *state) acquire(ctx context.Context) error {
	select {
	case st.busy <- struct{}{}:
		return nil
	default:
	}
	select {
	case st.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (st *state) release() { <-st.busy }

// missing says what there is instead of an entry.
func (s *Site) missing(typ reflect.Type, name string) error {
	e := &LookupError{Interface: typ.String(), Name: name, Err: ErrNotFound}
	if s == nil {
		return e
	}
	s.state.mu.Lock()
	closed := s.state.closed
	s.state.mu.Unlock()
	if closed {
		e.Err = ErrClosed
		return e
	}
	for h := range s.holders {
		switch entry := h.info(); {
		case h.typ() == typ:
			e.Names = append(e.Names, entry.Name)
		case entry.Name == name:
			e.Elsewhere = append(e.Elsewhere, entry.Interface)
		}
	}
	slices.Sort(e.Names)
	slices.Sort(e.Elsewhere)
	e.Suggestion = nearest(name, e.Names)
	return e
}

// names returns the names of the entries of one interface, sorted.
func (s *Site) names(typ reflect.Type) []string {
	if s.building() {
		return s.view.names(typ)
	}
	var names []string
	for h := range s.holders {
		if h.typ() == typ {
			names = append(names, h.info().Name)
		}
	}
	slices.Sort(names)
	return names
}

// holders yields the slots that a lookup in s may find, those that are yet to
// be built included.
func (s *Site) holders(yield func(holder) bool) {
	for h := range s.state.root.table.Load().all {
		if !yield(h) {
			return
		}
	}
	if s.view == nil || s.view.build.over.Load() {
		return
	}
	for i := range s.view.build.nodes {
		for _, h := range s.view.build.nodes[i].slots {
			if !yield(h) {
				return
			}
		}
	}
}
