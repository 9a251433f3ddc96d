package component

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Registry is the table of the interfaces and classes that a builder may use,
// by their canonical names and their aliases. It is safe for concurrent use.
// Make one with NewRegistry; the classes of one registry are unknown to others.
type Registry struct {
	mu         sync.RWMutex
	interfaces map[string]*InterfaceInfo // by name and by alias
	classes    map[string]*ClassInfo     // by name and by alias
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry {
	return &Registry{interfaces: map[string]*InterfaceInfo{}, classes: map[string]*ClassInfo{}}
}

var defaultRegistry = NewRegistry()

// DefaultRegistry returns the registry that builders use when they are given
// no other. Importing package implements puts the built-in classes in it.
func DefaultRegistry() *Registry { return defaultRegistry }

// InterfaceInfo describes a registered interface. It must not be changed.
type InterfaceInfo struct {
	Name    string       // canonical, "interfaces.ICache"
	Aliases []string     // other names that mean the same
	Type    reflect.Type // the interface type

	newSlot func(entry Entry) holder
}

// RegisterInterface has name, and each of aliases, mean the interface type T.
// It returns ErrUnsuitable if r is nil, T is not an interface type or a name is
// empty, and ErrDuplicate if a name or T itself is registered already.
func RegisterInterface[T any](r *Registry, name string, aliases ...string) error {
	if r == nil {
		return fmt.Errorf("interface %q: %w: the registry is nil", name, ErrUnsuitable)
	}
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Interface {
		return fmt.Errorf("interface %q: %w: %v is not an interface type", name, ErrUnsuitable, t)
	}
	info := &InterfaceInfo{Name: name, Aliases: slices.Clone(aliases), Type: t, newSlot: func(entry Entry) holder {
		return &slot[T]{entry: entry}
	}}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, other := range r.interfaces {
		if other.Type == t {
			return fmt.Errorf("interface %q: %w: its type is registered as %q", name, ErrDuplicate, other.Name)
		}
	}
	return enroll(r.interfaces, "interface", name, aliases, info)
}

// enroll puts what under name and aliases, or under none of them.
func enroll[V any](table map[string]V, kind, name string, aliases []string, what V) error {
	names := append([]string{name}, aliases...)
	for i, n := range names {
		if n == "" {
			return fmt.Errorf("%s %q: %w: a name is empty", kind, name, ErrUnsuitable)
		}
		if _, found := table[n]; found || slices.Contains(names[:i], n) {
			return fmt.Errorf("%s %q: %w: the name %q", kind, name, ErrDuplicate, n)
		}
	}
	for _, n := range names {
		table[n] = what
	}
	return nil
}

// Interface returns the interface of that name or alias.
func (r *Registry) Interface(name string) (*InterfaceInfo, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	info, ok := r.interfaces[name]
	return info, ok
}

// Interfaces returns the registered interfaces, sorted by name.
func (r *Registry) Interfaces() []*InterfaceInfo {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return distinct(maps.Values(r.interfaces), func(i *InterfaceInfo) string { return i.Name })
}

// Class returns the class of that name or alias.
func (r *Registry) Class(name string) (*ClassInfo, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	info, ok := r.classes[name]
	return info, ok
}

// Classes returns the registered classes, sorted by name.
func (r *Registry) Classes() []*ClassInfo {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return distinct(maps.Values(r.classes), func(c *ClassInfo) string { return c.Name })
}

func distinct[V comparable](values func(func(V) bool), name func(V) string) []V {
	sorted := slices.SortedFunc(values, func(a, b V) int { return strings.Compare(name(a), name(b)) })
	return slices.Compact(sorted)
}
