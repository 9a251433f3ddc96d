package builder

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"gopkg.in/yaml.v3"

	"github.com/fivcglue/fivcglue-go/internal/nearest"
)

// reportFunc takes note of a problem of a document.
type reportFunc func(at place, message, suggestion string)

// readYAML makes the document's nodes of YAML. Where the text does not parse
// as a whole, what can be read of the top level list is.
func (d *document) readYAML(report reportFunc) {
	d.complete = true
	incomplete := func(at place, message, suggestion string) {
		d.complete = false
		report(at, message, suggestion)
	}
	r := &yamlReader{report: incomplete}
	var first, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(d.data))
	err := decodeYAML(decoder, &first)
	if err == nil {
		switch err = decodeYAML(decoder, &second); {
		case err == nil:
			at := place{max(second.Line, 1), max(second.Column, 1)}
			incomplete(at, "a second document begins here; a file holds one list", "")
		case errors.Is(err, io.EOF):
			err = nil
		}
	} else if errors.Is(err, io.EOF) {
		return
	}
	if err != nil {
		d.root = r.salvage(d, err)
	} else if len(first.Content) > 0 {
		d.root = r.convert(first.Content[0], 1)
	}
	if r.aliased > maxAliased {
		d.root = nil // to look at the rest would take longer than it is worth
	}
	d.nodes = r.slab.count
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
	report  reportFunc
	slab    slab
	offset  int                   // lines above the text that was parsed
	anchors map[*yaml.Node]anchor // what has an anchor and has been read
	aliased int                   // values that aliases stand for so far
	stack   []*node               // the children of the nodes that are being read
	names   []string              // of the anchors in a text that does not parse, sorted
	nearest *nearest.Index        // over names
}

type anchor struct {
	node *node
	size int // values in it, those that aliases in it stand for included
}

// convert returns what y is. A value that is wrong is reported and null.
func (r *yamlReader) convert(y *yaml.Node, depth int) *node {
	if y.Kind == yaml.AliasNode {
		return r.alias(y)
	}
	n := r.slab.node()
	n.line, n.column = int32(y.Line+r.offset), int32(y.Column)
	before := r.slab.count + r.aliased
	if y.Anchor != "" {
		if r.anchors == nil {
			r.anchors = map[*yaml.Node]anchor{}
		}
		r.anchors[y] = anchor{} // it is being read: an alias of it in it has no end
	}
	if depth > maxDepth && y.Kind != yaml.ScalarNode {
		r.report(n.place(), fmt.Sprintf("nested more than %d levels deep", maxDepth), "")
		n.broken = true
		return n
	}
	switch {
	case !r.tagFits(y, n):
		n.broken = true
	case y.Kind == yaml.ScalarNode:
		r.scalar(y, n)
	case y.Kind == yaml.SequenceNode:
		n.kind = listKind
		r.list(y, n, depth)
	case y.Kind == yaml.MappingNode:
		n.kind = mapKind
		r.mapping(y, n, depth)
	}
	if y.Anchor != "" {
		r.anchors[y] = anchor{n, 1 + r.slab.count + r.aliased - before}
	}
	return n
}

func (r *yamlReader) scalar(y *yaml.Node, n *node) {
	const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if y.Style&quoted == 0 && (y.Style&yaml.TaggedStyle == 0 || y.Tag != "!!str") {
		n.setPlain(y.Value)
		return
	}
	n.kind, n.quoted, n.text = scalarKind, true, y.Value
}

// tagFits reports whether y has no tag or one that says what y is anyway.
func (r *yamlReader) tagFits(y *yaml.Node, n *node) bool {
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
	r.report(n.place(), fmt.Sprintf("the tag %q means nothing here", y.Tag), "")
	return false
}

func (r *yamlReader) list(y *yaml.Node, n *node, depth int) {
	base := len(r.stack)
	for _, element := range y.Content {
		e := r.convert(element, depth+1)
		if element.Kind == yaml.ScalarNode && element.Value == "" && element.Style == 0 && y.Style&yaml.FlowStyle == 0 {
			e.column-- // nothing stands behind the dash: it is what there is to point at
		}
		r.stack = append(r.stack, e)
	}
	n.children = r.slab.list(r.stack[base:])
	r.stack = r.stack[:base]
	y.Content = nil // the parser's nodes are large: they need not stay until the end
}

func (r *yamlReader) mapping(y *yaml.Node, n *node, depth int) {
	base := len(r.stack)
	var merges *yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		if key.Tag == "!!merge" && key.Kind == yaml.ScalarNode {
			if merges != nil {
				r.report(place{key.Line + r.offset, key.Column}, `duplicate key "<<"; give it a list of maps`, "")
				continue
			}
			merges = value
			continue
		}
		k := r.key(key)
		v := r.convert(value, depth+1)
		if k == nil {
			v.mask()
			continue
		}
		if v.kind == nullKind && v.line == 0 {
			v.line, v.column = k.line, k.column
		}
		r.stack = append(r.stack, k, v)
	}
	kept := dropDuplicates(r.stack[base:], r.duplicate)
	if merges != nil {
		n.merged = true
		r.stack = r.stack[:base+len(kept)]
		r.merge(base, merges, depth)
		kept = r.stack[base:]
	}
	n.children = r.slab.list(kept)
	r.stack = r.stack[:base]
}

func (r *yamlReader) duplicate(first, again *node) {
	r.report(again.place(), duplicateKey(first, again), "")
}

func duplicateKey(first, again *node) string {
	return fmt.Sprintf("duplicate key %q; the first is on line %d", again.text, first.line)
}

// key returns the key that y is, or nil, which is reported.
func (r *yamlReader) key(y *yaml.Node) *node {
	k := r.convert(y, maxDepth)
	at := place{y.Line + r.offset, y.Column}
	switch {
	case k.kind == nullKind && y.Kind == yaml.ScalarNode && y.Value == "":
		r.report(at, "a key is missing", "")
		return nil
	case k.kind == listKind || k.kind == mapKind || k.kind == nullKind && y.Kind != yaml.ScalarNode:
		r.report(at, "a key must be a word, not a list or a map", "")
		return nil
	}
	if y.Kind == yaml.AliasNode { // what has been said of its place would be said of the anchor's
		key := r.slab.node()
		*key = *k
		key.line, key.column = int32(at.line), int32(at.column)
		k = key
	}
	return k
}

// merge appends the keys of what a merge key names, unless they are there, to
// the children that begin at base in the stack.
func (r *yamlReader) merge(base int, y *yaml.Node, depth int) {
	source := r.convert(y, depth+1)
	sources := []*node{source}
	if source.kind == listKind {
		sources = source.children
	}
	var seen map[string]bool
	for _, s := range sources {
		if s.kind != mapKind {
			r.report(place{y.Line + r.offset, y.Column}, "a merge key must name a map, or a list of maps", "")
			continue
		}
		if seen == nil {
			seen = make(map[string]bool, (len(r.stack)-base+len(s.children))/2)
			for i := base; i < len(r.stack); i += 2 {
				seen[r.stack[i].text] = true
			}
		}
		s.pairs(func(key, value *node) {
			if !seen[key.text] {
				seen[key.text] = true
				r.stack = append(r.stack, key, value)
			}
		})
	}
}

// alias returns what an alias stands for.
func (r *yamlReader) alias(y *yaml.Node) *node {
	target := r.anchors[y.Alias]
	at := place{y.Line + r.offset, y.Column}
	switch {
	case target.node == nil:
		r.report(at, fmt.Sprintf("the alias *%s stands within what it names", y.Value), "")
	case r.aliased+target.size > maxAliased:
		if r.aliased <= maxAliased {
			r.report(at, fmt.Sprintf("the aliases up to here stand for more than %d values", maxAliased), "")
		}
		r.aliased = maxAliased + 1
	default:
		r.aliased += target.size
		return target.node
	}
	n := r.slab.node()
	n.line, n.column, n.broken = int32(at.line), int32(at.column), true
	return n
}
