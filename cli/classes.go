package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

func newClasses(program Program) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "classes [NAME...]",
		Short: "List the classes there are, or every key of one",
		Long: `List the classes that a configuration may name. With a NAME, which may be an
alias, show what the class is, which interfaces its components serve, and every
key that its items may have, with type, default and meaning.`,
		Example: fmt.Sprintf("  %[1]s classes\n  %[1]s classes redis.Cache\n  %[1]s classes --format markdown > CLASSES.md", program.Name),
	}
	cmd.ValidArgsFunction = completeClasses(program.Registry)
	cmd.Flags().StringVar(&format, "format", "text", "`text|markdown|json`; the latter two have all keys without a NAME, too")
	choices(cmd, "format", "text", "markdown", "json")
	cmd.RunE = func(_ *cobra.Command, names []string) error {
		if err := oneOf("format", format, "text", "markdown", "json"); err != nil {
			return err
		}
		m := &manual{name: program.Name, registry: program.Registry, builder: builder.New(builder.WithRegistry(program.Registry)), out: program.Out}
		classes, err := m.find(names)
		if err != nil {
			return err
		}
		switch {
		case format == "markdown":
			return m.writeMarkdown(classes)
		case format == "json":
			return m.writeJSON(classes)
		case len(names) == 0:
			return m.writeList(classes, wantsColor(program.Out))
		}
		return m.writeText(classes, wantsColor(program.Out))
	}
	return cmd
}

// manual writes what a registry has.
type manual struct {
	name     string // of the program
	registry *component.Registry
	builder  *builder.Builder
	out      io.Writer
}

// find returns the classes of those names, all of them for none.
func (m *manual) find(names []string) ([]*component.ClassInfo, error) {
	if len(names) == 0 {
		return m.registry.Classes(), nil
	}
	var classes []*component.ClassInfo
	for _, name := range names {
		class, ok := m.registry.Class(name)
		if !ok {
			var known []string
			for _, class := range m.registry.Classes() {
				known = append(append(known, class.Name), class.Aliases...)
			}
			suggestion := didYouMean(name, known)
			if suggestion == "" {
				suggestion = "; without a name this command lists those that there are"
			}
			return nil, fmt.Errorf("unknown class %q%s", name, suggestion)
		}
		classes = append(classes, class)
	}
	return classes, nil
}

// serves returns the names of the interfaces that a class's components serve.
func (m *manual) serves(class *component.ClassInfo) []string {
	var names []string
	for _, i := range m.registry.Interfaces() {
		if class.Serves(i) {
			names = append(names, i.Name)
		}
	}
	return names
}

func (m *manual) writeList(classes []*component.ClassInfo, color bool) error {
	t := table{{"CLASS", "SERVES", "WHAT IT IS"}}
	for _, class := range classes {
		t.add(class.Name, strings.Join(m.serves(class), ", "), class.Summary)
	}
	return t.write(m.out, color)
}

func (m *manual) writeText(classes []*component.ClassInfo, color bool) error {
	for i, class := range classes {
		if i > 0 {
			fmt.Fprintln(m.out)
		}
		fmt.Fprintf(m.out, "%s: %s\n", paint(bold, class.Name, color), class.Summary)
		fmt.Fprintf(m.out, "  serves   %s\n", strings.Join(m.serves(class), ", "))
		if len(class.Aliases) > 0 {
			fmt.Fprintf(m.out, "  aliases  %s\n", strings.Join(class.Aliases, ", "))
		}
		keys := m.builder.Keys(class)
		if len(keys) == 0 {
			fmt.Fprintln(m.out, "\nIts items have no keys of their own.")
			continue
		}
		fmt.Fprintln(m.out)
		t := table{{"KEY", "TYPE", "DEFAULT", "WHAT IT SAYS"}}
		for _, key := range keys {
			t.add(key.Path, keyType(key), keyDefault(key), key.Doc)
		}
		if err := t.write(m.out, color); err != nil {
			return err
		}
	}
	return nil
}

// keyType is the type of a key with what bounds it.
func keyType(key builder.Key) string {
	text := key.Type
	if len(key.Enum) > 0 {
		text += ": " + alternatives(key.Enum)
	}
	switch {
	case key.Min != "" && key.Max != "":
		text += ", " + key.Min + " to " + key.Max
	case key.Min != "":
		text += ", at least " + key.Min
	case key.Max != "":
		text += ", at most " + key.Max
	}
	return text
}

func keyDefault(key builder.Key) string {
	switch {
	case key.Required:
		return "(required)"
	case key.Default == "":
		return "-"
	}
	return key.Default
}

func (m *manual) writeMarkdown(classes []*component.ClassInfo) error {
	w := &strings.Builder{}
	fmt.Fprintf(w, "# Classes\n\nWhat the items of a configuration may be, and the keys that they may have. Written\nby `%s classes --format markdown`.\n\n", m.name)
	fmt.Fprintln(w, "| class | serves | what it is |")
	fmt.Fprintln(w, "| --- | --- | --- |")
	for _, class := range classes {
		fmt.Fprintf(w, "| [%s](#%s) | %s | %s |\n", class.Name, anchor(class.Name), codes(m.serves(class)), cell(class.Summary))
	}
	for _, class := range classes {
		fmt.Fprintf(w, "\n## %s\n", class.Name)
		if class.Summary != "" {
			fmt.Fprintf(w, "\n%s.\n", strings.TrimSuffix(titled(cell(class.Summary)), "."))
		}
		if serves := m.serves(class); len(serves) > 0 {
			fmt.Fprintf(w, "\nServes %s.\n", codes(serves))
		}
		if len(class.Aliases) > 0 {
			fmt.Fprintf(w, "\nAlso known as %s.\n", codes(class.Aliases))
		}
		keys := m.builder.Keys(class)
		if len(keys) == 0 {
			continue
		}
		fmt.Fprintln(w, "\n| key | type | default | what it says |")
		fmt.Fprintln(w, "| --- | --- | --- | --- |")
		for _, key := range keys {
			value := keyDefault(key)
			if key.Default != "" && !key.Required {
				value = "`" + cell(value) + "`"
			}
			fmt.Fprintf(w, "| `%s` | %s | %s | %s |\n", key.Path, cell(keyType(key)), value, cell(key.Doc))
		}
	}
	_, err := io.WriteString(m.out, w.String())
	return err
}

// anchor is the fragment by which a heading is reached.
func anchor(heading string) string {
	return strings.ToLower(strings.ReplaceAll(heading, ".", ""))
}

func codes(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "`" + name + "`"
	}
	return strings.Join(quoted, ", ")
}

// cell keeps a text within its cell of a Markdown table, as it stands.
func cell(text string) string { return cellEscapes.Replace(strings.Join(strings.Fields(text), " ")) }

var cellEscapes = strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`)

func (m *manual) writeJSON(classes []*component.ClassInfo) error {
	type jsonKey struct {
		Path      string   `json:"path"`
		Type      string   `json:"type"`
		Doc       string   `json:"doc,omitempty"`
		Default   string   `json:"default,omitempty"`
		Required  bool     `json:"required,omitempty"`
		Enum      []string `json:"enum,omitempty"`
		Min       string   `json:"min,omitempty"`
		Max       string   `json:"max,omitempty"`
		Secret    bool     `json:"secret,omitempty"`
		Interface string   `json:"interface,omitempty"`
	}
	type jsonClass struct {
		Name    string    `json:"name"`
		Aliases []string  `json:"aliases,omitempty"`
		Summary string    `json:"summary,omitempty"`
		Serves  []string  `json:"serves"`
		Keys    []jsonKey `json:"keys"`
	}
	described := make([]jsonClass, 0, len(classes))
	for _, class := range classes {
		c := jsonClass{Name: class.Name, Aliases: class.Aliases, Summary: class.Summary, Serves: m.serves(class), Keys: []jsonKey{}}
		for _, key := range m.builder.Keys(class) {
			c.Keys = append(c.Keys, jsonKey(key))
		}
		described = append(described, c)
	}
	encoder := json.NewEncoder(m.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(described)
}
