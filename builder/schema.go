package builder

import (
	"encoding/json"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/internal/document"
)

// Schema writes the JSON Schema (2020-12) of the files that the builder loads:
// an editor that has it completes and checks them. It says what can be said of
// a file by itself; Check knows more.
func (b *Builder) Schema(w io.Writer) error {
	s := schemer{builder: b}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(s.document())
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// object is a JSON object; its keys are written sorted.
type object map[string]any

type schemer struct {
	builder *Builder
	within  []*plan // the groups that are being written: a type may hold itself
}

func (s *schemer) document() object {
	definitions := object{"reference": object{"type": "string", "pattern": `\$\{`}}
	names := []string{}
	var rules []object
	for _, class := range s.builder.registry.Classes() {
		all := append([]string{class.Name}, class.Aliases...)
		names = append(names, all...)
		definitions[class.Name] = s.class(class, all)
		rules = append(rules, object{
			"if":   object{"properties": object{"class": object{"enum": all}}, "required": []string{"class"}},
			"then": object{"$ref": "#/$defs/" + pointerEscapes.Replace(class.Name)},
		})
	}
	item := object{
		"type": "object", "required": []string{"class"},
		"properties": object{"class": object{
			"description": "what implements the component",
			"anyOf":       []object{{"enum": names}, {"$ref": "#/$defs/reference"}},
		}},
	}
	if rules != nil {
		item["allOf"] = rules
	}
	return object{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "Components of a site",
		"type":    "array",
		"items":   item,
		"$defs":   definitions,
	}
}

func (s *schemer) class(class *component.ClassInfo, names []string) object {
	p := planOf(class.Config)
	group := s.group(p, reflect.ValueOf(class.NewConfig()).Elem())
	if class.HasPrepare() {
		delete(group, "required") // Prepare may know them
	}
	properties := group["properties"].(object)
	properties["class"] = object{"enum": names}
	properties["description"] = object{"description": "what the component is for", "type": []string{"string", "number", "boolean", "null"}}
	properties["entries"] = s.entries(class)
	group["type"] = "object"
	if class.Summary != "" {
		group["description"] = class.Summary
	}
	return group
}

func (s *schemer) entries(class *component.ClassInfo) object {
	served := []string{}
	for _, info := range s.builder.registry.Interfaces() {
		if class.Serves(info) {
			served = append(append(served, info.Name), info.Aliases...)
		}
	}
	return object{
		"description": "under what the component is found",
		"type":        []string{"array", "null"},
		"items": object{
			"type": "object", "required": []string{"interface"}, "additionalProperties": false,
			"properties": object{
				"interface": object{
					"description": "the interface that it serves",
					"anyOf":       []object{{"enum": served}, {"$ref": "#/$defs/reference"}},
				},
				"name": object{
					"description": "the name of the entry; absent, null and '' mean the unnamed one",
					"type":        []string{"string", "number", "boolean", "null"},
				},
			},
		},
	}
}

func (s *schemer) group(p *plan, defaults reflect.Value) object {
	properties := object{}
	var required []string
	for _, f := range p.fields {
		var usual reflect.Value
		if defaults.IsValid() {
			usual = settled(fieldOf(defaults, f.index))
		}
		schema := s.shape(f.shape, usual)
		if f.doc != "" {
			schema["description"] = f.doc
		}
		properties[f.key] = schema
		if f.required && (!usual.IsValid() || usual.IsZero()) {
			required = append(required, f.key)
		}
	}
	group := object{"type": []string{"object", "null"}, "properties": properties}
	if p.remain == nil {
		group["additionalProperties"] = false
	}
	if required != nil {
		group["required"] = required
	}
	return group
}

func (s *schemer) shape(f *shape, usual reflect.Value) object {
	switch f.form {
	case freeForm:
		return object{}
	case listForm:
		return object{"type": []string{"array", "null"}, "items": s.shape(f.elem, reflect.Value{})}
	case tableForm:
		return object{"type": []string{"object", "null"}, "additionalProperties": s.shape(f.elem, reflect.Value{})}
	case groupForm:
		if slices.Contains(s.within, f.fields) {
			return object{"type": []string{"object", "null"}}
		}
		s.within = append(s.within, f.fields)
		defer func() { s.within = s.within[:len(s.within)-1] }()
		return s.group(f.fields, usual)
	}
	schema := s.scalar(f)
	if usual.IsValid() && !f.secret {
		if value := usualValue(usual, f); value != nil {
			schema["default"] = value
		}
	}
	if f.secret {
		schema["writeOnly"] = true
	}
	return schema
}

// usualValue returns a default as JSON has it, nil if it says nothing.
func usualValue(v reflect.Value, f *shape) any {
	text := defaultText(v, f)
	if text == "" {
		return nil
	}
	if v.Kind() != reflect.String && (text == "true" || text == "false" || document.IsNumber(text)) {
		return json.RawMessage(text)
	}
	return text
}

// The texts that are read as numbers and durations.
const (
	wholePattern    = `^-?(0|[1-9][0-9]*)$`
	decimalPattern  = `^-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`
	durationPattern = `^\+?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$|` + `^((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`
)

func (s *schemer) scalar(f *shape) object {
	t := f.typ
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	anyText := object{"type": []string{"string", "number", "boolean", "null"}}
	var forms []object
	switch k := t.Kind(); {
	case len(f.enum) > 0:
		forms = []object{{"enum": f.enum}}
	case t == durationType:
		forms = []object{{"type": "number", "minimum": 0}, {"type": "string", "pattern": durationPattern}}
	case reflect.PointerTo(t).Implements(textUnmarshalerType):
		return anyText
	case k == reflect.Bool:
		forms = []object{{"type": "boolean"}, {"type": "string", "pattern": "^(true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$"}}
	case k >= reflect.Int && k <= reflect.Uintptr:
		forms = []object{s.number("integer", f), {"type": "string", "pattern": wholePattern}}
	case k == reflect.Float32 || k == reflect.Float64:
		forms = []object{s.number("number", f), {"type": "string", "pattern": decimalPattern}}
	default:
		return anyText
	}
	return object{"anyOf": append(forms, object{"$ref": "#/$defs/reference"}, object{"type": "null"})}
}

func (s *schemer) number(kind string, f *shape) object {
	number := object{"type": kind}
	if _, err := strconv.ParseFloat(f.bounds.min, 64); err == nil {
		number["minimum"] = json.RawMessage(f.bounds.min)
	}
	if _, err := strconv.ParseFloat(f.bounds.max, 64); err == nil {
		number["maximum"] = json.RawMessage(f.bounds.max)
	}
	return number
}
