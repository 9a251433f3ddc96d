package builder

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mitchellh/mapstructure"

	"github.com/fivcglue/fivcglue-go/internal/document"
	"github.com/fivcglue/fivcglue-go/internal/nearest"
	"github.com/fivcglue/fivcglue-go/internal/scalar"
)

// decoder sets the values of one item in a config.
type decoder struct {
	// problem takes note of what is wrong with the value of the key at path.
	problem func(n *document.Node, path, message, suggestion string)

	// expand replaces the references in a scalar and reports what cannot be;
	// then it returns false. Nil where that has been done.
	expand func(n *document.Node, path string) bool

	// judgeRequired has keys that are missing reported.
	judgeRequired bool

	at   *document.Node // where problems of the item itself are
	plan *plan          // of the item

	unread bool // a value could not be read, which was reported
}

// group decodes the keys of n, for which skip returns false, into the struct v.
func (d *decoder) group(n *document.Node, v reflect.Value, p *plan, path string, skip func(key string) bool) {
	var remaining []*document.Node
	for i := 0; i+1 < len(n.Children); i += 2 {
		key, value := n.Children[i], n.Children[i+1]
		f := p.byKey[key.Text]
		switch {
		case skip != nil && skip(key.Text):
		case f != nil:
			d.value(value, fieldOf(v, f.index), f.shape, joinPath(path, f.key))
		case p.remain != nil:
			remaining = append(remaining, key, value)
		default:
			value.Mask()
			known := p.keys
			if skip != nil { // beside keys that are no field's
				known = slices.Concat(itemKeys, known)
			}
			message, suggestion := unknownKey(key, value, known, func(name string) (where, meant string) {
				if skip != nil {
					return p.elsewhere(name)
				}
				return belongsToItem(name, d.plan), ""
			})
			d.problem(key, path, message, suggestion)
		}
	}
	if len(remaining) > 0 {
		rest := &document.Node{Kind: document.Map, Line: n.Line, Column: n.Column, Children: remaining}
		rest.Mask()
		d.value(rest, fieldOf(v, p.remain.index), p.remain.shape, path)
	}
	d.unread = d.unread || n.Torn
	if d.judgeRequired && !n.Torn {
		d.required(n, v, p, path)
	}
}

// unknownKey says that a key is none of keys. One that has no value and reads
// like both, as in {port:1}, is not told: the value may be a secret. Of a key
// that is near none, elsewhere tells where it belongs, or which was meant.
func unknownKey(key, value *document.Node, keys []string, elsewhere func(key string) (where, meant string)) (message, suggestion string) {
	if maskTorn(key, value) {
		return "a colon and a space belong between a key and its value", ""
	}
	message = fmt.Sprintf("unknown key %q", key.Text)
	if suggestion = nearest.To(key.Text, keys); suggestion != "" {
		return message, suggestion
	}
	where, meant := elsewhere(key.Text)
	return message + where, meant
}

// elsewhere tells where a key belongs that stands on an item and is none of it,
// or which key was meant.
func (p *plan) elsewhere(key string) (where, meant string) {
	switch {
	case slices.Contains(entryKeys, key):
		return `; it belongs in an element of "entries"`, ""
	case slices.Contains([]string{"entry", "implements", "interfaces"}, key):
		return "", "entries"
	}
	var groups []string
	for _, f := range p.fields {
		if f.shape.form == groupForm && f.shape.fields.byKey[key] != nil {
			groups = append(groups, quote(f.key))
		}
	}
	if groups == nil {
		return "", ""
	}
	return "; it belongs in " + strings.Join(groups, " or "), ""
}

// belongsToItem tells of a key that stands too deep in an item. p is the plan
// of its class, nil if that is not known.
func belongsToItem(key string, p *plan) string {
	if slices.Contains(itemKeys, key) || p != nil && p.byKey[key] != nil {
		return "; it belongs to the item itself"
	}
	return ""
}

// maskTorn masks a key that seems to be a key and its value.
func maskTorn(key, value *document.Node) bool {
	if value.Kind != document.Null || value.Broken || !strings.ContainsAny(key.Text, " :=") {
		return false
	}
	key.Mask()
	return true
}

func (d *decoder) required(n *document.Node, v reflect.Value, p *plan, path string) {
	for _, f := range p.fields {
		if !f.required {
			continue
		}
		if key, value := n.Get(f.key); key != nil && (value.Kind != document.Null || value.Broken) {
			continue
		}
		if fieldOf(v, f.index).IsZero() {
			at := n
			if path == "" {
				at = d.at
			}
			d.problem(at, path, fmt.Sprintf("the key %q is required", f.key), "")
		}
	}
}

func fieldOf(v reflect.Value, index []int) reflect.Value {
	for _, i := range index {
		v = v.Field(i)
	}
	return v
}

// value decodes n into v. Null leaves what is there.
func (d *decoder) value(n *document.Node, v reflect.Value, s *shape, path string) {
	if s.secret {
		n.Mask()
		n.Conceal()
	}
	if n.Broken {
		n.Mask()
	}
	d.unread = d.unread || n.Broken || n.Torn
	if n.Kind == document.Null {
		return
	}
	if s.form == scalarForm || s.form == freeForm {
		if s.form == freeForm {
			d.free(n, v, path)
		} else {
			d.scalar(n, v, s, path)
		}
		return
	}
	want, wanted := document.List, "a list"
	if s.form != listForm {
		want, wanted = document.Map, "a map of keys and values"
	}
	if n.Kind != want {
		if n.Kind == document.Map {
			n.Mask() // nothing is known of its keys
		}
		d.problem(n, path, fmt.Sprintf("must be %s, not %s", wanted, n.Describe()), "")
		return
	}
	if v.Kind() == reflect.Pointer { // what stands there may be shared with other configs
		fresh := reflect.New(v.Type().Elem())
		if !v.IsNil() {
			fresh.Elem().Set(v.Elem())
		}
		inner := *s
		inner.typ = v.Type().Elem()
		d.value(n, fresh.Elem(), &inner, path)
		v.Set(fresh)
		return
	}
	switch s.form {
	case groupForm:
		d.group(n, v, s.fields, path, nil)
	case listForm:
		d.list(n, v, s, path)
	case tableForm:
		d.table(n, v, s, path)
	}
}

func (d *decoder) list(n *document.Node, v reflect.Value, s *shape, path string) {
	list := reflect.MakeSlice(v.Type(), len(n.Children), len(n.Children))
	for i, element := range n.Children {
		at := indexPath(path, i)
		if element.Kind == document.Null && !element.Broken {
			d.problem(element, at, "must not be empty", "")
			continue
		}
		d.value(element, list.Index(i), s.elem, at)
	}
	v.Set(list)
}

func (d *decoder) table(n *document.Node, v reflect.Value, s *shape, path string) {
	table := reflect.MakeMapWithSize(v.Type(), len(n.Children)/2)
	for key, value := range n.Pairs {
		if value.Kind == document.Null {
			continue
		}
		element := reflect.New(v.Type().Elem()).Elem()
		d.value(value, element, s.elem, joinPath(path, key.Text))
		table.SetMapIndex(reflect.ValueOf(key.Text).Convert(v.Type().Key()), element)
	}
	v.Set(table)
}

// outOfRange is how package scalar begins to say what a whole number's type
// can hold.
const outOfRange = "must be a whole number from "

func (d *decoder) scalar(n *document.Node, v reflect.Value, s *shape, path string) {
	if n.Kind != document.Scalar {
		if n.Kind == document.Map {
			n.Mask() // nothing is known of its keys
		}
		d.problem(n, path, fmt.Sprintf("must be a single value, not %s", n.Describe()), "")
		return
	}
	if d.expand != nil && !d.expand(n, path) {
		return
	}
	if len(s.enum) > 0 && !slices.Contains(s.enum, n.Text) {
		message := fmt.Sprintf("must be one of %s%s", strings.Join(s.enum, ", "), d.instead(n, s))
		suggestion := ""
		if n.Replaced == nil && !s.secret {
			suggestion = nearest.To(n.Text, s.enum)
		}
		d.problem(n, path, message, suggestion)
		return
	}
	err := scalar.Set(v, n.Text, true)
	if err == nil && s.bounds.hold(v) {
		return
	}
	message := "must be " + s.bounds.String()
	if err != nil {
		message = err.Error()
		if numbers := s.bounds.String(); numbers != "" {
			low, high, ranged := strings.Cut(strings.TrimPrefix(message, outOfRange), " to ")
			switch {
			case ranged && strings.HasPrefix(message, outOfRange): // on a side that has no bound, the type's is the one that counts
				message = fmt.Sprintf("must be from %s to %s", cmp.Or(s.bounds.min, low), cmp.Or(s.bounds.max, high))
			case message == "must be a whole number" || message == "must be a number":
				message += strings.Replace(" "+numbers, " at ", " of at ", 1)
			}
		}
	}
	if errors.Is(err, scalar.ErrUnsupported) {
		message = "cannot be set from a file"
	}
	if !strings.HasPrefix(message, "must not") {
		message += d.instead(n, s)
	}
	d.problem(n, path, message, "")
}

// instead returns what stands there, where that may be told: an alias of it may
// be a secret.
func (d *decoder) instead(n *document.Node, s *shape) string {
	const long = 40
	if s.secret || n.Masked || n.Shared || n.Replaced != nil || len(n.Text) > long || strings.ContainsAny(n.Text, "@\n\r") {
		return ""
	}
	return fmt.Sprintf(", not %q", n.Text)
}

var (
	anyType      = reflect.TypeFor[any]()
	anyListType  = reflect.TypeFor[[]any]()
	anyTableType = reflect.TypeFor[map[string]any]()
)

// free has mapstructure decode what no plan covers: interfaces, maps with keys
// that are not strings, arrays.
func (d *decoder) free(n *document.Node, v reflect.Value, path string) {
	ok := true
	natural := d.natural(n, path, &ok)
	if !ok {
		return
	}
	if t := v.Type(); t == anyType || t == anyListType && n.Kind == document.List || t == anyTableType && n.Kind == document.Map {
		v.Set(reflect.ValueOf(settle(natural)))
		return
	}
	fresh := reflect.New(v.Type())
	m, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result: fresh.Interface(), ErrorUnused: true, DecodeHook: scalarHook,
	})
	if err == nil {
		err = m.Decode(natural)
	}
	if err != nil {
		what := describeType(v.Type())
		if strings.HasPrefix(what, "list") || strings.HasPrefix(what, "map") {
			what = "a " + what
		}
		d.problem(n, path, "must be "+what, "")
		return
	}
	v.Set(fresh.Elem())
}

// plainText is a scalar on its way through mapstructure.
type plainText struct {
	text   string
	quoted bool
}

// scalarHook has scalars decoded by their destination, as they are elsewhere.
func scalarHook(from, to reflect.Value) (any, error) {
	if to.Kind() == reflect.Interface && to.NumMethod() == 0 {
		return settle(from.Interface()), nil
	}
	plain, ok := from.Interface().(plainText)
	if key, isKey := from.Interface().(string); isKey && to.Kind() != reflect.String {
		plain, ok = plainText{text: key}, true
	}
	if !ok {
		return from.Interface(), nil
	}
	fresh := reflect.New(to.Type()).Elem()
	if err := scalar.Set(fresh, plain.text, true); err != nil {
		return nil, err
	}
	return fresh.Interface(), nil
}

// settle gives the scalars in value the types that their texts look like.
func settle(value any) any {
	switch v := value.(type) {
	case plainText:
		return scalar.Natural(v.text, v.quoted)
	case []any:
		for i := range v {
			v[i] = settle(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = settle(v[key])
		}
	}
	return value
}

// natural returns n as maps, slices and texts.
func (d *decoder) natural(n *document.Node, path string, ok *bool) any {
	switch n.Kind {
	case document.Scalar:
		if d.expand != nil && !d.expand(n, path) {
			*ok = false
		}
		return plainText{n.Text, n.Quoted && (n.Replaced == nil || len(n.Replaced.Origins) == 0)}
	case document.List:
		list := make([]any, len(n.Children))
		for i, element := range n.Children {
			list[i] = d.natural(element, indexPath(path, i), ok)
		}
		return list
	case document.Map:
		table := make(map[string]any, len(n.Children)/2)
		for key, value := range n.Pairs {
			table[key.Text] = d.natural(value, joinPath(path, key.Text), ok)
		}
		return table
	}
	return nil
}

// longestPath is the number of bytes above which a path goes on with an
// ellipsis: what lies below long keys may be a million values, each with a path.
const longestPath = 400

func joinPath(path, key string) string {
	switch {
	case len(path) > longestPath:
		return path
	case path != "":
		path += "."
	}
	if len(path)+len(key) > longestPath {
		return path + shorten(key, longestPath-min(len(path), longestPath)) + "…"
	}
	return path + key
}

func indexPath(path string, index int) string {
	if len(path) > longestPath {
		return path
	}
	return path + "[" + strconv.Itoa(index) + "]"
}

// shorten returns the beginning of a text, of at most that many bytes.
func shorten(text string, size int) string {
	if len(text) <= size {
		return text
	}
	for size > 0 && !utf8.RuneStart(text[size]) {
		size--
	}
	return text[:size]
}
