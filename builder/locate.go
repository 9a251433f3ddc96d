package builder

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/internal/document"
)

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
	return new(finder).find(n, path)
}

// finder finds many values. It remembers the keys of large maps, in which each
// may be looked for.
type finder struct {
	keys map[*document.Node]map[string]*document.Node
}

// get returns the value of a key of a map, nil if it has none.
func (f *finder) get(n *document.Node, name string) *document.Node {
	const large = 64
	if f.keys == nil || len(n.Children) < large {
		_, value := n.Get(name)
		return value
	}
	keys := f.keys[n]
	if keys == nil {
		keys = make(map[string]*document.Node, len(n.Children)/2)
		for key, value := range n.Pairs {
			keys[key.Text] = value
		}
		f.keys[n] = keys
	}
	return keys[name]
}

func (f *finder) find(n *document.Node, path string) (found *document.Node, at string) {
	steps := strings.ReplaceAll(strings.ReplaceAll(path, "[", "."), "]", "")
	for steps != "" {
		step, rest, _ := strings.Cut(steps, ".")
		var next *document.Node
		switch n.Kind {
		case document.Map:
			if next = f.get(n, steps); next != nil {
				step, rest = steps, "" // a key that has a dot in it
			} else {
				next = f.get(n, step)
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
