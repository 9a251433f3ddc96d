package builder

import (
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/internal/document"
)

// Dump writes the configuration of site, in the format "json", "yaml" or "yml",
// such that loading it builds an equal site. Of a builder made with
// WithDefaults, it has the values that were left to the defaults, too.
//
// Values with references stand as they were written. So do secrets; one that
// stood in the file as it is becomes a reference to a variable, which the
// message tells whoever loads the dump to set. So a dump may be shown.
// References to files are written as they are found from the folder of the
// first source, in which a dump belongs.
//
// Components that were registered by hand are left out. An item that was not
// built by a builder is an error.
func (b *Builder) Dump(site *component.Site, w io.Writer, format string) error {
	format, err := b.formatOf(Source{format: format, fixed: true})
	if err != nil {
		return err
	}
	d := dumper{defaults: b.defaults, variables: map[string]int{}}
	var items []*document.Node
	for i, built := range site.Items() {
		it, ok := built.Source.(*item)
		if !ok {
			return fmt.Errorf("item %d, of class %s, is from no file", i+1, built.Class.Name)
		}
		if i == 0 {
			d.base = it.doc.base
		}
		items = append(items, d.item(it))
	}
	if format == document.JSON {
		return writeJSON(w, items)
	}
	return writeYAML(w, items)
}

// dumper makes nodes to be written of items.
type dumper struct {
	defaults  bool
	variables map[string]int // how often a name was given to a secret
	current   *item
	base      folder // from which references to files lead
}

func (d *dumper) item(it *item) *document.Node {
	d.current = it
	out := &document.Node{Kind: document.Map}
	if len(it.entries) > 0 {
		entries := &document.Node{Kind: document.List}
		for _, e := range it.entries {
			entry := &document.Node{Kind: document.Map}
			put(entry, "interface", text(e.iface.Name, false))
			if e.name != "" {
				put(entry, "name", text(escapeReferences(e.name), true))
			}
			entries.Children = append(entries.Children, entry)
		}
		put(out, "entries", entries)
	}
	put(out, "class", text(it.class.Name, false))
	if _, description := it.node.Get("description"); description != nil && description.Kind == document.Scalar {
		put(out, "description", d.written(description, nil, "description"))
	}
	d.group(out, it.node, reflect.ValueOf(it.effective).Elem(), planOf(it.class.Config), "", reserved)
	return out
}

// group puts the values of n, and those that it leaves to the defaults, into
// out.
func (d *dumper) group(out, n *document.Node, v reflect.Value, p *plan, path string, skip func(string) bool) {
	standing := map[string]bool{}
	for key, value := range n.Pairs {
		f := p.byKey[key.Text]
		if skip != nil && skip(key.Text) || f != nil && value.Kind == document.Null {
			continue
		}
		standing[key.Text] = true
		at := joinPath(path, key.Text)
		switch {
		case f == nil:
			put(out, key.Text, d.written(value, p.under(key.Text), at))
		case f.shape.form == groupForm:
			inner := &document.Node{Kind: document.Map}
			d.group(inner, value, settled(fieldOf(v, f.index)), f.shape.fields, at, nil)
			put(out, key.Text, inner)
		default:
			put(out, key.Text, d.written(value, f.shape, at))
		}
	}
	if !d.defaults {
		return
	}
	for _, f := range p.fields {
		if !standing[f.key] {
			if value := unwritten(settled(fieldOf(v, f.index)), f.shape); value != nil {
				put(out, f.key, value)
			}
		}
	}
}

// put adds a key and its value to a map.
func put(n *document.Node, key string, value *document.Node) {
	n.Children = append(n.Children, text(key, false), value)
}

func text(s string, quoted bool) *document.Node {
	return &document.Node{Kind: document.Scalar, Text: s, Quoted: quoted}
}

// written copies n as it was written.
func (d *dumper) written(n *document.Node, s *shape, path string) *document.Node {
	out := &document.Node{Kind: n.Kind, Quoted: n.Quoted, Masked: s == nil || s.form == freeForm}
	switch n.Kind {
	case document.Scalar:
		out.Text = n.Text
		if n.Replaced != nil {
			out.Text = d.fromBase(n.Replaced.Written)
		}
		if n.Secret || s != nil && s.secret {
			out.Text, out.Quoted = d.secret(n, path), true
		}
	case document.List:
		for i, element := range n.Children {
			out.Children = append(out.Children, d.written(element, s.within(""), fmt.Sprintf("%s_%d", path, i)))
		}
	case document.Map:
		for key, value := range n.Pairs {
			put(out, key.Text, d.written(value, s.within(key.Text), joinPath(path, key.Text)))
		}
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
func (d *dumper) secret(n *document.Node, path string) string {
	if n.Replaced != nil {
		if kept, ok := soleReference(n.Replaced.Written); ok {
			return d.fromBase(kept)
		}
	}
	if n.Text == "" {
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

// fromBase returns a text with its references to files as they are found from
// the folder in which the dump belongs. It goes through the text as expanding.text.
func (d *dumper) fromBase(text string) string {
	var b strings.Builder
	for rest := text; ; {
		i := strings.Index(rest, "${")
		if i < 0 {
			b.WriteString(rest)
			return b.String()
		}
		end := closingBrace(rest[i:])
		if i > 0 && rest[i-1] == '$' || end < 0 {
			b.WriteString(rest[:i+2])
			rest = rest[i+2:]
			continue
		}
		body := rest[i+2 : i+end]
		if name, isFile := strings.CutPrefix(body, "file:"); isFile {
			if found := d.current.doc.folder.from(d.base, name); !strings.Contains(found, "}") && !strings.Contains(found, "${") {
				body = "file:" + found
			}
		} else if name, usual, hasDefault := strings.Cut(body, ":-"); hasDefault && isVariable(name) {
			body = name + ":-" + d.fromBase(usual)
		}
		b.WriteString(rest[:i] + "${" + body + "}")
		rest = rest[i+end+1:]
	}
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
func unwritten(v reflect.Value, s *shape) *document.Node {
	if !v.IsValid() || s.secret || s.form == freeForm {
		return nil
	}
	switch s.form {
	case scalarForm:
		if v.IsZero() && !v.CanInt() && !v.CanUint() && !v.CanFloat() && v.Kind() != reflect.Bool {
			return nil
		}
		n := text(scalarText(v), v.Kind() == reflect.String)
		if !s.bounds.hold(v) || len(s.enum) > 0 && !slices.Contains(s.enum, n.Text) {
			return nil
		}
		n.Text = escapeReferences(n.Text)
		return n
	case groupForm:
		out := &document.Node{Kind: document.Map}
		for _, f := range s.fields.fields {
			if value := unwritten(settled(fieldOf(v, f.index)), f.shape); value != nil {
				put(out, f.key, value)
			}
		}
		if len(out.Children) == 0 {
			return nil
		}
		return out
	case listForm:
		out := &document.Node{Kind: document.List}
		for i := range v.Len() {
			element := unwritten(settled(v.Index(i)), s.elem)
			if element == nil {
				return nil
			}
			out.Children = append(out.Children, element)
		}
		if v.Len() > 0 {
			return out
		}
	case tableForm:
		out := &document.Node{Kind: document.Map}
		for _, key := range sortedKeys(v) {
			value := unwritten(settled(v.MapIndex(key)), s.elem)
			if value == nil {
				return nil
			}
			put(out, key.String(), value)
		}
		if v.Len() > 0 {
			return out
		}
	}
	return nil
}
