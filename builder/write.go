package builder

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"

	"github.com/fivcglue/fivcglue-go/internal/scalar"
)

func sortedKeys(table reflect.Value) []reflect.Value {
	keys := table.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

// writeYAML writes a list of items with an empty line between them.
func writeYAML(w io.Writer, items []*node) error {
	var b bytes.Buffer
	if len(items) == 0 {
		b.WriteString("[]\n")
	}
	for i, item := range items {
		if i > 0 {
			b.WriteByte('\n')
		}
		encoder := yaml.NewEncoder(&b)
		encoder.SetIndent(2)
		list := &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{toYAML(item)}}
		if err := encoder.Encode(list); err != nil {
			return fmt.Errorf("item %d: %w", i+1, err)
		}
		if err := encoder.Close(); err != nil {
			return fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func toYAML(n *node) *yaml.Node {
	switch n.kind {
	case listKind, mapKind:
		y := &yaml.Node{Kind: yaml.SequenceNode}
		if n.kind == mapKind {
			y.Kind = yaml.MappingNode
		}
		if len(n.children) == 0 {
			y.Style = yaml.FlowStyle
		}
		for i, child := range n.children {
			c := toYAML(child)
			if n.kind == mapKind && i%2 == 0 {
				c.Tag = "!!str" // quoted where it looks like something else
			}
			y.Content = append(y.Content, c)
		}
		return y
	case nullKind:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	}
	y := &yaml.Node{Kind: yaml.ScalarNode, Value: n.text}
	switch {
	case strings.ContainsFunc(n.text, func(r rune) bool { return !unicode.IsPrint(r) }):
		y.Style = yaml.DoubleQuotedStyle
	case n.quoted || scalar.IsNull(n.text):
		y.Style = yaml.SingleQuotedStyle
	}
	return y
}

// writeJSON writes a list of items, indented.
func writeJSON(w io.Writer, items []*node) error {
	var b bytes.Buffer
	appendJSON(&b, &node{kind: listKind, children: items}, "\n")
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

// appendJSON writes n. newline breaks a line and indents as far as n is.
func appendJSON(b *bytes.Buffer, n *node, newline string) {
	open, closing := "[", "]"
	if n.kind == mapKind {
		open, closing = "{", "}"
	}
	switch n.kind {
	case nullKind:
		b.WriteString("null")
	case scalarKind:
		b.WriteString(jsonScalar(n))
	default:
		b.WriteString(open)
		for i := 0; i < len(n.children); i++ {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(newline + "  ")
			if n.kind == mapKind {
				b.WriteString(jsonText(n.children[i].text) + ": ")
				i++
			}
			appendJSON(b, n.children[i], newline+"  ")
		}
		if len(n.children) > 0 {
			b.WriteString(newline)
		}
		b.WriteString(closing)
	}
}

// jsonScalar writes a scalar so that it reads as the same. One whose
// destination takes anything is masked: there, the kind of value counts.
func jsonScalar(n *node) string {
	switch {
	case n.quoted:
	case n.masked:
		switch value := scalar.Natural(n.text, false).(type) {
		case bool, int:
			return fmt.Sprint(value)
		case float64:
			if data, err := json.Marshal(value); err == nil {
				return string(data)
			}
		}
	case n.text == "true" || n.text == "false" || isJSONNumber(n.text):
		return n.text
	}
	return jsonText(n.text)
}

func jsonText(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return `""` // a string has no encoding that fails
	}
	return strings.TrimSuffix(b.String(), "\n")
}
