package builder

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/internal/document"
)

// checker collects the items of the sources, and what is wrong with them.
type checker struct {
	builder  *Builder
	expander expander
	docs     []*layer
	items    []*item
	entries  map[entryKey]*entry
	types    map[string][]reflect.Type // of the entries of each name; made when it is needed
	broken   map[string]bool           // names of entries that could not be made out
	partial  bool                      // a source could not be read, or not all of it
	found    Diagnostics
	spare    []item
	cut      bool // there are more problems than are kept
	words    int  // bytes of those of the problems

	present    []component.Entry // what the site has already
	interfaces map[reflect.Type]*component.InterfaceInfo
	classes    known // the names of classes, made when they are needed
	ifaceNames known
}

type entryKey struct {
	typ  reflect.Type
	name string
}

// The budgets of a configuration. They are far above what a person
// makes or reads; a file that is something else altogether may have millions.
const (
	maxItems       = 100_000 // of one source
	maxProblems    = 20_000
	maxProblemText = 16 << 20 // bytes of their words
)

func newChecker(b *Builder, site *component.Site) *checker {
	c := &checker{
		builder: b, expander: expander{lookup: b.lookup, names: b.names},
		broken:     map[string]bool{},
		interfaces: map[reflect.Type]*component.InterfaceInfo{},
	}
	for _, info := range b.registry.Interfaces() {
		c.interfaces[info.Type] = info
	}
	if site != nil {
		c.present = site.Entries()
	}
	return c
}

// read adds the items of a source.
func (c *checker) read(s Source, order int) {
	d := c.builder.read(s, order, func(d *layer, at document.Place, message, suggestion string) {
		c.report(d, at, nil, "", message, suggestion)
	})
	c.docs = append(c.docs, d)
	d.base = c.docs[0].folder
	c.partial = c.partial || !d.Complete || d.Root == nil
	if d.Root == nil {
		return
	}
	if d.Root.Kind != document.List {
		d.Root.Mask()
		if d.Complete {
			c.report(d, d.Root.Place(), nil, "", fmt.Sprintf("the file must hold a list of items, not %s", d.Root.Describe()), "")
		}
		return
	}
	for i, n := range d.Root.Children {
		if i == maxItems {
			c.report(d, n.Place(), nil, "", fmt.Sprintf("the file has more than %d items", maxItems), "")
			break
		}
		it := item{doc: d, node: n, number: i + 1}
		switch {
		case n.Broken:
		case n.Kind == document.Map:
			c.items = append(c.items, c.keep(it))
		default:
			c.refuse(&it)
		}
	}
}

// keep returns a copy of an item from larger pieces of memory.
func (c *checker) keep(it item) *item {
	if len(c.spare) == 0 {
		c.spare = make([]item, 64)
	}
	kept := &c.spare[0]
	c.spare = c.spare[1:]
	*kept = it
	return kept
}

// report takes note of a problem.
func (c *checker) report(d *layer, at document.Place, it *item, path, message, suggestion string) {
	_ = c.note(d, at, it, path, message, suggestion)
}

// note takes note of a problem, and returns it; nil if it is one too many. It
// is here that credentials are taken out of whatever a message has of the file.
func (c *checker) note(d *layer, at document.Place, it *item, path, message, suggestion string) *Diagnostic {
	if c.words += len(message) + len(suggestion) + len(path); len(c.found) >= maxProblems || c.words > maxProblemText {
		c.cut = true
		return nil
	}
	problem := &Diagnostic{
		File: d.Name, Line: at.Line, Column: at.Column, Path: document.WithoutCredentials(path),
		Message: document.WithoutCredentials(message), Suggestion: document.WithoutCredentials(suggestion), source: d.order,
	}
	if it != nil {
		problem.Item = document.WithoutCredentials(it.label())
	}
	c.found = append(c.found, problem)
	return problem
}

// diagnostics returns what was found, ready to be shown.
func (c *checker) diagnostics() Diagnostics {
	found := c.found.sorted()
	for _, d := range c.docs {
		d.excerpts(slices.DeleteFunc(slices.Clone(found), func(p *Diagnostic) bool { return p.source != d.order }))
	}
	if c.cut {
		found = append(found, &Diagnostic{File: c.docs[len(c.docs)-1].Name, Message: "there are more problems than are listed"})
	}
	return found
}

// known are the names of a registry: the canonical ones, to be listed, and with
// their aliases, to be suggested.
type known struct{ canonical, all []string }

func (n *known) add(name string, aliases []string) {
	n.canonical = append(n.canonical, name)
	n.all = append(append(n.all, name), aliases...)
}

func (c *checker) classNames() known {
	if c.classes.all == nil {
		for _, class := range c.builder.registry.Classes() {
			c.classes.add(class.Name, class.Aliases)
		}
	}
	return c.classes
}

func (c *checker) interfaceNames() known {
	if c.ifaceNames.all == nil {
		for _, info := range c.builder.registry.Interfaces() {
			c.ifaceNames.add(info.Name, info.Aliases)
		}
	}
	return c.ifaceNames
}

// expand replaces the references in a scalar, and reports one that cannot be.
func (c *checker) expand(it *item, n *document.Node, path string) bool {
	if n.Replaced != nil || !hasReference(n) {
		return true
	}
	offset, problem := c.expander.expand(n, it.doc.folder)
	if problem == nil {
		return true
	}
	at := n.Place()
	if !c.cut {
		at = it.doc.placeWithin(n, offset)
	}
	c.report(it.doc, at, it, path, problem.message, problem.suggestion)
	return false
}

// hasReference reports whether the text of a scalar is to be expanded.
func hasReference(n *document.Node) bool {
	return n.Kind == document.Scalar && strings.Contains(n.Text, "${")
}

// placeWithin returns the place of the reference at an offset of a scalar's
// text, or that of the scalar where quotes and line breaks hide it.
func (d *layer) placeWithin(n *document.Node, offset int) document.Place {
	reference := n.Text[offset:]
	if end := closingBrace(reference); end >= 0 {
		reference = reference[:end+1]
	}
	if d.lineNumber != n.Line {
		d.line, d.lineNumber = []rune(d.Line(int(n.Line))), n.Line
	}
	from := min(int(n.Column)-1, len(d.line))
	text := string(d.line[from:min(len(d.line), from+longest)]) // in a longer scalar nobody sees where it is
	i := strings.Index(text, reference)
	if i < 0 {
		return n.Place()
	}
	return document.Place{Line: int(n.Line), Column: int(n.Column) + utf8.RuneCountInString(text[:i])}
}

func quote(text string) string { return strconv.Quote(text) }
