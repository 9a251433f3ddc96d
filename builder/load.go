package builder

import (
	"context"
	"errors"
	"reflect"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/internal/document"
)

// build has site build the items, which are checked.
func (c *checker) build(ctx context.Context, site *component.Site) error {
	items := make([]component.Item, len(c.items))
	for i, it := range c.items {
		items[i] = component.Item{Class: it.class, Decode: c.decoderOf(it), Origin: it.origin(it.node), Source: it}
		entries := make([]component.ItemEntry, len(it.entries))
		for j, e := range it.entries {
			entries[j] = component.ItemEntry{Interface: e.iface, Name: e.name, Origin: it.origin(e.node)}
		}
		items[i].Entries = entries
	}
	err := site.Build(ctx, items)
	if err == nil {
		return nil
	}
	c.found = nil
	rest := c.explain(err)
	found := c.diagnostics()
	switch {
	case len(found) == 0:
		return rest
	case rest == nil:
		return found
	}
	return errors.Join(found, rest)
}

// decoderOf returns the function that sets the values of an item in a config.
// What it finds wrong is what Check could not know: Prepare has run.
func (c *checker) decoderOf(it *item) func(config any) error {
	p := planOf(it.class.Config)
	checked := it.effective
	if p.flat && !it.class.HasPrepare() {
		return func(config any) error { // which Check has decoded already
			reflect.ValueOf(config).Elem().Set(reflect.ValueOf(checked).Elem())
			return nil
		}
	}
	return func(config any) error {
		var found []error
		d := decoder{judgeRequired: true, at: it.head(), plan: p, problem: func(n *document.Node, path, message, suggestion string) {
			found = append(found, &misfit{n, path, message, suggestion})
		}}
		d.group(it.node, reflect.ValueOf(config).Elem(), p, "", reserved)
		it.effective = config
		return errors.Join(found...)
	}
}

// misfit is a problem of a value that is found while the site is built.
type misfit struct {
	node                      *document.Node
	path, message, suggestion string
}

func (m *misfit) Error() string {
	if m.path == "" {
		return m.message
	}
	return m.path + ": " + m.message
}

// explain reports the parts of the site's error that are an item's, and
// returns the others.
func (c *checker) explain(err error) error {
	if parts := joined(err); parts != nil {
		var rest []error
		for _, part := range parts {
			rest = append(rest, c.explain(part))
		}
		return errors.Join(rest...)
	}
	var e *component.BuildError
	if errors.As(err, &e) && e.Item >= 0 && e.Item < len(c.items) {
		c.explainItem(c.items[e.Item], e)
		return nil
	}
	return err
}

func (c *checker) explainItem(it *item, e *component.BuildError) {
	at := it.head()
	for _, entry := range it.entries {
		if it.origin(entry.node) == e.Origin {
			at = entry.node
		}
	}
	for _, l := range locate(it, e.Err) {
		var m *misfit
		switch {
		case errors.As(l.err, &m):
			l = located{node: m.node, path: m.path, message: m.message, suggestion: m.suggestion}
		case l.path == "":
			l.node = at
			if !errors.Is(l.err, component.ErrCycle) && !errors.Is(l.err, component.ErrDuplicate) {
				l.message = "cannot be built: " + l.message
			}
		}
		c.reportLocated(it, l)
	}
}
