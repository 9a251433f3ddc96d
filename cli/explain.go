package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/internal/nearest"
)

func newExplain(program Program) *cobra.Command {
	var connect bool
	cmd := &cobra.Command{
		Use:   "explain FILE INTERFACE [NAME]",
		Short: "Tell where an entry and each of its values come from",
		Long: `Tell which item serves the entry of INTERFACE and NAME, in which line it stands,
where each of its values comes from, and who uses it. Without a NAME it is the
unnamed entry. Of INTERFACE the last part is enough: ICache. Secrets are not
shown.

With --connect everything is built, so that values which a class finds by
itself, say in a settings file, and uses by lookup are told too.`,
		Example: fmt.Sprintf("  %[1]s explain config.yml ICache Redis", program.Name),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 || len(args) > 3 {
				return usageError{errors.New("explain takes a file, an interface and, unless it is '', a name")}
			}
			return nil
		},
	}
	in := newInput(program, cmd)
	cmd.ValidArgsFunction = completeFile(completeInterfaces(in), completeNames(in))
	cmd.Flags().BoolVar(&connect, "connect", false, "build everything, and tell what is known only then")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name := ""
		if len(args) == 3 {
			name = args[2]
		}
		iface, err := findInterface(program.Registry, args[1])
		if err != nil {
			return err
		}
		explained, err := explanations(cmd.Context(), in, args[0], connect)
		if err != nil {
			return err
		}
		return explained.write(program, component.Entry{Interface: iface, Name: name})
	}
	return cmd
}

// findInterface returns the canonical name of the interface that is meant by a
// name, an alias or the last part of one.
func findInterface(registry *component.Registry, word string) (string, error) {
	if i, ok := registry.Interface(word); ok {
		return i.Name, nil
	}
	var found, known []string
	for _, i := range registry.Interfaces() {
		known = append(known, i.Name)
		for _, name := range append([]string{i.Name}, i.Aliases...) {
			if last := name[strings.LastIndex(name, ".")+1:]; last == word && !slices.Contains(found, i.Name) {
				found = append(found, i.Name)
			} else {
				known = append(known, last)
			}
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("unknown interface %q%s", word, didYouMean(word, known))
	case 1:
		return found[0], nil
	}
	return "", usageError{fmt.Errorf("%q may mean %s", word, alternatives(found))}
}

// explanation is what is known of one item.
type explanation struct {
	place   string
	class   string
	classAs string
	doc     string
	entries []component.Entry
	values  []builder.Value
	uses    []component.Use
}

type explained []explanation

func explanations(ctx context.Context, in *input, file string, connect bool) (all explained, err error) {
	if !connect {
		items, err := in.inspect(ctx, file)
		for _, item := range items {
			e := explanation{
				place: fmt.Sprintf("%s:%d:%d", item.File, item.Line, item.Column), class: item.Class, classAs: item.ClassAs,
				doc: item.Description, entries: item.Entries, values: item.Values,
			}
			for _, ref := range item.References {
				e.uses = append(e.uses, component.Use{Interface: interfaceName(in.program.Registry, ref), Name: ref.Name, Path: ref.Path, Found: true})
			}
			all = append(all, e)
		}
		return all, err
	}
	err = in.with(ctx, file, func(site *component.Site) error {
		for _, item := range site.Items() {
			source, line, column, classAs := builder.SourceOf(item)
			e := explanation{
				place: fmt.Sprintf("%s:%d:%d", source, line, column), class: item.Class.Name, classAs: classAs,
				values: builder.Values(item), uses: item.Uses,
			}
			for _, entry := range item.Entries {
				e.entries = append(e.entries, component.Entry{Interface: entry.Interface.Name, Name: entry.Name})
			}
			all = append(all, e)
		}
		return nil
	})
	return all, err
}

func same(a, b component.Entry) bool { return a.Interface == b.Interface && a.Name == b.Name }

// serves reports whether the item's component is found under an entry.
func (e explanation) serves(entry component.Entry) bool {
	return slices.ContainsFunc(e.entries, func(own component.Entry) bool { return same(own, entry) })
}

func (all explained) write(program Program, entry component.Entry) error {
	i := slices.IndexFunc(all, func(e explanation) bool { return e.serves(entry) })
	if i < 0 {
		return all.missing(entry)
	}
	e := all[i]
	color := wantsColor(program.Out)
	w := &bytes.Buffer{} // whose writes do not fail
	fmt.Fprintf(w, "%s is a %s", paint(bold, entry.Interface+" "+entryName(entry.Name), color), e.class)
	if e.classAs != "" && e.classAs != e.class {
		fmt.Fprintf(w, " (as %s)", e.classAs)
	}
	fmt.Fprintf(w, ", declared at %s\n", e.place)
	for line := range strings.Lines(e.doc) {
		fmt.Fprintln(w, printable(strings.TrimSuffix(line, "\n")))
	}
	for _, other := range e.entries {
		if !same(other, entry) {
			fmt.Fprintf(w, "also found as %s %s\n", other.Interface, entryName(other.Name))
		}
	}
	if len(e.values) > 0 {
		fmt.Fprintln(w)
		t := table{{"KEY", "VALUE", "FROM"}}
		for _, value := range e.values {
			t.add(printable(value.Path), printable(value.Text), valueOrigin(value))
		}
		if err := t.write(w, color); err != nil {
			return err
		}
	}
	writeUses(w, e)
	all.writeUsers(w, e)
	_, err := w.WriteTo(program.Out)
	return err
}

// valueOrigin tells who decided a value.
func valueOrigin(value builder.Value) string {
	switch value.From {
	case builder.FromFile:
		text := value.Position()
		if value.Written != "" {
			text += ", written " + printable(value.Written)
		}
		if len(value.Origins) > 0 {
			text += " (" + printable(strings.Join(value.Origins, ", ")) + ")"
		}
		return text
	case builder.FromPrepare:
		return "the class itself"
	}
	return "default"
}

func writeUses(w *bytes.Buffer, e explanation) {
	if len(e.uses) > 0 {
		fmt.Fprintln(w, "\nIt uses")
	}
	for _, use := range e.uses {
		fmt.Fprintf(w, "  %s %s%s\n", use.Interface, entryName(use.Name), how(use))
	}
}

func (all explained) writeUsers(w *bytes.Buffer, e explanation) {
	var lines []string
	for _, other := range all {
		for _, use := range other.uses {
			if use.Found && e.serves(component.Entry{Interface: use.Interface, Name: use.Name}) {
				lines = append(lines, fmt.Sprintf("  %s at %s%s", other.class, other.place, how(use)))
			}
		}
	}
	if len(lines) == 0 {
		fmt.Fprintln(w, "\nNothing in the file refers to it.")
		return
	}
	fmt.Fprintln(w, "\nIt is used by")
	for _, line := range lines {
		fmt.Fprintln(w, line)
	}
}

// how tells whether a use is by a reference or by a lookup.
func how(use component.Use) string {
	switch {
	case !use.Found:
		return ", which is not there"
	case use.Path != "":
		return ", by its key " + printable(use.Path)
	}
	return ", by a lookup"
}

// missing tells what there is instead.
func (all explained) missing(entry component.Entry) error {
	err := &component.LookupError{Interface: entry.Interface, Name: entry.Name, Err: component.ErrNotFound}
	for _, e := range all {
		for _, other := range e.entries {
			switch {
			case other.Interface == entry.Interface:
				err.Names = append(err.Names, other.Name)
			case other.Name == entry.Name:
				err.Elsewhere = append(err.Elsewhere, other.Interface)
			}
		}
	}
	slices.Sort(err.Names)
	err.Suggestion = nearest.To(entry.Name, err.Names)
	slices.Sort(err.Elsewhere)
	return err
}
