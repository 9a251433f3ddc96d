package interfacestest_test

import (
	"maps"
	"slices"
	"sync"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// tinyConfig is the least configuration that keeps the contract.
type tinyConfig map[string]map[string]string

func (c tinyConfig) GetSession(name string) interfaces.IConfigSession {
	return &tinySession{values: maps.Clone(c[name])}
}

func (c tinyConfig) ListSessions() []string { return slices.Sorted(maps.Keys(c)) }

type tinySession struct{ values map[string]string }

func (s *tinySession) ListKeys() []string { return slices.Sorted(maps.Keys(s.values)) }

func (s *tinySession) GetValue(key string) (string, bool) {
	value, ok := s.values[key]
	return value, ok
}

func (s *tinySession) SetValue(key, value string) {
	if s.values == nil {
		s.values = map[string]string{}
	}
	s.values[key] = value
}

func (s *tinySession) DeleteValue(key string) bool {
	_, ok := s.values[key]
	delete(s.values, key)
	return ok
}

// lockedSession is a session that several goroutines may use at once.
type lockedSession struct {
	mu      sync.Mutex
	session tinySession
}

func (s *lockedSession) ListKeys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session.ListKeys()
}

func (s *lockedSession) GetValue(key string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session.GetValue(key)
}

func (s *lockedSession) SetValue(key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session.SetValue(key, value)
}

func (s *lockedSession) DeleteValue(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session.DeleteValue(key)
}
