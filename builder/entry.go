package builder

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/internal/document"
)

// entry is an entry of an item.
type entry struct {
	item  *item
	index int
	iface *component.InterfaceInfo
	name  string
	node  *document.Node // where it is named
}

// shown returns the name as a message may have it.
func (e *entry) shown() string {
	if e.name == "" {
		return ""
	}
	return e.node.Shown()
}

func (c *checker) checkEntries(it *item, list *document.Node) {
	if list.Kind == document.Null {
		return
	}
	if list.Kind != document.List {
		for key, value := range list.Pairs {
			if list.Kind == document.Map && !slices.Contains(entryKeys, key.Text) {
				value.Mask()
			}
		}
		c.problem(it, list, "entries", fmt.Sprintf("must be a list of entries, not %s", list.Describe()), "")
		return
	}
	for i, n := range list.Children {
		if e := c.readEntry(it, n, i); e != nil {
			it.entries = append(it.entries, e)
			c.claim(e)
		}
	}
}

// expectEntries takes note of the names of the entries that an item seems to
// have under a key that is not known.
func (c *checker) expectEntries(n *document.Node) {
	if n == nil {
		return
	}
	for _, entry := range n.Children {
		_, name := entry.Get("name")
		if name == nil {
			name = &document.Node{}
		}
		c.broken[name.Text] = true
	}
}

var entryKeys = []string{"interface", "name"}

// readEntry returns an entry, or nil if its interface or name is not known.
func (c *checker) readEntry(it *item, n *document.Node, index int) *entry {
	path := entryPath(index)
	if n.Broken {
		return nil
	}
	if n.Kind != document.Map {
		if n.Kind == document.List {
			n.Mask()
		}
		c.problem(it, n, path, fmt.Sprintf("must be a map with an interface and a name, not %s", n.Describe()), "")
		return nil
	}
	for key, value := range n.Pairs {
		if !slices.Contains(entryKeys, key.Text) {
			value.Mask()
			c.broken[value.Text] = true // it may be meant as the name
			message, suggestion := unknownKey(key, value, entryKeys, func(name string) (where, meant string) {
				if it.class == nil {
					return belongsToItem(name, nil), ""
				}
				return belongsToItem(name, planOf(it.class.Config)), ""
			})
			c.problem(it, key, path, message, suggestion)
		}
	}
	e := &entry{item: it, index: index, node: n}
	named := true
	if _, name := n.Get("name"); name != nil && name.Broken {
		named, c.partial = false, true
	} else if name != nil && name.Kind != document.Null {
		if named = c.entryText(it, name, path, "name"); named {
			e.name, e.node = name.Text, name
		} else {
			c.partial = true // there is an entry of which the name is not known
		}
	}
	_, iface := n.Get("interface")
	if iface == nil || iface.Kind == document.Null {
		c.broken[e.name] = true
		if iface == nil && !n.Torn || iface != nil && !iface.Broken {
			c.problem(it, n, path, `the key "interface" is required`, "")
		}
		return nil
	}
	if !c.entryText(it, iface, path, "interface") {
		c.broken[e.name] = true
		return nil
	}
	if e.node == n {
		e.node = iface
	}
	info, ok := c.builder.registry.Interface(iface.Text)
	if !ok {
		var message, suggestion string
		if class, isClass := c.builder.registry.Class(iface.Text); isClass {
			message = quote(iface.Shown()) + " is a class, not an interface" + c.served(class)
		} else {
			message, suggestion = unknownName("interface", iface, c.interfaceNames())
		}
		c.broken[e.name] = true
		c.problem(it, iface, path+".interface", message, suggestion)
		return nil
	}
	e.iface = info
	if it.class != nil && !it.class.Serves(info) {
		c.problem(it, it.own(iface), path+".interface", fmt.Sprintf("the class does not implement %s%s", info.Name, c.served(it.class)), "")
	}
	if !named {
		return nil
	}
	return e
}

// own returns n, or, where an alias has brought it here from another item, what
// takes it over: the key of the entries, or the item that a merge key is in.
func (it *item) own(n *document.Node) *document.Node {
	here := it.node.Place()
	if n.Place().Compare(here) >= 0 {
		return n
	}
	if key, _ := it.node.Get("entries"); key != nil && key.Place().Compare(here) >= 0 {
		return key
	}
	return it.node
}

// served lists the interfaces that a class implements.
func (c *checker) served(class *component.ClassInfo) string {
	var names []string
	for _, info := range c.builder.registry.Interfaces() {
		if class.Serves(info) {
			names = append(names, info.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; it implements " + strings.Join(names, ", ")
}

func (c *checker) entryText(it *item, n *document.Node, path, key string) bool {
	if n.Kind != document.Scalar {
		c.problem(it, n, joinPath(path, key), fmt.Sprintf("must be a name, not %s", n.Describe()), "")
		return false
	}
	return !hasReference(n) || c.expand(it, n, joinPath(path, key))
}

// entryPath returns the path of an entry. Most items have one.
func entryPath(index int) string {
	if index == 0 {
		return "entries[0]"
	}
	return "entries[" + strconv.Itoa(index) + "]"
}

// claim takes an entry, which nothing may have yet.
func (c *checker) claim(e *entry) {
	key := entryKey{e.iface.Type, e.name}
	path := entryPath(e.index)
	if first := c.entries[key]; first != nil {
		at := e.item.own(e.node)
		if at == first.node { // an alias of what stands in the same list
			at, _ = e.item.node.Get("entries")
		}
		c.problem(e.item, at, path, fmt.Sprintf("the entry %s stands twice; the first is at %s",
			describeEntry(e.iface.Name, e.shown()), first.item.origin(first.node)), "")
		return
	}
	c.entries[key] = e
	for _, there := range c.present {
		if there.Name == e.name && (there.Interface == e.iface.Name || there.Interface == e.iface.Type.String()) {
			c.problem(e.item, e.node, path, fmt.Sprintf("the site has the entry %s already", describeEntry(e.iface.Name, e.shown())), "")
			return
		}
	}
}

func describeEntry(iface, name string) string {
	if name == "" {
		return iface + " without a name"
	}
	return iface + " " + quote(name)
}
