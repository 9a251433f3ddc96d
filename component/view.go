package component

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// view is the site as the New of one item sees it: a lookup builds what it
// needs first.
type view struct {
	build *construction
	node  *node
	by    *view // whose lookup had this item built, nil if Build itself did
	ctx   context.Context

	// mu makes lookups in one view wait for each other, those of goroutines
	// that New has started included. Locks are taken along the path of
	// building only, from an item to what it needs, so none waits for itself.
	mu     sync.Mutex
	active bool // New has not returned
}

// building reports whether s is a view of a site whose building is not over.
func (s *Site) building() bool { return s.view != nil && !s.view.build.over.Load() }

// lookup returns the slot of an entry, nil if there is none. path is the key
// of the reference for which it is looked up, "" for a lookup of New's own.
func (v *view) lookup(typ reflect.Type, name, path string) (holder, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.build.over.Load() {
		return v.build.state.root.table.Load().findType(typ, name), nil
	}
	h := v.build.state.root.table.Load().findType(typ, name)
	if h == nil {
		if e, found := v.build.entries[entryKey{typ, name}]; found {
			h = e.slot
			if v.active {
				if err := v.build.ensure(v.ctx, e.node, v); err != nil {
					return nil, err
				}
			} else if v.build.stageOf(e.node) != built {
				return nil, fmt.Errorf("%s %q is not built yet: look it up in New, or when the site is built: %w", h.info().Interface, name, ErrNotFound)
			}
		}
	}
	if v.active {
		v.record(Use{Interface: typ.String(), Name: name, Path: path, Found: h != nil}, h)
	}
	return h, nil
}

// names returns the names of the entries of one interface, sorted, without the
// item's own. What the site had before is as it was when the first asked: a
// thousand items that ask do not make it be searched a thousand times.
func (v *view) names(typ reflect.Type) []string {
	all := v.build.namesOf(typ)
	own := func(name string) bool {
		e, found := v.build.entries[entryKey{typ, name}]
		return found && e.node == v.node
	}
	if !slices.ContainsFunc(all, own) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), own)
}

func (v *view) record(use Use, h holder) {
	if h != nil {
		use.Interface = h.info().Interface
	}
	for _, known := range v.node.item.Uses {
		if known == use {
			return
		}
	}
	v.node.item.Uses = append(v.node.item.Uses, use)
}

func (v *view) bindRefs(config any) error {
	return eachRef(reflect.ValueOf(config).Elem(), "", func(path string, r anyRef) error {
		return r.bind(func(typ reflect.Type, name string) (holder, error) {
			h, err := v.lookup(typ, name, path)
			if err == nil && h == nil {
				err = KeyError{Key: path, Err: (&Site{state: v.build.state, view: v}).missing(typ, name)}
			}
			return h, err
		})
	})
}

// finish ends the time in which a lookup builds.
func (v *view) finish() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.active = false
}

// pathTo describes how the building came from n to the view's own item, and
// back to n.
func (v *view) pathTo(n *node) string {
	var path []string
	for at := v; at != nil; at = at.by {
		path = append([]string{at.node.String()}, path...)
		if at.node == n {
			break
		}
	}
	return strings.Join(append(path, n.String()), " -> ")
}

func (n *node) String() string {
	label := n.item.Class.Name
	for _, h := range n.slots {
		if name := h.info().Name; name != "" {
			label += fmt.Sprintf(" %q", name)
			break
		}
	}
	if n.item.Origin != "" {
		label += " (" + n.item.Origin + ")"
	}
	return label
}
