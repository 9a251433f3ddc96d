package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"gopkg.in/yaml.v3"

	"github.com/fivcglue/fivcglue-go/internal/nearest"
)

// readYAML makes the document's nodes of YAML. Where the text does not parse
// as a whole, what can be read of the top level list is.
func (d *Document) readYAML(report Report) {
	r := &yamlReader{doc: d, report: report}
	var first, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(d.Data))
	err := decodeYAML(decoder, &first)
	if err == nil {
		switch err = decodeYAML(decoder, &second); {
		case err == nil:
			at := Place{max(second.Line, 1), max(second.Column, 1)}
			d.blur(at.Line)
			r.report(at, "a second document begins here; a file holds one", "")
		case errors.Is(err, io.EOF):
			err = nil
		}
	} else if errors.Is(err, io.EOF) {
		return
	}
	if err != nil {
		d.Root = r.salvage(d, err)
	} else if len(first.Content) > 0 {
		d.Root = r.convert(first.Content[0], 1)
	}
	if r.aliased > maxAliased || r.again > maxRepeated {
		d.Root = nil // to look at the rest would take longer than it is worth
	}
	d.Nodes = r.slab.count
}

// decodeYAML is Decode, for which a text that the parser gives up on is an
// error too.
func decodeYAML(decoder *yaml.Decoder, into *yaml.Node) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("yaml: %v", value)
		}
	}()
	return decoder.Decode(into)
}

// yamlReader turns the nodes of the YAML library into ours, which know no
// aliases and no merge keys.
type yamlReader struct {
	doc      *Document
	report   Report
	slab     slab
	offset   int                   // lines above the text that was parsed
	anchors  map[*yaml.Node]anchor // what has an anchor and has been read
	aliased  int                   // values that aliases stand for so far
	maps     int                   // maps that have been read
	text     int                   // bytes of the texts that have been read
	again    int                   // and of those among them that aliases stand for
	repaired int                   // bytes that were parsed again
	stack    []*Node               // the children of the nodes that are being read
	names    []string              // of the anchors in a text that does not parse, sorted
	nearest  *nearest.Index        // over names
}

type anchor struct {
	node *Node
	size int // values in it, those that aliases in it stand for included
	text int // bytes of the texts in it, likewise
}

// convert returns what y is. A value that is wrong is reported and null.
func (r *yamlReader) convert(y *yaml.Node, depth int) *Node {
	if y.Kind == yaml.AliasNode {
		return r.alias(y)
	}
	n := r.slab.node()
	n.Line, n.Column = int32(y.Line+r.offset), int32(y.Column)
	if y.Kind == yaml.ScalarNode && y.Value == "" && int(n.Line) > r.doc.Lines() { // the parser has it behind the end
		n.Line, n.Column = int32(r.doc.Lines()), 1
	}
	before, text := r.weight(), r.text+r.again
	if y.Anchor != "" {
		if r.anchors == nil {
			r.anchors = map[*yaml.Node]anchor{}
		}
		n.Shared = true
		r.anchors[y] = anchor{} // it is being read: an alias of it in it has no end
	}
	if depth > MaxDepth && y.Kind != yaml.ScalarNode {
		r.report(n.Place(), tooDeep, "")
		n.Broken = true
		return n
	}
	switch {
	case !r.tagFits(y, n):
		n.Broken = true
	case y.Kind == yaml.ScalarNode:
		r.scalar(y, n)
	case y.Kind == yaml.SequenceNode:
		n.Kind = List
		r.list(y, n, depth)
	case y.Kind == yaml.MappingNode:
		n.Kind = Map
		r.maps++
		r.mapping(y, n, depth)
	}
	if y.Anchor != "" {
		if n.Kind == Null && !n.Broken && y.Value == "" { // what somebody calls an anchor may be a password
			r.report(n.Place(), "an anchor of nothing; put a text that begins with & in quotes", "")
			n.Broken = true
		}
		r.anchors[y] = anchor{n, 1 + r.weight() - before, r.text + r.again - text}
	}
	return n
}

// weight counts the values so far. A map counts for more: what is made of it
// takes the memory of five texts.
func (r *yamlReader) weight() int { return r.slab.count + r.aliased + 4*r.maps }

func (r *yamlReader) scalar(y *yaml.Node, n *Node) {
	r.text += len(y.Value)
	if r.repaired > 0 && y.Value == unreadText {
		n.Broken = true
		return
	}
	const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if y.Style&quoted == 0 && (y.Style&yaml.TaggedStyle == 0 || y.Tag != "!!str") {
		n.setPlain(y.Value)
		return
	}
	n.Kind, n.Quoted, n.Text = Scalar, true, y.Value
}

// tagFits reports whether y has no tag or one that says what y is anyway.
func (r *yamlReader) tagFits(y *yaml.Node, n *Node) bool {
	if y.Style&yaml.TaggedStyle == 0 {
		return true
	}
	switch y.Tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!null":
		if y.Kind == yaml.ScalarNode {
			return true
		}
	case "!!seq":
		if y.Kind == yaml.SequenceNode {
			return true
		}
	case "!!map":
		if y.Kind == yaml.MappingNode {
			return true
		}
	}
	r.report(n.Place(), "a tag means nothing here; put a text that begins with ! in quotes", "")
	return false
}

func (r *yamlReader) list(y *yaml.Node, n *Node, depth int) {
	base := len(r.stack)
	for i, element := range y.Content {
		e := r.convert(element, depth+1)
		if element.Kind == yaml.ScalarNode && element.Value == "" && element.Style == 0 && y.Style&yaml.FlowStyle == 0 {
			e.Column-- // nothing stands behind the dash: it is what there is to point at
		}
		if depth == 1 && element.Kind == yaml.AliasNode && e.Kind == Map { // what is said of the whole is not said of the anchor's
			whole := r.slab.node()
			*whole = *e
			whole.Line, whole.Column = int32(element.Line+r.offset), int32(element.Column)
			e = whole
		}
		r.stack = append(r.stack, e)
		y.Content[i] = nil // the parser's nodes are large: they need not stay until the end
	}
	n.Children = r.slab.list(r.stack[base:])
	r.stack = r.stack[:base]
}

func (r *yamlReader) mapping(y *yaml.Node, n *Node, depth int) {
	base := len(r.stack)
	var merges *yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		if key.Tag == "!!merge" && key.Kind == yaml.ScalarNode {
			if merges != nil {
				at := Place{key.Line + r.offset, key.Column}
				r.report(at, `duplicate key "<<"; give it a list of maps`, "")
				r.doc.drop(at, r.convert(value, depth+1))
				continue
			}
			merges = value
			continue
		}
		k := r.key(key)
		v := r.convert(value, depth+1)
		if k == nil {
			r.doc.drop(Place{key.Line + r.offset, key.Column}, v)
			continue
		}
		if v.Kind == Null && v.Line == 0 {
			v.Line, v.Column = k.Line, k.Column
		}
		r.stack = append(r.stack, k, v)
	}
	kept := dropDuplicates(r.stack[base:], r.duplicate)
	if merges != nil {
		r.stack = r.stack[:base+len(kept)]
		r.merge(base, merges, depth)
		kept = r.stack[base:]
	}
	n.Children = r.slab.list(kept)
	r.stack = r.stack[:base]
}

func (r *yamlReader) duplicate(first, again, value *Node) {
	r.doc.drop(again.Place(), value)
	r.report(again.Place(), duplicateKey(first, again), "")
}

func duplicateKey(first, again *Node) string {
	return fmt.Sprintf("duplicate key %q; the first is on line %d", again.Text, first.Line)
}

// keyNode returns what stands as a key. What is wrong within a list or a map
// does not matter: it can be none.
func (r *yamlReader) keyNode(y *yaml.Node) *Node {
	if y.Kind == yaml.SequenceNode || y.Kind == yaml.MappingNode {
		report := r.report
		r.report = func(Place, string, string) {}
		defer func() { r.report = report }()
	}
	return r.convert(y, MaxDepth)
}

// key returns the key that y is, or nil, which is reported.
func (r *yamlReader) key(y *yaml.Node) *Node {
	k := r.keyNode(y)
	at := Place{y.Line + r.offset, y.Column}
	switch {
	case k.Kind == Null && y.Kind == yaml.ScalarNode && y.Value == "":
		r.report(at, "a key is missing", "")
		return nil
	case k.Kind == List || k.Kind == Map || k.Kind == Null && y.Kind != yaml.ScalarNode:
		r.doc.drop(at, k)
		r.report(at, "a key must be a word, not a list or a map", "")
		return nil
	case isTooLong(k.Text):
		r.doc.drop(at, k)
		r.report(at, keyTooLong, "")
		return nil
	}
	if y.Kind == yaml.AliasNode { // what has been said of its place would be said of the anchor's
		key := r.slab.node()
		*key = *k
		key.Line, key.Column = int32(at.Line), int32(at.Column)
		k = key
	}
	return k
}

// merge appends the keys of what a merge key names, unless they are there, to
// the children that begin at base in the stack.
func (r *yamlReader) merge(base int, y *yaml.Node, depth int) {
	at := Place{y.Line + r.offset, y.Column}
	source := r.convert(y, depth+1)
	sources := []*Node{source}
	if source.Kind == List {
		sources = source.Children
	}
	var seen map[string]bool
	for _, s := range sources {
		if s.Kind != Map {
			r.doc.drop(at, s)
			r.report(at, "a merge key must name a map, or a list of maps", "")
			continue
		}
		if seen == nil {
			seen = make(map[string]bool, (len(r.stack)-base+len(s.Children))/2)
			for i := base; i < len(r.stack); i += 2 {
				seen[r.stack[i].Text] = true
			}
		}
		for key, value := range s.Pairs {
			if seen[key.Text] {
				r.doc.drop(at, value)
				continue
			}
			seen[key.Text] = true
			r.stack = append(r.stack, key, value)
		}
	}
}

// alias returns what an alias stands for.
func (r *yamlReader) alias(y *yaml.Node) *Node {
	target := r.anchors[y.Alias]
	at := Place{y.Line + r.offset, y.Column}
	switch {
	case target.node == nil:
		r.report(at, fmt.Sprintf("the alias *%s stands within what it names", y.Value), "")
	case r.aliased+target.size > maxAliased:
		if r.aliased <= maxAliased {
			r.report(at, fmt.Sprintf("the aliases up to here stand for more than %d values", maxAliased), "")
		}
		r.aliased = maxAliased + 1
	case r.again+target.text > maxRepeated:
		if r.again <= maxRepeated {
			r.report(at, fmt.Sprintf("the aliases up to here stand for more than %d MiB of text", maxRepeated>>20), "")
		}
		r.again = maxRepeated + 1
	default:
		r.aliased += target.size
		r.again += target.text
		return target.node
	}
	n := r.slab.node()
	n.Line, n.Column, n.Broken = int32(at.Line), int32(at.Column), true
	return n
}
