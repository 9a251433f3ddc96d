package builder

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/internal/document"
	"github.com/fivcglue/fivcglue-go/internal/nearest"
)

// item is one element of a file's list.
type item struct {
	doc    *layer
	node   *document.Node
	number int // in its file, from 1

	class     *component.ClassInfo // nil if it is unknown
	className *document.Node       // where the class is named, nil if it is not
	entries   []*entry
	refs      []component.RefInfo
	failed    []*document.Node // the values that are wrong

	effective any // the config with which the component was built, or would be but for Prepare
}

// entry is an entry of an item.
type entry struct {
	item  *item
	index int
	iface *component.InterfaceInfo
	name  string
	node  *document.Node // where it is named
}

// label is what messages call the item.
func (it *item) label() string {
	switch {
	case it.class != nil:
		return it.class.Name
	case it.className != nil:
		return it.className.Shown()
	}
	return fmt.Sprintf("item %d", it.number)
}

// head is where problems of the item as a whole are.
func (it *item) head() *document.Node {
	if it.className != nil {
		return it.className
	}
	return it.node
}

func (it *item) origin(n *document.Node) string {
	return it.doc.Name + ":" + strconv.Itoa(int(n.Line)) + ":" + strconv.Itoa(int(n.Column))
}

func (c *checker) problem(it *item, n *document.Node, path, message, suggestion string) {
	it.failed = append(it.failed, n)
	c.report(it.doc, n.Place(), it, path, message, suggestion)
}

// checkItem checks what can be known of an item by itself, and its entries
// against those before.
func (c *checker) checkItem(it *item) {
	c.findClass(it)
	if _, entries := it.node.Get("entries"); entries != nil {
		c.checkEntries(it, entries)
	}
	for key, value := range it.node.Pairs {
		c.checkReserved(it, key, value)
	}
	if it.class == nil {
		for key, value := range it.node.Pairs {
			if !reserved(key.Text) {
				value.Mask()
			}
		}
		return
	}
	c.checkConfig(it)
}

// refuse reports an item that is no map.
func (c *checker) refuse(it *item) {
	if it.node.Kind != document.Null {
		it.node.Mask()
	}
	c.report(it.doc, it.node.Place(), it, "", fmt.Sprintf("an item must be a map with a class, not %s", it.node.Describe()), "")
}

var reservedKeys = component.ReservedKeys()

func reserved(key string) bool {
	_, found := slices.BinarySearch(reservedKeys, key)
	return found
}

// checkReserved checks the keys that mean the same on every item.
func (c *checker) checkReserved(it *item, key, value *document.Node) {
	switch {
	case key.Text == "class" || key.Text == "entries" || !reserved(key.Text):
	case key.Text == "description":
		if value.Kind == document.List || value.Kind == document.Map {
			value.Mask()
			c.problem(it, value, key.Text, fmt.Sprintf("must be a text, not %s", value.Describe()), "")
			return
		}
		c.expand(it, value, key.Text)
	default:
		value.Mask()
		c.problem(it, key, "", fmt.Sprintf("the key %q is reserved and means nothing yet", key.Text), "")
	}
}

func (c *checker) findClass(it *item) {
	_, n := it.node.Get("class")
	switch {
	case n == nil && it.misspelled("class") != nil:
		key := it.misspelled("class")
		c.problem(it, key, "", fmt.Sprintf("unknown key %q", key.Text), "class")
		return
	case n == nil || n.Kind == document.Null:
		if n == nil || !n.Broken {
			c.problem(it, it.node, "", `the key "class" is required`, "")
		}
		return
	case n.Kind != document.Scalar:
		c.problem(it, n, "class", fmt.Sprintf("must be the name of a class, not %s", n.Describe()), "")
		return
	}
	if !c.expand(it, n, "class") {
		return
	}
	it.className = n
	class, ok := c.builder.registry.Class(n.Text)
	if !ok {
		message, suggestion := unknownName("class", n, c.classNames())
		c.reportHere(it, n, message, suggestion)
		return
	}
	it.class = class
}

// misspelled returns the key of the item that was probably meant to be name,
// nil if there is none.
func (it *item) misspelled(name string) *document.Node {
	var found *document.Node
	for key := range it.node.Pairs {
		if !reserved(key.Text) && nearest.To(key.Text, []string{name}) != "" {
			found = key
		}
	}
	return found
}

// reportHere reports a problem that names the item by itself.
func (c *checker) reportHere(it *item, n *document.Node, message, suggestion string) {
	if problem := c.note(it.doc, n.Place(), nil, "", message, suggestion); problem != nil {
		problem.Item = fmt.Sprintf("item %d", it.number)
	}
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

var entryKeys = []string{"interface", "name"}

// readEntry returns an entry, or nil if its interface or name is not known.
func (c *checker) readEntry(it *item, n *document.Node, index int) *entry {
	path := entryPath(index)
	if n.Broken {
		return nil
	}
	if n.Kind != document.Map {
		if n.Kind != document.Null {
			n.Mask()
		}
		c.problem(it, n, path, fmt.Sprintf("must be a map with an interface and a name, not %s", n.Describe()), "")
		return nil
	}
	for key, value := range n.Pairs {
		if !slices.Contains(entryKeys, key.Text) {
			value.Mask()
			c.problem(it, key, path, fmt.Sprintf("unknown key %q", key.Text), nearest.To(key.Text, entryKeys))
		}
	}
	e := &entry{item: it, index: index, node: n}
	named := true
	if _, name := n.Get("name"); name != nil && name.Kind != document.Null {
		if named = c.entryText(it, name, path, "name"); named {
			e.name, e.node = name.Text, name
		}
	}
	_, iface := n.Get("interface")
	if iface == nil || iface.Kind == document.Null {
		c.broken[e.name] = true
		c.problem(it, n, path, `the key "interface" is required`, "")
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
		message, suggestion := unknownName("interface", iface, c.interfaceNames())
		c.broken[e.name] = true
		c.problem(it, iface, path+".interface", message, suggestion)
		return nil
	}
	e.iface = info
	if it.class != nil && !it.class.Serves(info) {
		c.problem(it, iface, path+".interface", fmt.Sprintf("the class does not implement %s%s", info.Name, c.served(it.class)), "")
	}
	if !named {
		return nil
	}
	return e
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
		c.problem(e.item, e.node, path, fmt.Sprintf("the entry %s stands twice; the first is at %s",
			describeEntry(e.iface.Name, e.name), first.item.origin(first.node)), "")
		return
	}
	c.entries[key] = e
	for _, there := range c.present {
		if there.Name == e.name && (there.Interface == e.iface.Name || there.Interface == e.iface.Type.String()) {
			c.problem(e.item, e.node, path, fmt.Sprintf("the site has the entry %s already", describeEntry(e.iface.Name, e.name)), "")
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

// checkConfig checks the item's own keys against its class.
func (c *checker) checkConfig(it *item) {
	p := planOf(it.class.Config)
	var config any
	if err := protect("Default", func() error { config = it.class.NewConfig(); return nil }); err != nil {
		c.problem(it, it.head(), "", err.Error(), "")
		return
	}
	d := decoder{
		problem:       func(n *document.Node, path, message, suggestion string) { c.problem(it, n, path, message, suggestion) },
		judgeRequired: !it.class.HasPrepare(),
		at:            it.head(),
		expand: func(n *document.Node, path string) bool {
			if c.expand(it, n, path) {
				return true
			}
			it.failed = append(it.failed, n)
			return false
		},
	}
	d.group(it.node, reflect.ValueOf(config).Elem(), p, "", reserved)
	if p.refs {
		it.refs = component.Refs(config)
	}
	it.effective = config
	c.validate(it, config)
}

// validate has the config judge itself. Where some of it could not be read, or
// is to come from Prepare, only what is said of keys that the item has counts.
func (c *checker) validate(it *item, config any) {
	validator, ok := config.(component.Validator)
	if !ok {
		return
	}
	err := protect("Validate", validator.Validate)
	if err == nil {
		return
	}
	sure := len(it.failed) == 0 && !it.class.HasPrepare()
	for _, problem := range locate(it, err) {
		if sure || problem.stands && !slices.Contains(it.failed, problem.node) {
			c.reportLocated(it, problem)
		}
	}
}

// located is an error of a class's code and where it belongs.
type located struct {
	node       *document.Node
	path       string
	message    string
	suggestion string
	err        error
	stands     bool // the key that it names is in the item
}

func (c *checker) reportLocated(it *item, l located) {
	if problem := c.note(it.doc, l.node.Place(), it, l.path, l.message, l.suggestion); problem != nil {
		problem.Err = l.err
	}
}

// locate takes an error apart into those that are joined in it, and finds the
// place of each.
func locate(it *item, err error) []located {
	if parts := joined(err); parts != nil {
		var all []located
		for _, part := range parts {
			all = append(all, locate(it, part)...)
		}
		return all
	}
	var key component.KeyError
	if errors.As(err, &key) && err.Error() == key.Error() {
		return []located{locateKey(it, key)}
	}
	return []located{{node: it.head(), message: err.Error(), err: err}}
}

// joined returns the errors that errors.Join has made one of, nil for any other
// error. One that wraps several in a sentence of its own is left whole.
func joined(err error) []error {
	several, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	parts := several.Unwrap()
	if len(parts) == 0 || errors.Join(parts...).Error() != err.Error() {
		return nil
	}
	return parts
}

func locateKey(it *item, e component.KeyError) located {
	at := located{node: it.head(), path: e.Key, message: fmt.Sprint(e.Err), err: e}
	if n, path := find(it.node, e.Key); n != nil {
		at.node, at.path, at.stands = n, path, true
	}
	return at
}

// find returns the value at a path of keys and indexes, which may be joined
// with dots or brackets, and the path as messages have it. It returns nil if
// nothing stands there.
func find(n *document.Node, path string) (found *document.Node, at string) {
	steps := strings.ReplaceAll(strings.ReplaceAll(path, "[", "."), "]", "")
	for steps != "" {
		step, rest, _ := strings.Cut(steps, ".")
		var next *document.Node
		switch n.Kind {
		case document.Map:
			if _, next = n.Get(steps); next != nil {
				step, rest = steps, "" // a key that has a dot in it
			} else {
				_, next = n.Get(step)
			}
			at = joinPath(at, step)
		case document.List:
			if index, err := strconv.Atoi(step); err == nil && index >= 0 && index < len(n.Children) {
				next = n.Children[index]
			}
			at = fmt.Sprintf("%s[%s]", at, step)
		}
		if next == nil || next.Kind == document.Null {
			return nil, path
		}
		n, steps = next, rest
	}
	return n, at
}

// protect turns a panic of a class's code into an error.
func protect(in string, call func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &component.PanicError{In: in, Value: value}
		}
	}()
	return call()
}
