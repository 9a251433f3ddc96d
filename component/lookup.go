package component

import (
	"fmt"
	"iter"
	"reflect"
)

// Get returns the component that the entry of interface T and that name has
// now. If there is no such entry, the error is a *LookupError.
func Get[T any](s *Site, name string) (T, error) {
	if s != nil {
		if found := find[T](s.table.Load(), name); found != nil {
			return *found.now.Load(), nil
		}
	}
	found, err := lookup[T](s, name)
	if err != nil {
		var none T
		return none, err
	}
	return *found.now.Load(), nil
}

// Query is Get for a component that need not be there.
func Query[T any](s *Site, name string) (T, bool) {
	found, err := search[T](s, name)
	if err != nil || found == nil {
		var none T
		return none, false
	}
	return *found.now.Load(), true
}

// All yields the names and components of all entries of interface T, sorted by
// name, as they are when the loop begins. In a class's New these are those
// that there will be, each built before it is yielded, but for the entries of
// the component that New is making.
func All[T any](s *Site) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		if s == nil {
			return
		}
		for _, name := range s.names(reflect.TypeFor[T]()) {
			if c, ok := Query[T](s, name); ok && !yield(name, c) {
				return
			}
		}
	}
}

// Register puts c into a new entry. It returns ErrDuplicate if the entry is
// there already, ErrUnsuitable if s or c is nil or T is not an interface type,
// and ErrClosed after Close. The site does not close c: it belongs to the caller.
//
// Each call costs time in proportion to the entries there are.
func Register[T any](s *Site, name string, c T) error {
	typ := reflect.TypeFor[T]()
	if err := suitable(typ, c); err != nil {
		return fmt.Errorf("register %v %q: %w", typ, name, err)
	}
	if s == nil {
		return fmt.Errorf("register %v %q: %w: the site is nil", typ, name, ErrUnsuitable)
	}
	if s.building() {
		return fmt.Errorf("register %v %q: %w: the site is being built; declare the entry on the item", typ, name, ErrUnsuitable)
	}
	added := &slot[T]{entry: Entry{Interface: typ.String(), Name: name}}
	added.set(c)
	return s.state.add([]holder{added}, &member{component: c, entries: []Entry{added.entry}})
}

// Replace puts c in the place of the component that an entry has, and returns
// that one. Lookups and references give c from then on. It returns a
// *LookupError if there is no such entry, and ErrUnsuitable if c is nil or T is
// not an interface type.
//
// Ownership does not change: the site goes on to own, check and close what it
// has built, and c belongs to the caller.
func Replace[T any](s *Site, name string, c T) (previous T, err error) {
	if err := suitable(reflect.TypeFor[T](), c); err != nil {
		return previous, fmt.Errorf("replace %v %q: %w", reflect.TypeFor[T](), name, err)
	}
	found, err := lookup[T](s, name)
	if err != nil {
		return previous, err
	}
	return *found.now.Swap(&c), nil
}

// Bind returns a reference that follows an entry, or a *LookupError.
func Bind[T any](s *Site, name string) (Ref[T], error) {
	found, err := lookup[T](s, name)
	if err != nil {
		return Ref[T]{}, err
	}
	return Ref[T]{slot: found, name: name, set: true}, nil
}

// lookup is search with an error that says what there is instead.
func lookup[T any](s *Site, name string) (*slot[T], error) {
	found, err := search[T](s, name)
	if err == nil && found == nil {
		err = s.missing(reflect.TypeFor[T](), name)
	}
	return found, err
}

// search returns the slot of an entry, nil if there is none. The error is one
// of building what was searched for.
func search[T any](s *Site, name string) (*slot[T], error) {
	if s == nil {
		return nil, nil
	}
	if found := find[T](s.table.Load(), name); found != nil || s.view == nil {
		return found, nil
	}
	h, err := s.view.lookup(reflect.TypeFor[T](), name, "")
	if err != nil || h == nil {
		return nil, err
	}
	return h.(*slot[T]), nil
}

func suitable(typ reflect.Type, c any) error {
	if typ.Kind() != reflect.Interface {
		return fmt.Errorf("%w: %v is not an interface type", ErrUnsuitable, typ)
	}
	if isNil(c) {
		return fmt.Errorf("%w: the component is nil", ErrUnsuitable)
	}
	return nil
}

func isNil(c any) bool {
	if c == nil {
		return true
	}
	switch v := reflect.ValueOf(c); v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Func, reflect.Chan, reflect.Slice:
		return v.IsNil()
	}
	return false
}

func duplicate(entry Entry) error {
	if entry.Name == "" {
		return fmt.Errorf("%s without a name: %w", entry.Interface, ErrDuplicate)
	}
	return fmt.Errorf("%s %q: %w", entry.Interface, entry.Name, ErrDuplicate)
}
