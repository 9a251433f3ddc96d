// Package settings is what the built-in configurations have in common: values
// by session and key, each with the place where it was written.
package settings

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// Entry is a key, its value as it was written, and where.
type Entry struct {
	Key, Text    string
	Source       string // a file's name, or what else the value comes from; "" if that is not known
	Line, Column int32  // of the value; 0 if the source has none
}

// Place returns where the value was written, as compilers write it.
func (e Entry) Place() string {
	switch {
	case e.Line == 0:
		return e.Source
	case e.Column == 0:
		return fmt.Sprintf("%s:%d", e.Source, e.Line)
	}
	return fmt.Sprintf("%s:%d:%d", e.Source, e.Line, e.Column)
}

// Settings is an interfaces.IConfig. It is safe for concurrent use.
type Settings struct {
	sessions map[string]*stored
}

var _ interfaces.IConfig = (*Settings)(nil)

// stored is a session as it was read. Most programs ask for few of the
// sessions that there are, so entries are put in order when they are asked for.
type stored struct {
	order   sync.Once
	entries []Entry
}

// New returns settings that have the entries of sessions. Of entries of one key
// it keeps the first, see Repeated. What it is given must not be used any more.
func New(sessions map[string][]Entry) *Settings {
	s := &Settings{make(map[string]*stored, len(sessions))}
	all := make([]stored, len(sessions))
	for name, entries := range sessions {
		all[0].entries = entries
		s.sessions[name], all = &all[0], all[1:]
	}
	return s
}

// ordered returns the entries by key, each key once.
func (s *stored) ordered() []Entry {
	s.order.Do(func() {
		slices.SortStableFunc(s.entries, byKey)
		s.entries = slices.CompactFunc(s.entries, func(a, b Entry) bool { return a.Key == b.Key })
	})
	return s.entries
}

// Repeated yields the entries whose key an earlier one has too, each after
// that. It sorts the entries by key, those of one key in the order in which
// they stood.
func Repeated(entries []Entry) iter.Seq2[Entry, Entry] {
	return func(yield func(first, again Entry) bool) {
		slices.SortStableFunc(entries, byKey)
		first := 0
		for i := 1; i < len(entries); i++ {
			if entries[i].Key != entries[first].Key {
				first = i
			} else if !yield(entries[first], entries[i]) {
				return
			}
		}
	}
}

func byKey(a, b Entry) int { return cmp.Compare(a.Key, b.Key) }

// GetSession returns an object of its own with the values of a session.
func (s *Settings) GetSession(name string) interfaces.IConfigSession {
	if stored, ok := s.sessions[name]; ok {
		return &Session{name: name, entries: stored.ordered()}
	}
	return &Session{name: name}
}

// ListSessions returns the names of the sessions, sorted.
func (s *Settings) ListSessions() []string { return slices.Sorted(maps.Keys(s.sessions)) }
