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

	"github.com/fivcglue/fivcglue-go/internal/document"
	"github.com/fivcglue/fivcglue-go/internal/scalar"
)

func sortedKeys(table reflect.Value) []reflect.Value {
	keys := table.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

// writeYAML writes a list of items with an empty line between them.
func writeYAML(w io.Writer, items []*document.Node) error {
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

func toYAML(n *document.Node) *yaml.Node {
	switch n.Kind {
	case document.List, document.Map:
		y := &yaml.Node{Kind: yaml.SequenceNode}
		if n.Kind == document.Map {
			y.Kind = yaml.MappingNode
		}
		if len(n.Children) == 0 {
			y.Style = yaml.FlowStyle
		}
		for i, child := range n.Children {
			c := toYAML(child)
			if n.Kind == document.Map && i%2 == 0 {
				c.Tag = "!!str" // quoted where it looks like something else
				if child.Text == "<<" {
					c.Style = yaml.SingleQuotedStyle // in which it merges nothing
				}
			}
			y.Content = append(y.Content, c)
		}
		return y
	case document.Null:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	}
	y := &yaml.Node{Kind: yaml.ScalarNode, Value: n.Text}
	switch {
	case strings.ContainsFunc(n.Text, func(r rune) bool { return !unicode.IsPrint(r) }):
		y.Style = yaml.DoubleQuotedStyle
	case n.Quoted || scalar.IsNull(n.Text):
		y.Style = yaml.SingleQuotedStyle
	}
	return y
}

// writeJSON writes a list of items, indented.
func writeJSON(w io.Writer, items []*document.Node) error {
	var b bytes.Buffer
	appendJSON(&b, &document.Node{Kind: document.List, Children: items}, "\n")
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

// appendJSON writes n. newline breaks a line and indents as far as n is.
func appendJSON(b *bytes.Buffer, n *document.Node, newline string) {
	open, closing := "[", "]"
	if n.Kind == document.Map {
		open, closing = "{", "}"
	}
	switch n.Kind {
	case document.Null:
		b.WriteString("null")
	case document.Scalar:
		b.WriteString(jsonScalar(n))
	default:
		b.WriteString(open)
		for i := 0; i < len(n.Children); i++ {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(newline + "  ")
			if n.Kind == document.Map {
				b.WriteString(jsonText(n.Children[i].Text) + ": ")
				i++
			}
			appendJSON(b, n.Children[i], newline+"  ")
		}
		if len(n.Children) > 0 {
			b.WriteString(newline)
		}
		b.WriteString(closing)
	}
}

// jsonScalar writes a scalar so that it reads as the same. One whose
// destination takes anything is masked: there, the kind of value counts.
func jsonScalar(n *document.Node) string {
	switch {
	case n.Quoted:
	case n.Masked:
		switch value := scalar.Natural(n.Text, false).(type) {
		case bool, int:
			return fmt.Sprint(value)
		case float64:
			if data, err := json.Marshal(value); err == nil {
				return string(data)
			}
		}
	case n.Text == "true" || n.Text == "false" || document.IsNumber(n.Text):
		return n.Text
	}
	return jsonText(n.Text)
}

func jsonText(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return `""` // a string has no encoding that fails
	}
	text := strings.TrimSuffix(b.String(), "\n")
	if !strings.ContainsFunc(text, isEscaped) {
		return text
	}
	b.Reset()
	for _, r := range text {
		if isEscaped(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isEscaped reports whether a character that JSON takes as it is belongs in no
// text all the same, such as a byte order mark or a control character.
func isEscaped(r rune) bool { return r >= 0x7f && r <= 0xffff && !unicode.IsPrint(r) }
