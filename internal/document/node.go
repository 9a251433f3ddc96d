package document

import (
	"slices"
	"unicode/utf8"

	"github.com/fivcglue/fivcglue-go/internal/scalar"
)

// Kind says what a node is.
type Kind uint8

// The kinds of nodes. Null is a value that is not there: nothing, ~ or null
// without quotes.
const (
	Null Kind = iota
	Scalar
	List
	Map
)

// Node is a value of a document, whatever its format. Nodes that an alias
// stands for are shared, so that a tree may be larger than what it is made of;
// how much larger is bounded.
type Node struct {
	Kind   Kind
	Quoted bool // a scalar that is a text whatever it looks like
	Broken bool // stands for what could not be read, which was reported
	Masked bool // its text may be a secret and must not be shown; see Mask
	Secret bool // it is one, wherever it stands: an alias may bring it to what is none; see Conceal
	Torn   bool // a list or a map of which the rest could not be read, which was reported
	Shared bool // it has an anchor: it may stand elsewhere too

	Line, Column int32

	Text     string     // of a scalar, or how a null was written
	Children []*Node    // of a list its elements; of a map its keys and values in turn
	Replaced *Expansion // for whoever expands references: what Text was before; nil if it stands there as it is
}

// Expansion tells what a text was before its references were replaced.
type Expansion struct {
	Written string   // as it stands in the document
	Origins []string // what its references were replaced with, in words
}

// Shown returns the text of a scalar as a message may have it: what a
// reference was replaced with may be a secret.
func (n *Node) Shown() string {
	if n.Replaced != nil && len(n.Replaced.Origins) > 0 {
		return n.Replaced.Written
	}
	return n.Text
}

// Mask marks the scalars of n, and those within it, as what must not be shown.
// A key is shown unless nothing stands behind it: {word} is a map too.
func (n *Node) Mask() {
	if n.Masked {
		return // it has been here; aliases may lead here often
	}
	n.Masked = true
	for i, child := range n.Children {
		if n.Kind == List || i%2 == 1 || n.Children[i+1].Kind == Null {
			child.Mask()
		}
	}
}

// Conceal marks the scalars of n, and those within it, as secrets.
func (n *Node) Conceal() {
	if n.Secret {
		return // it has been here, as in Mask
	}
	n.Secret = true
	for i, child := range n.Children {
		if n.Kind == List || i%2 == 1 {
			child.Conceal()
		}
	}
}

// Get returns the key and the value of that name in a map, nil if it has none.
func (n *Node) Get(name string) (key, value *Node) {
	if n.Kind != Map {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Children); i += 2 {
		if n.Children[i].Text == name {
			return n.Children[i], n.Children[i+1]
		}
	}
	return nil, nil
}

// Place returns where the node begins.
func (n *Node) Place() Place { return Place{int(n.Line), int(n.Column)} }

// Describe says in a word what n is, for messages.
func (n *Node) Describe() string {
	switch n.Kind {
	case Null:
		return "nothing"
	case List:
		return "a list"
	case Map:
		return "a map"
	}
	return "a single value"
}

// Pairs yields each key and value of a map.
func (n *Node) Pairs(yield func(key, value *Node) bool) {
	for i := 0; i+1 < len(n.Children); i += 2 {
		if !yield(n.Children[i], n.Children[i+1]) {
			return
		}
	}
}

// setPlain makes n the scalar, or the null, that a text without quotes is.
func (n *Node) setPlain(text string) {
	n.Kind, n.Text = Scalar, text
	if scalar.IsNull(text) {
		n.Kind = Null
	}
}

// isTooLong reports whether a text is none that a key may be.
func isTooLong(key string) bool { return len(key) > maxKey && utf8.RuneCountInString(key) > maxKey }

// slab hands out nodes from larger pieces of memory.
type slab struct {
	nodes    []Node
	pointers []*Node
	count    int
}

const slabSize = 256

func (s *slab) node() *Node {
	if len(s.nodes) == 0 {
		s.nodes = make([]Node, slabSize)
	}
	n := &s.nodes[0]
	s.nodes = s.nodes[1:]
	s.count++
	return n
}

// list returns a list of its own with the elements of nodes.
func (s *slab) list(nodes []*Node) []*Node {
	if len(nodes) > slabSize/4 {
		return slices.Clone(nodes)
	}
	if len(s.pointers) < len(nodes) {
		s.pointers = make([]*Node, slabSize)
	}
	list := s.pointers[:len(nodes):len(nodes)]
	s.pointers = s.pointers[len(nodes):]
	copy(list, nodes)
	return list
}

// dropDuplicates takes the keys that stand in the map for a second time out of
// children, and reports each.
func dropDuplicates(children []*Node, report func(first, again, value *Node)) []*Node {
	var seen map[string]*Node // made for large maps only
	if len(children) > 32 {
		seen = make(map[string]*Node, len(children)/2)
	}
	kept := children[:0]
	for i := 0; i+1 < len(children); i += 2 {
		key := children[i]
		first := seen[key.Text]
		if seen == nil {
			for j := 0; j < len(kept); j += 2 {
				if kept[j].Text == key.Text {
					first = kept[j]
					break
				}
			}
		} else if first == nil {
			seen[key.Text] = key
		}
		if first != nil {
			report(first, key, children[i+1])
			continue
		}
		kept = append(kept, key, children[i+1])
	}
	return kept
}
