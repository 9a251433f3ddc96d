package builder

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/internal/document"
	"github.com/fivcglue/fivcglue-go/internal/nearest"
)

// checkReferences checks that what the items refer to is there, and that no
// item needs itself.
func (c *checker) checkReferences() {
	g := graph{checker: c, edges: map[*item][]edge{}, state: map[*item]uint8{}}
	known := map[reflect.Type]*names{}
	places := finder{keys: map[*document.Node]map[string]*document.Node{}}
	for _, it := range c.items {
		for _, ref := range it.refs {
			if c.cut {
				break // the file is something else altogether
			}
			n, path := places.find(it.node, ref.Path)
			if !ref.Set || n == nil {
				continue // one of the defaults, which the site judges
			}
			if target := c.entries[entryKey{ref.Interface, ref.Name}]; target != nil {
				g.edges[it] = append(g.edges[it], edge{target.item, n, path})
				continue
			}
			if c.isPresent(ref) || c.partial || c.broken[ref.Name] {
				continue
			}
			if known[ref.Interface] == nil {
				known[ref.Interface] = c.namesOf(ref.Interface)
			}
			message, suggestion := c.missing(ref, n, known[ref.Interface])
			c.problem(it, n, path, message, suggestion)
		}
	}
	for _, it := range c.items {
		g.visit(it)
	}
}

func (c *checker) interfaceName(t reflect.Type) string {
	if info := c.interfaces[t]; info != nil {
		return info.Name
	}
	return t.String()
}

func (c *checker) isPresent(ref component.RefInfo) bool {
	return slices.ContainsFunc(c.present, func(e component.Entry) bool {
		return e.Name == ref.Name && (e.Interface == c.interfaceName(ref.Interface) || e.Interface == ref.Interface.String())
	})
}

// names are the names of the entries of one interface, as messages may have
// them.
type names struct {
	sorted []string
	index  *nearest.Index
}

func (c *checker) namesOf(t reflect.Type) *names {
	n := &names{}
	for key, e := range c.entries {
		if key.typ == t {
			n.sorted = append(n.sorted, e.shown())
		}
	}
	for _, e := range c.present {
		if e.Interface == c.interfaceName(t) {
			n.sorted = append(n.sorted, e.Name)
		}
	}
	slices.Sort(n.sorted)
	n.sorted = slices.Compact(n.sorted)
	n.index = nearest.NewIndex(n.sorted)
	return n
}

// missing says that there is no such entry, and what there is.
func (c *checker) missing(ref component.RefInfo, n *document.Node, there *names) (message, suggestion string) {
	iface := c.interfaceName(ref.Interface)
	message = "there is no entry " + describeEntry(iface, n.Shown())
	if suggestion = there.index.To(ref.Name); suggestion != "" {
		return message, suggestion
	}
	if c.types == nil {
		c.types = make(map[string][]reflect.Type, len(c.entries))
		for key := range c.entries {
			if key.name != "" {
				c.types[key.name] = append(c.types[key.name], key.typ)
			}
		}
	}
	var elsewhere []string
	for _, typ := range c.types[ref.Name] {
		elsewhere = append(elsewhere, c.interfaceName(typ))
	}
	if len(elsewhere) > 0 {
		slices.Sort(elsewhere)
		return message + fmt.Sprintf("; %s is an entry of %s", quote(n.Shown()), strings.Join(elsewhere, ", ")), ""
	}
	if len(there.sorted) == 0 {
		return message + "; there is none of that interface", ""
	}
	var quoted []string
	for _, name := range there.sorted[:min(len(there.sorted), maxListed+1)] {
		quoted = append(quoted, quote(name))
	}
	return message + listed(quoted), ""
}

// graph finds the circles in which items refer to each other.
type graph struct {
	*checker
	edges map[*item][]edge
	state map[*item]uint8 // 1: on the path, 2: done
	path  []*item         // from the item at which the search began
	via   []edge          // those between the items of path
}

// edge is a reference from one item to another.
type edge struct {
	to   *item
	node *document.Node // where it stands
	path string
}

func (g *graph) visit(it *item) {
	if g.state[it] != 0 {
		return
	}
	g.state[it] = 1
	g.path = append(g.path, it)
	for _, e := range g.edges[it] {
		g.via = append(g.via, e)
		switch g.state[e.to] {
		case 0:
			g.visit(e.to)
		case 1:
			begin := slices.Index(g.path, e.to)
			g.reportCircle(g.path[begin:], g.via[begin:])
		}
		g.via = g.via[:len(g.via)-1]
	}
	g.path = g.path[:len(g.path)-1]
	g.state[it] = 2
}

// reportCircle reports a circle at its first item in the file, unless all of
// it was reported as part of others. Each of via begins at the member of its
// index.
func (g *graph) reportCircle(members []*item, via []edge) {
	known := len(members) - 1 // the last is the one that is new, if one is
	for known >= 0 && members[known].circled {
		known--
	}
	if known < 0 {
		return
	}
	first := 0
	for i, it := range members {
		it.circled = true
		if it.before(members[first]) {
			first = i
		}
	}
	at := via[first]
	if len(members) == 1 {
		g.problem(members[0], at.node, at.path, "this refers to the component itself", "")
		return
	}
	var labels []string
	for i := 0; i <= len(members); i++ {
		if left := len(members) - i; i == longestCircle/2 && left > longestCircle/2 {
			skipped := left - longestCircle/2
			labels = append(labels, fmt.Sprintf("%d more", skipped))
			i += skipped
		}
		labels = append(labels, members[(first+i)%len(members)].describe())
	}
	g.problem(members[first], at.node, at.path, "this begins a circle: "+strings.Join(labels, " -> "), "")
}

// longestCircle is about the number of components above which some in the middle
// of a circle are left out: there may be as many circles as components.
const longestCircle = 40

func (it *item) before(other *item) bool {
	if it.doc != other.doc {
		return it.doc.order < other.doc.order
	}
	return it.number < other.number
}

// describe names the item and its place.
func (it *item) describe() string {
	label := it.label()
	for _, e := range it.entries {
		if e.name != "" {
			label += " " + quote(shorten(e.shown(), longestPath))
			break
		}
	}
	return fmt.Sprintf("%s (line %d)", label, it.node.Line)
}
