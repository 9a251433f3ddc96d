package builder

import (
	"fmt"
	"reflect"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/internal/document"
)

// Value is one setting of a component that was built, and where it came from.
type Value struct {
	Path string // "port", "tls.ca_file", "tags[0]"

	// Text is the value that the class was given; [redacted] for a secret.
	Text string

	// Written is the text in the file where it has references, as it stands
	// there; that of a secret only if it is nothing but a reference.
	Written string

	// From says who decided: FromFile, FromDefault or FromPrepare.
	From string

	File    string   // of a value from a file, where it stands
	Line    int      // likewise
	Column  int      // likewise
	Origins []string // what its references were replaced with: "variable REDIS_HOST", "default of REDIS_HOST", "file password"

	Secret bool
	Doc    string // what the key is for
}

// Who decided a value.
const (
	FromFile    = "file"
	FromDefault = "default"
	FromPrepare = "prepare" // the class itself, say from a settings session
)

// Position returns the file, line and column of a value that is from a file,
// else "".
func (v Value) Position() string {
	if v.From != FromFile {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", v.File, v.Line, v.Column)
}

// Values returns the settings of an item that a builder has built into a site
// (see component.Site.Items): those of the file in its order, then the others.
// It returns nil for an item that is not a builder's. What is neither in the
// file nor has a default is left out.
func Values(built component.Item) []Value {
	it, ok := built.Source.(*item)
	if !ok {
		return nil
	}
	return it.values()
}

func (it *item) values() []Value {
	r := valueReader{item: it}
	r.group(it.node, reflect.ValueOf(it.effective).Elem(), reflect.ValueOf(it.class.NewConfig()).Elem(), planOf(it.class.Config), "", reserved)
	return r.values
}

// SourceOf returns where an item that a builder has built stands, and the name
// by which its class is called there. It returns a zero line for an item that
// is not a builder's.
func SourceOf(built component.Item) (file string, line, column int, class string) {
	it, ok := built.Source.(*item)
	if !ok {
		return "", 0, 0, ""
	}
	return it.doc.Name, int(it.node.Line), int(it.node.Column), it.className.Text
}

type valueReader struct {
	item   *item
	values []Value
}

// group adds the values of a map n, which may be nil, that was decoded into v.
func (r *valueReader) group(n *document.Node, v, plain reflect.Value, p *plan, path string, skip func(string) bool) {
	standing := map[string]bool{}
	if n != nil {
		for key, value := range n.Pairs {
			if skip != nil && skip(key.Text) || value.Kind == document.Null {
				continue
			}
			standing[key.Text] = true
			f := p.byKey[key.Text]
			if f == nil {
				r.written(value, p.under(key.Text), "", joinPath(path, key.Text))
				continue
			}
			at := joinPath(path, f.key)
			if f.shape.form == groupForm {
				r.group(value, settled(fieldOf(v, f.index)), settled(fieldOf(plain, f.index)), f.shape.fields, at, nil)
				continue
			}
			r.written(value, f.shape, f.doc, at)
		}
	}
	for _, f := range p.fields {
		if standing[f.key] {
			continue
		}
		value, usual := settled(fieldOf(v, f.index)), reflect.Value{}
		if plain.IsValid() {
			usual = settled(fieldOf(plain, f.index))
		}
		if !value.IsValid() {
			continue
		}
		if f.shape.form == groupForm {
			r.group(nil, value, usual, f.shape.fields, joinPath(path, f.key), nil)
			continue
		}
		r.unwritten(value, usual, f, joinPath(path, f.key))
	}
}

// settled follows pointers; the value is invalid at the end of a nil one.
func settled(v reflect.Value) reflect.Value {
	for v.IsValid() && v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return v
}

// written adds the scalars of n, which stands in the file.
func (r *valueReader) written(n *document.Node, s *shape, doc, path string) {
	switch n.Kind {
	case document.List:
		for i, element := range n.Children {
			r.written(element, s.within(""), doc, indexPath(path, i))
		}
	case document.Map:
		for key, value := range n.Pairs {
			if s != nil && s.form == groupForm {
				if f := s.fields.byKey[key.Text]; f != nil {
					doc = f.doc
				}
			}
			r.written(value, s.within(key.Text), doc, joinPath(path, key.Text))
		}
	case document.Scalar:
		v := Value{
			Path: path, Text: n.Text, From: FromFile, Doc: doc,
			File: r.item.doc.Name, Line: int(n.Line), Column: int(n.Column),
		}
		if n.Replaced != nil {
			v.Written, v.Origins = n.Replaced.Written, n.Replaced.Origins
		}
		if n.Secret || s != nil && s.secret {
			v.Text, v.Secret = redacted, true
			if kept, whole := soleReference(v.Written); !whole || kept != v.Written {
				v.Written = ""
			}
		}
		r.values = append(r.values, v)
	}
}

// unwritten adds a value that does not stand in the file.
func (r *valueReader) unwritten(v, usual reflect.Value, f *field, path string) {
	value := Value{Path: path, From: FromDefault, Secret: f.shape.secret, Doc: f.doc}
	if !usual.IsValid() || !reflect.DeepEqual(v.Interface(), usual.Interface()) {
		value.From = FromPrepare
	}
	if f.shape.secret {
		if v.IsZero() {
			return
		}
		value.Text = redacted
	} else if value.Text = defaultText(v, f.shape); value.Text == "" {
		return
	}
	r.values = append(r.values, value)
}
