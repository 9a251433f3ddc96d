package component

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
)

// construction is one run of Build.
type construction struct {
	state   *state
	nodes   []node
	entries map[entryKey]entryNode
	over    atomic.Bool // published or given up: views are as good as the site, or as bad

	mu      sync.Mutex
	order   []*node // those that are built
	failure error   // the first, which decides, whatever a New makes of it
	names   map[reflect.Type][]string
}

type entryKey struct {
	typ  reflect.Type
	name string
}

type entryNode struct {
	node *node
	slot holder
}

// node is an item on its way to being a component.
type node struct {
	item      Item
	index     int
	slots     []holder
	stage     stage // guarded by construction.mu
	component any
}

type stage int

const (
	pending stage = iota
	underway
	built
)

// namesOf returns the names of the entries of one interface, sorted. It must not
// be changed.
func (b *construction) namesOf(typ reflect.Type) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if names, known := b.names[typ]; known {
		return names
	}
	var names []string
	for h := range b.state.root.table.Load().all {
		if h.typ() == typ {
			names = append(names, h.info().Name)
		}
	}
	for key := range b.entries {
		if key.typ == typ {
			names = append(names, key.name)
		}
	}
	slices.Sort(names)
	if b.names == nil {
		b.names = map[reflect.Type][]string{}
	}
	b.names[typ] = names
	return names
}

// plan checks all that can be known without building.
func (s *Site) plan(items []Item) (*construction, error) {
	b := &construction{
		state: s.state, nodes: make([]node, len(items)),
		entries: make(map[entryKey]entryNode, len(items)),
		order:   make([]*node, 0, len(items)),
	}
	var problems []error
	now := s.table.Load()
	serves := servants{}
	count := 0
	for _, item := range items {
		count += len(item.Entries)
	}
	slots := make([]holder, 0, count) // of all items, each of which has a part
	for i, item := range items {
		n := &b.nodes[i]
		n.item, n.index = item, i
		n.slots = slots[len(slots) : len(slots) : len(slots)+len(item.Entries)]
		slots = slots[:len(slots)+len(item.Entries)]
		if item.Class == nil {
			problems = append(problems, n.wrong("", fmt.Errorf("%w: it has no class", ErrUnsuitable)))
			continue
		}
		for _, entry := range item.Entries {
			if err := b.claim(n, entry, now, serves); err != nil {
				problems = append(problems, n.wrong(entry.Origin, err))
			}
		}
	}
	return b, errors.Join(problems...)
}

// claim reserves an entry for a node.
func (b *construction) claim(n *node, entry ItemEntry, now *table, serves servants) error {
	iface := entry.Interface
	if iface == nil {
		return fmt.Errorf("%w: an entry has no interface", ErrUnsuitable)
	}
	if !serves.ask(n.item.Class, iface) {
		return fmt.Errorf("%w: it does not implement %s", ErrUnsuitable, iface.Name)
	}
	info := Entry{Interface: iface.Name, Name: entry.Name, Class: n.item.Class.Name}
	key := entryKey{iface.Type, entry.Name}
	if _, taken := b.entries[key]; taken || now.findType(iface.Type, entry.Name) != nil {
		return duplicate(info)
	}
	h := iface.newSlot(info)
	n.slots = append(n.slots, h)
	b.entries[key] = entryNode{n, h}
	return nil
}

// servants remembers which classes serve which interfaces, as reflection takes
// its time over it.
type servants map[servant]bool

type servant struct {
	class *ClassInfo
	iface *InterfaceInfo
}

func (s servants) ask(class *ClassInfo, iface *InterfaceInfo) bool {
	key := servant{class, iface}
	answer, known := s[key]
	if !known {
		answer = class.Serves(iface)
		s[key] = answer
	}
	return answer
}

func (n *node) wrong(origin string, err error) *BuildError {
	e := &BuildError{Item: n.index, Origin: n.item.Origin, Err: err}
	if n.item.Class != nil {
		e.Class = n.item.Class.Name
	}
	if origin != "" {
		e.Origin = origin
	}
	return e
}
