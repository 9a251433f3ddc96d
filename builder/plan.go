package builder

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
)

// plan is how the keys of a map are decoded into a struct: worked out once for
// a type, used for every item of its classes.
type plan struct {
	fields []*field
	byKey  map[string]*field
	keys   []string // sorted, for suggestions
	remain *field   // takes the keys that no other field has, nil if there is none
	refs   bool     // a reference may be in it
	flat   bool     // a copy of the struct shares nothing with it
}

// field is one key of a plan.
type field struct {
	key, doc string
	index    []int // of the struct's field, through those that are squashed
	required bool
	shape    *shape
}

// shape is how a value is decoded.
type shape struct {
	form   form
	typ    reflect.Type
	secret bool         // it is, or holds, component.Secret, or its tag, or that of what it is in, says so
	ref    reflect.Type // the interface that it refers to, nil for what is no reference
	elem   *shape       // of lists and maps
	fields *plan        // of groups
	enum   []string
	bounds bounds
}

type form uint8

const (
	scalarForm form = iota
	groupForm       // a struct: keys of its own
	listForm
	tableForm // a map with keys of any name
	freeForm  // whatever mapstructure makes of it
)

var plans sync.Map // of *plan by reflect.Type

// planOf returns the plan of a struct type.
func planOf(t reflect.Type) *plan {
	if known, ok := plans.Load(t); ok {
		return known.(*plan)
	}
	p := (&planner{underway: map[planKey]*plan{}}).plan(t, false)
	known, _ := plans.LoadOrStore(t, p)
	return known.(*plan)
}

// planner plans a type and those that it holds. All in a field whose tag says
// that it is secret is so too.
type planner struct{ underway map[planKey]*plan }

type planKey struct {
	typ    reflect.Type
	secret bool
}

func (pl *planner) plan(t reflect.Type, secret bool) *plan {
	key := planKey{t, secret}
	if p, ok := pl.underway[key]; ok {
		return p // a type that holds itself
	}
	p := &plan{byKey: map[string]*field{}}
	pl.underway[key] = p
	pl.addFields(p, t, nil, secret)
	p.flat = isFlat(t)
	for _, f := range p.fields {
		p.byKey[f.key] = f
		p.keys = append(p.keys, f.key)
	}
	slices.Sort(p.keys)
	p.refs = slices.ContainsFunc(p.fields, func(f *field) bool { return f.shape.mayRefer() })
	return p
}

// isFlat reports whether values of type t have no memory that a copy would
// share. Secrets do, but never change it.
func isFlat(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		if t == secretType {
			return true
		}
		for i := range t.NumField() {
			if !isFlat(t.Field(i).Type) {
				return false
			}
		}
		return true
	case reflect.String:
		return true
	}
	return isScalar(t.Kind())
}

func (s *shape) mayRefer() bool {
	switch {
	case s.ref != nil:
		return true
	case s.elem != nil:
		return s.elem.mayRefer()
	}
	return s.fields != nil && s.fields.refs
}

func (pl *planner) addFields(p *plan, t reflect.Type, index []int, within bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("mapstructure"), ",")
		at := append(slices.Clone(index), i)
		has := func(option string) bool { return slices.Contains(strings.Split(options, ","), option) }
		secret := within || f.Tag.Get("secret") == "true"
		switch {
		case f.Type.Kind() == reflect.Struct && has("squash"):
			pl.addFields(p, f.Type, at, secret)
			continue
		case !f.IsExported() || key == "-":
			continue
		case has("remain"):
			p.remain = &field{key: f.Name, index: at, shape: pl.shape(f.Type, secret)}
			continue
		case key == "":
			key = f.Name
		}
		s := pl.shape(f.Type, secret)
		target := s
		for target.elem != nil {
			target = target.elem // what a tag says of a list is said of its elements
		}
		target.bounds = boundsOf(f.Tag, target.typ)
		if enum := f.Tag.Get("enum"); enum != "" {
			target.enum = strings.Split(enum, ",")
			for i := range target.enum {
				target.enum[i] = strings.TrimSpace(target.enum[i])
			}
		}
		p.fields = append(p.fields, &field{
			key: key, doc: f.Tag.Get("doc"), index: at, required: f.Tag.Get("required") == "true", shape: s,
		})
	}
}

var (
	secretType          = reflect.TypeFor[component.Secret]()
	durationType        = reflect.TypeFor[time.Duration]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func (pl *planner) shape(t reflect.Type, secret bool) *shape {
	if t.Kind() == reflect.Pointer {
		inner := pl.shape(t.Elem(), secret)
		s := *inner
		s.typ = t
		return &s
	}
	s := &shape{typ: t, secret: secret}
	switch {
	case reflect.PointerTo(t).Implements(textUnmarshalerType):
		s.secret = secret || holdsSecret(t, nil)
		if refs := component.Refs(reflect.New(t).Interface()); len(refs) == 1 {
			s.ref = refs[0].Interface
		}
		return s
	case t.Kind() == reflect.Struct:
		s.form, s.fields = groupForm, pl.plan(t, secret)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
	case t.Kind() == reflect.Slice:
		s.form, s.elem = listForm, pl.shape(t.Elem(), secret)
		s.secret = s.elem.secret
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		s.form, s.elem = tableForm, pl.shape(t.Elem(), secret)
		s.secret = s.elem.secret
	case isScalar(t.Kind()):
		return s
	default:
		s.form = freeForm
	}
	if s.elem != nil && s.elem.form == freeForm {
		s.form, s.elem = freeForm, nil
	}
	if s.form == freeForm { // of which it is not known what stands where
		s.secret = secret || holdsSecret(t, nil)
	}
	return s
}

// holdsSecret reports whether a component.Secret may be in a value of type t.
// seen keeps types that hold themselves from being walked for ever.
func holdsSecret(t reflect.Type, seen []reflect.Type) bool {
	if t == secretType {
		return true
	}
	if slices.Contains(seen, t) {
		return false
	}
	seen = append(seen, t)
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if holdsSecret(t.Field(i).Type, seen) {
				return true
			}
		}
	case reflect.Map:
		return holdsSecret(t.Key(), seen) || holdsSecret(t.Elem(), seen)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return holdsSecret(t.Elem(), seen)
	}
	return false
}

// within returns the shape of what stands in a value of the shape: of the
// elements of a list, or of the value of a key. It is nil if nothing is known.
func (s *shape) within(key string) *shape {
	switch {
	case s == nil:
		return nil
	case s.form == freeForm:
		return s
	case s.form == groupForm:
		return s.fields.under(key)
	}
	return s.elem
}

// under returns the shape of the value of a key.
func (p *plan) under(key string) *shape {
	switch f := p.byKey[key]; {
	case f != nil:
		return f.shape
	case p.remain != nil:
		return p.remain.shape.within(key)
	}
	return nil
}

func isScalar(k reflect.Kind) bool {
	return k >= reflect.Bool && k <= reflect.Float64 || k == reflect.String
}

// bounds are the smallest and the largest number that a field takes, as its
// tags say.
type bounds struct {
	min, max string // '' for none
	low      float64
	high     float64
}

func boundsOf(tag reflect.StructTag, t reflect.Type) bounds {
	b := bounds{min: tag.Get("min"), max: tag.Get("max")}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var ok bool
	if b.low, ok = boundOf(b.min, t); !ok {
		b.min = ""
	}
	if b.high, ok = boundOf(b.max, t); !ok {
		b.max = ""
	}
	return b
}

func boundOf(text string, t reflect.Type) (float64, bool) {
	if t == durationType {
		if d, err := time.ParseDuration(text); err == nil {
			return float64(d), true
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if t == durationType {
		f *= float64(time.Second)
	}
	return f, err == nil
}

// String says the bounds in words, "from 1 to 65535", or "" if there are none.
func (b bounds) String() string {
	switch {
	case b.min != "" && b.max != "":
		return fmt.Sprintf("from %s to %s", b.min, b.max)
	case b.min != "":
		return "at least " + b.min
	case b.max != "":
		return "at most " + b.max
	}
	return ""
}

// hold reports whether a number is within the bounds.
func (b bounds) hold(v reflect.Value) bool {
	if b.min == "" && b.max == "" {
		return true
	}
	var f float64
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch {
	case v.CanInt():
		f = float64(v.Int())
	case v.CanUint():
		f = float64(v.Uint())
	case v.CanFloat():
		f = v.Float()
	default:
		return true
	}
	return (b.min == "" || f >= b.low) && (b.max == "" || f <= b.high)
}
