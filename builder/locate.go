package builder

import (
	"errors"
	"fmt"
	"slices"
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
		problem.Err = discreetly(l.err)
	}
}

// discreet is an error that shows credentials, behind a text without them: who
// walks a chain of errors to print it, as loggers do, does not get at theirs.
// errors.Is and errors.As find what is behind it.
type discreet struct{ err error }

func (d discreet) Error() string        { return document.WithoutCredentials(textOf(d.err)) }
func (d discreet) Is(target error) bool { return errors.Is(d.err, target) }
func (d discreet) As(target any) bool   { return errors.As(d.err, target) }

// discreetly returns err, or, if it or what it wraps shows credentials, one
// that does not.
func discreetly(err error) error {
	if left := maxWrapped; shows(err, &left) {
		return discreet{err}
	}
	return err
}

// maxWrapped bounds how many errors of a tree are looked at: one may wrap itself.
const maxWrapped = 1000

// shows reports whether an error, or one that it wraps, shows credentials, or
// is one of more than are looked at.
func shows(err error, left *int) bool {
	if err == nil {
		return false
	}
	if *left--; *left < 0 {
		return true
	}
	if text := textOf(err); document.WithoutCredentials(text) != text {
		return true
	}
	switch wrapper := err.(type) { //nolint:errorlint // this is the walk that errors.As would do
	case interface{ Unwrap() error }:
		return shows(wrapper.Unwrap(), left)
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(wrapper.Unwrap(), func(inner error) bool { return shows(inner, left) })
	}
	return false
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
	if errors.As(err, &key) && textOf(err) == key.Error() {
		return []located{locateKey(it, key)}
	}
	return []located{{node: it.head(), message: textOf(err), err: err}}
}

// textOf is err.Error of an error that may be a nil pointer, which panics.
func textOf(err error) string { return fmt.Sprint(err) }

// joined returns the errors that errors.Join has made one of, nil for any other
// error. One that wraps several in a sentence of its own is left whole.
func joined(err error) []error {
	several, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	parts := several.Unwrap()
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = textOf(part)
	}
	if len(parts) == 0 || strings.Join(texts, "\n") != textOf(err) {
		return nil
	}
	return parts
}

func locateKey(it *item, e component.KeyError) located {
	at := located{node: it.head(), path: e.Key, message: textOf(e.Err), err: e}
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
	for rest := path; rest != ""; {
		var next *document.Node
		var step string
		switch n.Kind {
		case document.Map:
			step, rest, next = f.key(n, rest)
			at = joinPath(at, step)
		case document.List:
			step, rest = cutIndex(rest)
			if index, err := strconv.Atoi(step); err == nil && index >= 0 && index < len(n.Children) {
				next = n.Children[index]
			}
			at = fmt.Sprintf("%s[%s]", at, step)
		}
		if next == nil || next.Kind == document.Null {
			return nil, path
		}
		n = next
	}
	return n, at
}

// key returns the key of a map with which a path begins, what follows it, and
// the key's value. A key may have dots and brackets in it: the longest counts.
func (f *finder) key(n *document.Node, path string) (key, rest string, value *document.Node) {
	if inner, bracketed := strings.CutPrefix(path, "["); bracketed {
		for end := strings.LastIndexByte(inner, ']'); end >= 0; end = strings.LastIndexByte(inner[:end], ']') {
			if value = f.get(n, inner[:end]); value != nil && beginsStep(inner[end+1:]) {
				return inner[:end], inner[end+1:], value
			}
		}
	}
	path = strings.TrimPrefix(path, ".")
	for end := len(path); end > 0; end = strings.LastIndexAny(path[:end], ".[") {
		if value = f.get(n, path[:end]); value != nil {
			return path[:end], path[end:], value
		}
	}
	return "", "", nil
}

// beginsStep reports whether what follows a key goes on with another.
func beginsStep(rest string) bool { return rest == "" || rest[0] == '.' || rest[0] == '[' }

// cutIndex returns the index with which a path begins, as [0] or as .0, and
// what follows it.
func cutIndex(path string) (index, rest string) {
	if inner, bracketed := strings.CutPrefix(path, "["); bracketed {
		index, rest, _ = strings.Cut(inner, "]")
		return index, rest
	}
	path = strings.TrimPrefix(path, ".")
	if end := strings.IndexAny(path, ".["); end >= 0 {
		return path[:end], path[end:]
	}
	return path, ""
}
