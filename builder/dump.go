package builder

import (
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"

	"github.com/fivcglue/fivcglue-go/component"
)

// Dump writes the configuration of site, in the format "json", "yaml" or "yml",
// such that loading it builds an equal site. Of a builder made with
// WithDefaults, it has the values that were left to the defaults, too.
//
// Values with references stand as they were written. So do secrets; one that
// stood in the file as it is becomes a reference to a variable, which the
// message tells whoever loads the dump to set. So a dump may be shown. A
// reference to a file is relative to the file that it was written in: a dump
// belongs in the same folder.
//
// Components that were registered by hand are left out. An item that was not
// built by a builder is an error.
func (b *Builder) Dump(site *component.Site, w io.Writer, format string) error {
	format, err := b.formatOf(Source{format: format, fixed: true})
	if err != nil {
		return err
	}
	d := dumper{defaults: b.defaults, variables: map[string]int{}}
	var items []*node
	for i, built := range site.Items() {
		it, ok := built.Source.(*item)
		if !ok {
			return fmt.Errorf("item %d, of class %s, is from no file", i+1, built.Class.Name)
		}
		items = append(items, d.item(it))
	}
	if format == formatJSON {
		return writeJSON(w, items)
	}
	return writeYAML(w, items)
}

// dumper makes nodes to be written of items.
type dumper struct {
	defaults  bool
	variables map[string]int // how often a name was given to a secret
	current   *item
}

func (d *dumper) item(it *item) *node {
	d.current = it
	out := &node{kind: mapKind}
	if len(it.entries) > 0 {
		entries := &node{kind: listKind}
		for _, e := range it.entries {
			entry := &node{kind: mapKind}
			entry.put("interface", text(e.iface.Name, false))
			if e.name != "" {
				entry.put("name", text(escapeReferences(e.name), true))
			}
			entries.children = append(entries.children, entry)
		}
		out.put("entries", entries)
	}
	out.put("class", text(it.class.Name, false))
	if _, description := it.node.get("description"); description != nil && description.kind == scalarKind {
		out.put("description", d.written(description, nil, ""))
	}
	d.group(out, it.node, reflect.ValueOf(it.effective).Elem(), planOf(it.class.Config), "", reserved)
	return out
}

// group puts the values of n, and those that it leaves to the defaults, into
// out.
func (d *dumper) group(out, n *node, v reflect.Value, p *plan, path string, skip func(string) bool) {
	standing := map[string]bool{}
	n.pairs(func(key, value *node) {
		if skip != nil && skip(key.text) || value.kind == nullKind {
			return
		}
		standing[key.text] = true
		at := joinPath(path, key.text)
		f := p.byKey[key.text]
		switch {
		case f == nil:
			out.put(key.text, d.written(value, nil, at))
		case f.shape.form == groupForm:
			inner := &node{kind: mapKind}
			d.group(inner, value, settled(fieldOf(v, f.index)), f.shape.fields, at, nil)
			out.put(key.text, inner)
		default:
			out.put(key.text, d.written(value, f.shape, at))
		}
	})
	if !d.defaults {
		return
	}
	for _, f := range p.fields {
		if !standing[f.key] {
			if value := unwritten(settled(fieldOf(v, f.index)), f.shape); value != nil {
				out.put(f.key, value)
			}
		}
	}
}

// put adds a key and its value.
func (n *node) put(key string, value *node) {
	n.children = append(n.children, text(key, false), value)
}

func text(s string, quoted bool) *node { return &node{kind: scalarKind, text: s, quoted: quoted} }

// written copies n as it was written.
func (d *dumper) written(n *node, s *shape, path string) *node {
	out := &node{kind: n.kind, quoted: n.quoted, masked: s == nil || s.form == freeForm}
	var elem *shape
	if s != nil {
		elem = s.elem
	}
	switch n.kind {
	case scalarKind:
		out.text = n.text
		if n.from != nil {
			out.text = n.from.written
		}
		if s != nil && s.secret {
			out.text, out.quoted = d.secret(n, path), true
		}
	case listKind:
		for i, element := range n.children {
			out.children = append(out.children, d.written(element, elem, fmt.Sprintf("%s_%d", path, i)))
		}
	case mapKind:
		n.pairs(func(key, value *node) {
			inner := elem
			if s != nil && s.form == groupForm {
				if f := s.fields.byKey[key.text]; f != nil {
					inner = f.shape
				}
			}
			out.put(key.text, d.written(value, inner, joinPath(path, key.text)))
		})
	}
	return out
}

var reference = regexp.MustCompile(`^\$\{(?:(file:[^{}]+)|([A-Za-z_][A-Za-z0-9_]*)(:\?[^{}]*)?(:-.*)?)\}$`)

// soleReference reports whether a text is one reference and nothing else, and
// returns it without a default, which is a secret itself.
func soleReference(written string) (kept string, ok bool) {
	match := reference.FindStringSubmatch(written)
	if match == nil || closingBrace(written) != len(written)-1 {
		return "", false
	}
	return "${" + match[1] + match[2] + match[3] + "}", true
}

// secret returns what may be shown in the place of a secret, and gives the
// same when it is loaded.
func (d *dumper) secret(n *node, path string) string {
	if n.from != nil {
		if kept, ok := soleReference(n.from.written); ok {
			return kept
		}
	}
	if n.text == "" {
		return ""
	}
	words := []string{d.current.class.Name}
	for _, e := range d.current.entries {
		if e.name != "" {
			words = append(words, e.name)
			break
		}
	}
	name := variableName(strings.Join(append(words, path), "_"))
	d.variables[name]++
	if count := d.variables[name]; count > 1 {
		name = fmt.Sprintf("%s_%d", name, count)
	}
	place := strings.NewReplacer("{", "", "}", "", "$", "").Replace(d.current.origin(n))
	return fmt.Sprintf("${%s:?the secret that stood at %s}", name, place)
}

func variableName(words string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, words)
}

func escapeReferences(s string) string { return strings.ReplaceAll(s, "${", "$${") }

// unwritten returns a default as a file would have it, nil for one that cannot
// or need not be written: a secret, what is empty, what the file may not say.
func unwritten(v reflect.Value, s *shape) *node {
	if !v.IsValid() || s.secret || s.form == freeForm {
		return nil
	}
	switch s.form {
	case scalarForm:
		if v.IsZero() && !v.CanInt() && !v.CanUint() && !v.CanFloat() && v.Kind() != reflect.Bool {
			return nil
		}
		n := text(scalarText(v), v.Kind() == reflect.String)
		if !s.bounds.hold(v) || len(s.enum) > 0 && !contains(s.enum, n.text) {
			return nil
		}
		n.text = escapeReferences(n.text)
		return n
	case groupForm:
		out := &node{kind: mapKind}
		for _, f := range s.fields.fields {
			if value := unwritten(settled(fieldOf(v, f.index)), f.shape); value != nil {
				out.put(f.key, value)
			}
		}
		if len(out.children) == 0 {
			return nil
		}
		return out
	case listForm:
		out := &node{kind: listKind}
		for i := range v.Len() {
			element := unwritten(settled(v.Index(i)), s.elem)
			if element == nil {
				return nil
			}
			out.children = append(out.children, element)
		}
		if v.Len() > 0 {
			return out
		}
	case tableForm:
		out := &node{kind: mapKind}
		for _, key := range sortedKeys(v) {
			value := unwritten(settled(v.MapIndex(key)), s.elem)
			if value == nil {
				return nil
			}
			out.put(key.String(), value)
		}
		if v.Len() > 0 {
			return out
		}
	}
	return nil
}
