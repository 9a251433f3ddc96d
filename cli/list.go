package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fivcglue/fivcglue-go/component"
)

func newList(program Program) *cobra.Command {
	var offline bool
	cmd := &cobra.Command{
		Use:   "list FILE",
		Short: "List the entries of a configuration, their classes and health",
		Long: `Build what FILE declares, list its entries with their classes, and ask the
components for their health. With --offline nothing is built and no server is
asked: the list says where each entry stands in the file instead.

The exit code is 1 if a component is not healthy.`,
		Example: fmt.Sprintf("  %[1]s list config.yml\n  %[1]s list --offline config.yml", program.Name),
		Args:    oneFile,
	}
	in := newInput(program, cmd)
	cmd.ValidArgsFunction = completeFile()
	cmd.Flags().BoolVar(&offline, "offline", false, "read the file only")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if offline {
			return listFile(cmd.Context(), in, args[0])
		}
		return listSite(cmd.Context(), in, args[0])
	}
	return cmd
}

func oneFile(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{fmt.Errorf("%s takes one file, or - for the standard input", cmd.Name())}
	}
	return nil
}

func listFile(ctx context.Context, in *input, file string) error {
	items, err := in.inspect(ctx, file)
	if err != nil {
		return err
	}
	t := table{{"INTERFACE", "NAME", "CLASS", "PLACE"}}
	for _, item := range items {
		place := fmt.Sprintf("%s:%d", item.File, item.Line)
		for _, entry := range item.Entries {
			t.add(entry.Interface, entryName(entry.Name), item.Class, place)
		}
		if len(item.Entries) == 0 {
			t.add("-", "-", item.Class, place)
		}
	}
	return t.write(in.program.Out, wantsColor(in.program.Out))
}

func listSite(ctx context.Context, in *input, file string) error {
	return in.with(ctx, file, func(site *component.Site) error {
		color := wantsColor(in.program.Out)
		health := map[component.Entry]component.Health{}
		withoutEntries := map[string][]component.Health{} // by class
		ill := false
		for _, h := range site.CheckHealth(ctx) {
			ill = ill || h.Err != nil
			if len(h.Entries) == 0 {
				withoutEntries[h.Component] = append(withoutEntries[h.Component], h)
			}
			for _, entry := range h.Entries {
				health[entry] = h
			}
		}
		t := table{{"INTERFACE", "NAME", "CLASS", "HEALTH"}}
		for _, entry := range site.Entries() {
			text := "-"
			if h, asked := health[entry]; asked {
				text = healthText(h, color)
			}
			t.add(entry.Interface, entryName(entry.Name), entry.Class, text)
		}
		for _, item := range site.Items() {
			if len(item.Entries) > 0 {
				continue
			}
			text := "-"
			if asked := withoutEntries[item.Class.Name]; len(asked) > 0 {
				text, withoutEntries[item.Class.Name] = healthText(asked[0], color), asked[1:]
			}
			t.add("-", "-", item.Class.Name, text)
		}
		if err := t.write(in.program.Out, color); err != nil {
			return err
		}
		if ill {
			return errReported
		}
		return nil
	})
}
