package component

import (
	"reflect"
	"sync/atomic"
)

// slot is what stands behind one entry. References and tables share it, so
// that a component that is put in the place of another is seen by all.
type slot[T any] struct {
	now   atomic.Pointer[T]
	first T // what now points to until the component is replaced
	entry Entry
}

// holder is a slot of any type.
type holder interface {
	info() *Entry
	load() any
	set(component any) bool // before the slot is shared; false if it is no T
	typ() reflect.Type
}

func (s *slot[T]) info() *Entry      { return &s.entry }
func (s *slot[T]) load() any         { return *s.now.Load() }
func (s *slot[T]) typ() reflect.Type { return reflect.TypeFor[T]() }

func (s *slot[T]) set(component any) bool {
	c, ok := component.(T)
	if ok {
		s.first = c
		s.now.Store(&s.first)
	}
	return ok
}

// table maps entries to slots by open addressing, at most half full. It is
// never changed once it is published.
//
// The place of an entry hangs on its name alone, and the type is compared
// there, by the dynamic type of the slot: that costs one comparison of
// pointers, where hashing the pair of both would cost as much as the rest.
type table struct {
	cells []cell // a power of two of them
	size  int
}

type cell struct {
	name string
	slot any // a *slot[T], or nil in an empty cell
}

func find[T any](t *table, name string) *slot[T] {
	mask := uint64(len(t.cells) - 1)
	for i := hash(name) & mask; ; i = (i + 1) & mask {
		c := &t.cells[i]
		if c.slot == nil {
			return nil
		}
		if s, ok := c.slot.(*slot[T]); ok && c.name == name {
			return s
		}
	}
}

// findType is find for a type that is known at run time only.
func (t *table) findType(typ reflect.Type, name string) holder {
	mask := uint64(len(t.cells) - 1)
	for i := hash(name) & mask; ; i = (i + 1) & mask {
		c := &t.cells[i]
		if c.slot == nil {
			return nil
		}
		if h := c.slot.(holder); c.name == name && h.typ() == typ {
			return h
		}
	}
}

// all yields the slots in no particular order.
func (t *table) all(yield func(holder) bool) {
	for i := range t.cells {
		if h, ok := t.cells[i].slot.(holder); ok && !yield(h) {
			return
		}
	}
}

// with returns a table that has more slots. The caller has made sure that
// their entries are new.
func (t *table) with(slots ...holder) *table {
	length := max(len(t.cells), 8)
	for length < 2*(t.size+len(slots)) {
		length *= 2
	}
	grown := &table{cells: make([]cell, length), size: t.size + len(slots)}
	if length == len(t.cells) {
		copy(grown.cells, t.cells)
	} else {
		for h := range t.all {
			grown.put(h)
		}
	}
	for _, h := range slots {
		grown.put(h)
	}
	return grown
}

func (t *table) put(h holder) {
	name := h.info().Name
	mask := uint64(len(t.cells) - 1)
	i := hash(name) & mask
	for t.cells[i].slot != nil {
		i = (i + 1) & mask
	}
	t.cells[i] = cell{name, h}
}
