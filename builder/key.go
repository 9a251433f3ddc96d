package builder

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
)

// Key describes a key that the items of a class may have.
type Key struct {
	Path      string   // "port", "tls.ca_file"; "[]" and "*" stand for an element of a list and a key of any name
	Type      string   // in words: "whole number", "list of text"
	Doc       string   // one line
	Default   string   // as it would be written, '' if there is none; that of a secret is not told
	Required  bool     // it must stand in an item, or in what Prepare reads
	Enum      []string // the values it takes, nil for any
	Min, Max  string   // bounds of a number, '' for none
	Secret    bool     // its value is never shown
	Interface string   // for a reference: the interface that it refers to
}

// Keys returns the keys that items of a class may have, in the order of the
// class's config, those of nested maps after their own.
func (b *Builder) Keys(class *component.ClassInfo) []Key {
	r := keyReader{builder: b}
	r.group(planOf(class.Config), reflect.ValueOf(class.NewConfig()).Elem(), "")
	return r.keys
}

type keyReader struct {
	builder *Builder
	keys    []Key
	within  []*plan // the groups that are being read: a type may hold itself
}

func (r *keyReader) group(p *plan, v reflect.Value, path string) {
	if slices.Contains(r.within, p) {
		return
	}
	r.within = append(r.within, p)
	for _, f := range p.fields {
		key := Key{Path: joinPath(path, f.key), Type: r.builder.describe(f.shape), Doc: f.doc, Required: f.required, Secret: f.shape.secret}
		inner := f.shape
		for inner.elem != nil {
			inner = inner.elem
		}
		key.Enum, key.Min, key.Max = inner.enum, inner.bounds.min, inner.bounds.max
		if inner.ref != nil {
			key.Interface = r.builder.interfaceName(inner.ref)
		}
		var value reflect.Value
		if v.IsValid() {
			value = fieldOf(v, f.index)
			for value.Kind() == reflect.Pointer {
				value = value.Elem()
			}
		}
		if value.IsValid() && f.shape.form != groupForm {
			key.Default = defaultText(value, f.shape)
		}
		r.keys = append(r.keys, key)
		r.inner(f.shape, value, key.Path)
	}
	r.within = r.within[:len(r.within)-1]
}

// inner adds the keys of the groups within a shape.
func (r *keyReader) inner(s *shape, v reflect.Value, path string) {
	switch s.form {
	case groupForm:
		r.group(s.fields, v, path)
	case listForm:
		r.inner(s.elem, reflect.Value{}, path+"[]")
	case tableForm:
		r.inner(s.elem, reflect.Value{}, joinPath(path, "*"))
	}
}

func (b *Builder) interfaceName(t reflect.Type) string {
	for _, info := range b.registry.Interfaces() {
		if info.Type == t {
			return info.Name
		}
	}
	return t.String()
}

// describe names a shape in words.
func (b *Builder) describe(s *shape) string {
	switch s.form {
	case listForm:
		return "list of " + plural(b.describe(s.elem))
	case tableForm:
		return "map of " + plural(b.describe(s.elem))
	case groupForm:
		return "map"
	case freeForm:
		if what := describeType(s.typ); what != "anything" {
			return what
		}
	}
	switch {
	case s.secret:
		return "secret"
	case s.ref != nil:
		return "name of an entry of " + b.interfaceName(s.ref)
	}
	return describeType(s.typ)
}

// describeType names a type in words.
func describeType(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		return describeType(t.Elem())
	}
	switch {
	case t == durationType:
		return "duration"
	case t == secretType:
		return "secret"
	case reflect.PointerTo(t).Implements(textUnmarshalerType):
		return "text"
	}
	switch k := t.Kind(); {
	case k == reflect.Bool:
		return "true or false"
	case k >= reflect.Int && k <= reflect.Uintptr:
		return "whole number"
	case k == reflect.Float32 || k == reflect.Float64:
		return "number"
	case k == reflect.Slice && t.Elem().Kind() == reflect.Uint8, k == reflect.String:
		return "text"
	case k == reflect.Slice || k == reflect.Array:
		return "list of " + plural(describeType(t.Elem()))
	case k == reflect.Map:
		return "map of " + plural(describeType(t.Elem()))
	case k == reflect.Struct:
		return "map"
	}
	return "anything"
}

func plural(what string) string {
	if what == "true or false" || what == "anything" {
		return what
	}
	if rest, found := strings.CutPrefix(what, "name of an entry of"); found {
		return "names of entries of" + rest
	}
	if head, rest, found := strings.Cut(what, " of "); found {
		return head + "s of " + rest
	}
	return what + "s"
}

// defaultText returns a value as a file would have it, "" for one that says
// nothing: a zero, something empty, a secret.
func defaultText(v reflect.Value, s *shape) string {
	if s.secret || v.IsZero() && v.Kind() != reflect.Bool && !(v.CanInt() || v.CanUint() || v.CanFloat()) {
		return ""
	}
	switch {
	case s.form == scalarForm:
		return scalarText(v)
	case s.form == listForm && v.Len() > 0 && s.elem.form == scalarForm:
		texts := make([]string, v.Len())
		for i := range texts {
			texts[i] = scalarText(v.Index(i))
		}
		return "[" + strings.Join(texts, ", ") + "]"
	}
	return ""
}

// scalarText writes a scalar as scalar.Set reads it.
func scalarText(v reflect.Value) string {
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.CanInterface() {
		switch value := v.Interface().(type) {
		case time.Duration:
			return value.String()
		case encoding.TextMarshaler:
			text, err := value.MarshalText()
			if err != nil {
				return ""
			}
			return string(text)
		case []byte:
			return string(value)
		}
	}
	switch {
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits())
	}
	return fmt.Sprint(v)
}
