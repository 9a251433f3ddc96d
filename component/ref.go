package component

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
)

// Ref is a field of a config that names another entry:
//
//	Cache component.Ref[interfaces.ICache] `mapstructure:"cache" required:"true"`
//
// The site sets it before New is called. It may stand alone, in a slice or as
// the value of a map with string keys, at any depth of structs. The zero Ref
// is not set. A Ref is safe for concurrent use and may be copied.
type Ref[T any] struct {
	slot *slot[T]
	name string
	set  bool
}

// RefTo returns a reference to c itself, for configs made in code.
func RefTo[T any](c T) Ref[T] {
	s := &slot[T]{}
	s.first = c
	s.now.Store(&s.first)
	return Ref[T]{slot: s, set: true}
}

// Get returns the component that the entry has now, or nil if the reference is
// not set.
func (r Ref[T]) Get() T {
	if r.slot == nil {
		var none T
		return none
	}
	return *r.slot.now.Load()
}

// IsSet reports whether the file named an entry. A key that is absent or null
// did not; ” names the unnamed entry.
func (r Ref[T]) IsSet() bool { return r.set }

// Name returns the name of the entry, ” for one made by RefTo.
func (r Ref[T]) Name() string { return r.name }

// MarshalText writes the name of the entry.
func (r Ref[T]) MarshalText() ([]byte, error) { return []byte(r.name), nil }

// UnmarshalText has the reference name an entry. The site binds it when the
// component that has it in its config is built.
func (r *Ref[T]) UnmarshalText(name []byte) error {
	*r = Ref[T]{name: string(name), set: true}
	return nil
}

// RefInfo describes a reference in a config.
type RefInfo struct {
	Path      string       // the key; keys and indexes of nested ones joined with dots
	Interface reflect.Type // what it refers to
	Name      string       // the name of the entry
	Set       bool         // whether it names one
}

// Refs returns the references in a config, which may be given by pointer, in
// the order of its fields; those of maps are sorted by key.
func Refs(config any) []RefInfo {
	var infos []RefInfo
	v := reflect.ValueOf(config)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if !v.IsValid() || v.Kind() == reflect.Pointer {
		return nil
	}
	copied := reflect.New(v.Type()).Elem() // so that every field has an address
	copied.Set(v)
	_ = eachRef(copied, "", func(path string, r anyRef) error {
		info := r.describe()
		info.Path = path
		infos = append(infos, info)
		return nil
	})
	return infos
}

// anyRef is a *Ref of any type.
type anyRef interface {
	describe() RefInfo
	bind(find func(typ reflect.Type, name string) (holder, error)) error
}

func (r *Ref[T]) describe() RefInfo {
	return RefInfo{Interface: reflect.TypeFor[T](), Name: r.name, Set: r.set}
}

// bind leaves references that are bound already, such as those of RefTo.
func (r *Ref[T]) bind(find func(reflect.Type, string) (holder, error)) error {
	if !r.set || r.slot != nil {
		return nil
	}
	h, err := find(reflect.TypeFor[T](), r.name)
	if err != nil {
		return err
	}
	r.slot = h.(*slot[T])
	return nil
}

var anyRefType = reflect.TypeFor[anyRef]()

// eachRef calls visit with the references in v, which has an address, and
// stops at the first error.
func eachRef(v reflect.Value, path string, visit func(path string, r anyRef) error) error {
	if !holdsRef(v.Type(), nil) {
		return nil
	}
	switch {
	case v.Addr().Type().Implements(anyRefType):
		return visit(path, v.Addr().Interface().(anyRef))
	case v.Kind() == reflect.Struct:
		for i, field := range slices.Collect(v.Type().Fields()) {
			key, squash := fieldKey(field)
			if !squash && (key == "" || !field.IsExported()) {
				continue
			}
			if err := eachRef(v.Field(i), join(path, key), visit); err != nil {
				return err
			}
		}
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			return eachRef(v.Elem(), path, visit)
		}
	case v.Kind() == reflect.Slice, v.Kind() == reflect.Array:
		for i := range v.Len() {
			if err := eachRef(v.Index(i), join(path, fmt.Sprint(i)), visit); err != nil {
				return err
			}
		}
	case v.Kind() == reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		for _, key := range keys {
			element := reflect.New(v.Type().Elem()).Elem() // what a map holds has no address
			element.Set(v.MapIndex(key))
			if err := eachRef(element, join(path, fmt.Sprint(key)), visit); err != nil {
				return err
			}
			v.SetMapIndex(key, element)
		}
	}
	return nil
}

func join(path, key string) string {
	if path == "" || key == "" {
		return path + key
	}
	return path + "." + key
}

// holdsRef reports whether a value of type t may hold a reference. seen keeps
// types that hold themselves from being walked for ever.
func holdsRef(t reflect.Type, seen []reflect.Type) bool {
	if reflect.PointerTo(t).Implements(anyRefType) {
		return true
	}
	if slices.Contains(seen, t) {
		return false
	}
	seen = append(seen, t)
	switch t.Kind() {
	case reflect.Struct:
		for field := range t.Fields() {
			if (field.IsExported() || field.Anonymous) && holdsRef(field.Type, seen) {
				return true
			}
		}
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return holdsRef(t.Elem(), seen)
	}
	return false
}
