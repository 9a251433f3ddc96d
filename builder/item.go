package builder

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

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
	circled   bool             // it is on a circle that was reported

	effective any // the config with which the component was built, or would be but for Prepare
}

// label is what messages call the item.
func (it *item) label() string {
	switch {
	case it.class != nil:
		return it.class.Name
	case it.className != nil:
		if name := it.className.Shown(); len(name) > longestPath {
			return shorten(name, longestPath) + "…"
		}
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
				maskTorn(key, value)
			}
		}
		return
	}
	c.checkConfig(it)
}

// refuse reports an item that is no map.
func (c *checker) refuse(it *item) {
	it.node.Mask()
	c.report(it.doc, it.node.Place(), it, "", fmt.Sprintf("an item must be a map with a class, not %s", it.node.Describe()), "")
}

var reservedKeys = component.ReservedKeys()

// itemKeys are those of the reserved keys that mean something.
var itemKeys = []string{"class", "description", "entries"}

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
		if value.Kind != document.Scalar { // nothing is known of what is in it
			value.Mask()
		}
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
		if (n == nil && !it.node.Torn || n != nil && !n.Broken) && !it.classInEntry() {
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
		if info, isInterface := c.builder.registry.Interface(n.Text); isInterface {
			c.reportHere(it, n, c.interfaceAsClass(n, info), "")
			return
		}
		message, suggestion := unknownName("class", n, c.classNames())
		c.reportHere(it, n, message, suggestion)
		return
	}
	it.class = class
}

// classInEntry reports whether the class is named in an entry, of which the
// check of that says that it does not belong there.
func (it *item) classInEntry() bool {
	_, entries := it.node.Get("entries")
	return entries != nil && entries.Kind == document.List && slices.ContainsFunc(entries.Children, func(entry *document.Node) bool {
		key, _ := entry.Get("class")
		return key != nil
	})
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

// checkConfig checks the item's own keys against its class.
func (c *checker) checkConfig(it *item) {
	p := planOf(it.class.Config)
	var config any
	if err := protect("Default", func() error { config = it.class.NewConfig(); return nil }); err != nil {
		c.problem(it, it.head(), "", err.Error(), "")
		return
	}
	d := decoder{
		problem: func(n *document.Node, path, message, suggestion string) {
			if path == "" && suggestion == "entries" {
				_, value := it.node.Get(n.Text)
				c.expectEntries(value)
			}
			c.problem(it, n, path, message, suggestion)
		},
		judgeRequired: !it.class.HasPrepare(),
		at:            it.head(),
		plan:          p,
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
	c.validate(it, config, len(it.failed) == 0 && !d.unread && !it.class.HasPrepare())
}

// validate has the config judge itself. It is not sure where some of it could
// not be read, or is to come from Prepare: then only what is said of keys that
// the item has counts.
func (c *checker) validate(it *item, config any, sure bool) {
	validator, ok := config.(component.Validator)
	if !ok {
		return
	}
	err := protect("Validate", validator.Validate)
	if err == nil {
		return
	}
	for _, problem := range locate(it, err) {
		if sure || problem.stands && !slices.Contains(it.failed, problem.node) {
			c.reportLocated(it, problem)
		}
	}
}

// protect turns a panic of a class's code, or of the error that it gave, into
// an error.
func protect(in string, call func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &component.PanicError{In: in, Value: value}
		}
	}()
	if err = call(); err != nil {
		in = "the error of " + in
		_ = err.Error()
	}
	return err
}
