package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

// starter writes a configuration that has every class of a registry.
type starter struct {
	program Program
	builder *builder.Builder
	serves  map[*component.ClassInfo][]string // the interfaces of each class
}

func newStarter(program Program) *starter {
	s := &starter{
		program: program, builder: builder.New(builder.WithRegistry(program.Registry)),
		serves: map[*component.ClassInfo][]string{},
	}
	for _, class := range program.Registry.Classes() {
		for _, i := range program.Registry.Interfaces() {
			if class.Serves(i) {
				s.serves[class] = append(s.serves[class], i.Name)
			}
		}
	}
	return s
}

// text returns the configuration, for a file of that name. One item is
// declared; the others are comments.
func (s *starter) text(ctx context.Context, file string) string {
	var b strings.Builder
	fmt.Fprintf(&b, header, s.program.Name, file)
	first := s.first(ctx)
	if first == nil {
		b.WriteString("\n# There is no class that needs no key: take one of the items below in the place\n# of the empty list.\n[]\n")
	} else {
		b.WriteString("\n" + wrapped(about(first)) + s.item(first, "") + s.keys(first))
	}
	fmt.Fprintf(&b, "\n# The other classes. The keys of each, which may be added, are told by\n#\n#   %s classes NAME\n", s.program.Name)
	for _, class := range s.program.Registry.Classes() {
		if class == first {
			continue
		}
		items := s.items(class)
		b.WriteString("\n" + wrapped(about(class)))
		for _, missing := range s.missing(ctx, items) {
			b.WriteString(wrapped("To be filled in: " + missing))
		}
		b.WriteString("#\n" + commented(items))
	}
	return b.String()
}

// preferred is the class of the item that is declared, if there is such a class.
const preferred = "memory.Cache"

// first returns the class of the item that is declared, one that a program can
// ask for and that needs no key; nil if there is none.
func (s *starter) first(ctx context.Context) *component.ClassInfo {
	classes := s.program.Registry.Classes()
	if class, ok := s.program.Registry.Class(preferred); ok {
		classes = slices.Insert(classes, 0, class)
	}
	for _, class := range classes {
		if len(s.serves[class]) > 0 && len(s.required(class)) == 0 && len(s.missing(ctx, s.item(class, ""))) == 0 {
			return class
		}
	}
	return nil
}

// missing returns what is wrong with items, which a class may say of values
// that only its user knows.
func (s *starter) missing(ctx context.Context, items string) []string {
	var found builder.Diagnostics
	if !errors.As(s.builder.Check(ctx, builder.Reader("", "yaml", strings.NewReader(items))), &found) {
		return nil
	}
	var all []string
	for _, problem := range found {
		text := problem.Message
		if problem.Path != "" {
			text = problem.Path + ": " + text
		}
		all = append(all, text)
	}
	return all
}

func about(class *component.ClassInfo) string {
	if class.Summary == "" {
		return class.Name
	}
	return class.Name + ": " + class.Summary
}

// items returns an item of a class, and items that it has to refer to.
func (s *starter) items(class *component.ClassInfo) string {
	var b strings.Builder
	name := s.name(class)
	item := s.item(class, name)
	for _, key := range s.required(class) {
		value := placeholder(key)
		if key.Interface != "" {
			if other := s.simplest(key.Interface, class); other != nil {
				value = name + titled(key.Path)
				b.WriteString(s.item(other, value) + "\n")
			}
			value = quoted(value)
			switch {
			case strings.HasPrefix(key.Type, "list"):
				value = "[" + value + "]"
			case strings.HasPrefix(key.Type, "map"):
				value = "{name: " + value + "}"
			}
		}
		item += fmt.Sprintf("  %s: %s  # required: %s\n", key.Path, value, describe(key))
	}
	return b.String() + item
}

// item returns an item without keys of its own, whose entries have a name.
func (s *starter) item(class *component.ClassInfo, name string) string {
	interfaces := s.serves[class]
	if len(interfaces) == 0 {
		return fmt.Sprintf("- class: %s\n", class.Name)
	}
	var b strings.Builder
	b.WriteString("- entries:\n")
	for _, i := range interfaces {
		fmt.Fprintf(&b, "    - interface: %s\n", i)
		if name != "" {
			fmt.Fprintf(&b, "      name: %s\n", quoted(name))
		}
	}
	fmt.Fprintf(&b, "\n  class: %s\n", class.Name)
	return b.String()
}

// keys returns the keys of a class as comments in its item.
func (s *starter) keys(class *component.ClassInfo) string {
	var lines []string
	widest := 0
	keys := slices.DeleteFunc(s.builder.Keys(class), func(key builder.Key) bool {
		return strings.ContainsAny(key.Path, ".[*") // of maps and lists
	})
	for _, key := range keys {
		line := fmt.Sprintf("  # %s: %s", key.Path, written(key))
		lines = append(lines, line)
		widest = max(widest, utf8.RuneCountInString(line))
	}
	var b strings.Builder
	for i, key := range keys {
		fmt.Fprintf(&b, "%-*s  # %s\n", widest, lines[i], describe(key))
	}
	return b.String()
}

// required returns the keys that items of a class must have.
func (s *starter) required(class *component.ClassInfo) []builder.Key {
	return slices.DeleteFunc(s.builder.Keys(class), func(key builder.Key) bool {
		return !key.Required || strings.ContainsAny(key.Path, ".[*") || class.HasPrepare()
	})
}

// simplest returns a class that serves an interface and needs no key, nil if
// there is none but except.
func (s *starter) simplest(iface string, except *component.ClassInfo) *component.ClassInfo {
	for _, class := range s.program.Registry.Classes() {
		if class != except && slices.Contains(s.serves[class], iface) && len(s.required(class)) == 0 {
			return class
		}
	}
	return nil
}

// name returns the name of a class's entries: the first of the parts of its
// own, "Redis", else the last, "YAML", else both, unless another class of the
// same interfaces has that too.
func (s *starter) name(class *component.ClassInfo) string {
	candidates := func(class *component.ClassInfo) []string {
		parts := strings.Split(class.Name, ".")
		first, last := titled(parts[0]), parts[len(parts)-1]
		return []string{first, last, first + last}
	}
	for i, candidate := range candidates(class) {
		unique := true
		for other, serves := range s.serves {
			rival := other != class && slices.ContainsFunc(serves, func(i string) bool { return slices.Contains(s.serves[class], i) })
			unique = unique && !(rival && candidates(other)[i] == candidate)
		}
		if unique {
			return candidate
		}
	}
	return class.Name
}

func titled(word string) string {
	first, size := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(first)) + word[size:]
}

// describe says what a key is for and what it takes.
func describe(key builder.Key) string {
	text := keyType(key)
	if key.Doc != "" {
		text = key.Doc + " (" + text + ")"
	}
	return strings.Join(strings.Fields(text), " ")
}

// placeholder returns a value that a required key takes.
func placeholder(key builder.Key) string {
	switch {
	case len(key.Enum) > 0:
		return quoted(key.Enum[0])
	case key.Default != "" && !key.Secret:
		if value := written(key); value != "" && value != "0" && value != "0s" {
			return value
		}
	}
	switch key.Type {
	case "text", "secret":
		return "CHANGE_ME"
	case "true or false":
		return "false"
	case "whole number", "number":
		return firstOf(key.Min, "1")
	case "duration":
		return firstOf(key.Min, "1s")
	}
	switch {
	case strings.HasPrefix(key.Type, "list"):
		return "[]"
	case strings.HasPrefix(key.Type, "map"):
		return "{}"
	}
	return "CHANGE_ME"
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// plain are the texts that need no quotes in YAML.
var plain = regexp.MustCompile(`^[A-Za-z0-9/.][A-Za-z0-9_/.:+-]*$`)

// written returns the default of a key as it stands in YAML.
func written(key builder.Key) string {
	text := strings.ReplaceAll(key.Default, "${", "$${")
	if text == "" || plain.MatchString(text) || strings.HasPrefix(key.Type, "list") {
		return text
	}
	return quoted(text)
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// commented makes comments of the lines of a text.
func commented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight("# "+line, " \n") + "\n")
	}
	return b.String()
}
