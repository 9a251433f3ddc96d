package builder

import (
	"slices"
	"strings"

	"github.com/fivcglue/fivcglue-go/internal/scalar"
)

type kind uint8

const (
	nullKind kind = iota
	scalarKind
	listKind
	mapKind
)

// node is a value of a document, whatever its format.
type node struct {
	kind   kind
	quoted bool // a scalar that is a text whatever it looks like
	merged bool // a map that has keys of another by a merge key
	masked bool // its text may be a secret and must not be shown
	broken bool // stands for what could not be read, which has been reported

	line, column int32

	text     string
	children []*node    // of a list its elements; of a map its keys and values in turn
	from     *expansion // what text was written as, nil if it stands there as it is
}

func (n *node) place() place { return place{int(n.line), int(n.column)} }

// pairs calls visit with each key and value of a map.
func (n *node) pairs(visit func(key, value *node)) {
	for i := 0; i+1 < len(n.children); i += 2 {
		visit(n.children[i], n.children[i+1])
	}
}

// get returns the key and the value of that name in a map, nil if it has none.
func (n *node) get(name string) (key, value *node) {
	if n.kind != mapKind {
		return nil, nil
	}
	for i := 0; i+1 < len(n.children); i += 2 {
		if n.children[i].text == name {
			return n.children[i], n.children[i+1]
		}
	}
	return nil, nil
}

// mask keeps the scalars of n from being shown.
func (n *node) mask() {
	if n.masked {
		return // it has been here; aliases may lead here often
	}
	n.masked = true
	for i, child := range n.children {
		if n.kind == listKind || i%2 == 1 {
			child.mask()
		}
	}
}

// describe says in a word what n is, for messages.
func (n *node) describe() string {
	switch n.kind {
	case nullKind:
		return "nothing"
	case listKind:
		return "a list"
	case mapKind:
		return "a map"
	}
	return "a single value"
}

// slab hands out nodes from larger pieces of memory.
type slab struct {
	nodes    []node
	pointers []*node
	count    int
}

const slabSize = 256

func (s *slab) node() *node {
	if len(s.nodes) == 0 {
		s.nodes = make([]node, slabSize)
	}
	n := &s.nodes[0]
	s.nodes = s.nodes[1:]
	s.count++
	return n
}

// list returns a list of its own with the elements of nodes.
func (s *slab) list(nodes []*node) []*node {
	if len(nodes) > slabSize/4 {
		return slices.Clone(nodes)
	}
	if len(s.pointers) < len(nodes) {
		s.pointers = make([]*node, slabSize)
	}
	list := s.pointers[:len(nodes):len(nodes)]
	s.pointers = s.pointers[len(nodes):]
	copy(list, nodes)
	return list
}

// setPlain makes n the scalar, or the null, that a text without quotes is.
func (n *node) setPlain(text string) {
	n.kind, n.text = scalarKind, text
	if scalar.IsNull(text) {
		n.kind = nullKind
	}
}

// shown returns the text of a scalar as a message may have it: what a
// reference was replaced with may be a secret.
func (n *node) shown() string {
	if n.from != nil && len(n.from.origins) > 0 {
		return n.from.written
	}
	return n.text
}

// hasReference reports whether the text of n is to be expanded.
func (n *node) hasReference() bool {
	return n.kind == scalarKind && strings.Contains(n.text, "${")
}

// dropDuplicates takes the keys that stand in the map for a second time out of
// children, and reports each.
func dropDuplicates(children []*node, report func(first, again *node)) []*node {
	var seen map[string]*node // made for large maps only
	if len(children) > 32 {
		seen = make(map[string]*node, len(children)/2)
	}
	kept := children[:0]
	for i := 0; i+1 < len(children); i += 2 {
		key := children[i]
		first := seen[key.text]
		if seen == nil {
			for j := 0; j < len(kept); j += 2 {
				if kept[j].text == key.text {
					first = kept[j]
					break
				}
			}
		} else if first == nil {
			seen[key.text] = key
		}
		if first != nil {
			report(first, key)
			continue
		}
		kept = append(kept, key, children[i+1])
	}
	return kept
}
