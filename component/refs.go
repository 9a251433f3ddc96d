package component

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"sync"
)

// RefInfo describes a reference in a config.
type RefInfo struct {
	Path      string       // the key, "cache"; of nested ones "by_day.mon", "pack[0]"
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
	if !v.IsValid() || v.Kind() == reflect.Pointer || !holdsRef(v.Type(), nil) {
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

// eachRef calls visit with the references in v, which has an address and is of
// a type that holdsRef, and stops at the first error.
func eachRef(v reflect.Value, path string, visit func(path string, r anyRef) error) error {
	if v.CanInterface() { // unlike an embedded struct of an unexported type
		if r, ok := v.Addr().Interface().(anyRef); ok {
			return visit(path, r)
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range refFields(v.Type()) {
			if err := eachRef(v.Field(field.index), join(path, field.key), visit); err != nil {
				return err
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return eachRef(v.Elem(), path, visit)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := eachRef(v.Index(i), path+"["+strconv.Itoa(i)+"]", visit); err != nil {
				return err
			}
		}
	case reflect.Map:
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

// refField is a field that may hold a reference; its key is "" if it is
// squashed.
type refField struct {
	index int
	key   string
}

var knownRefFields sync.Map // of struct types, to []refField

func refFields(t reflect.Type) []refField {
	if known, ok := knownRefFields.Load(t); ok {
		return known.([]refField)
	}
	var fields []refField
	for i := range t.NumField() {
		field := t.Field(i)
		key, squash := fieldKey(field)
		if (squash || key != "" && field.IsExported()) && holdsRef(field.Type, nil) {
			fields = append(fields, refField{i, key})
		}
	}
	knownRefFields.Store(t, fields)
	return fields
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
