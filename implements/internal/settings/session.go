package settings

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// Session is an interfaces.IConfigSession. It is safe for concurrent use.
type Session struct {
	name string

	mu      sync.RWMutex
	entries []Entry // sorted by key
	own     bool    // entries is this object's own and may be changed
}

var (
	_ interfaces.IConfigSession = (*Session)(nil)
	_ interfaces.ConfigLocator  = (*Session)(nil)
)

// NewSession returns a session that has the entries, of those of one key the
// first. What it is given must not be used any more.
func NewSession(name string, entries []Entry) *Session {
	s := stored{entries: entries}
	return &Session{name: name, entries: s.ordered()}
}

// ListKeys returns the keys that have a value, sorted.
func (s *Session) ListKeys() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	keys := make([]string, len(s.entries))
	for i, entry := range s.entries {
		keys[i] = entry.Key
	}
	return keys
}

// GetValue returns the value of key as it was written.
func (s *Session) GetValue(key string) (string, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if i, ok := s.find(key); ok {
		return s.entries[i].Text, true
	}
	return "", false
}

// SetValue gives key a value in this object.
func (s *Session) SetValue(key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.become()
	i, ok := s.find(key)
	if !ok {
		s.entries = slices.Insert(s.entries, i, Entry{})
	}
	s.entries[i] = Entry{Key: key, Text: value}
}

// DeleteValue takes key out of this object.
func (s *Session) DeleteValue(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.find(key)
	if ok {
		s.become()
		s.entries = slices.Delete(s.entries, i, i+1)
	}
	return ok
}

// Locate returns the session's name and where the value of key was written.
func (s *Session) Locate(key string) (session, origin string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if i, ok := s.find(key); ok {
		origin = s.entries[i].Place()
	}
	return s.name, origin
}

func (s *Session) find(key string) (int, bool) {
	return slices.BinarySearchFunc(s.entries, key, func(e Entry, key string) int { return cmp.Compare(e.Key, key) })
}

// become makes the entries this object's own. Most sessions are only read, and
// then they share those of the file.
func (s *Session) become() {
	if !s.own {
		s.entries, s.own = slices.Clone(s.entries), true
	}
}

// Format writes the name of the session, whatever the verb: one of its values
// may be a password.
func (s *Session) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "session %q", s.name) }
