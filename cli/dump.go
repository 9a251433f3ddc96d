package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

func newDump(program Program) *cobra.Command {
	var format string
	var defaults bool
	cmd := &cobra.Command{
		Use:   "dump FILE",
		Short: "Write the configuration as it is in effect",
		Long: `Build what FILE and its overlays declare and write the configuration that is in
effect, as one file that builds the same. Secrets and values with references
stand as they were written, so that it can be shown and committed; files that
they name are found from the folder of FILE, which is where it belongs.`,
		Example: fmt.Sprintf("  %[1]s dump --defaults config.yml\n  %[1]s dump --overlay production.yml --format json config.yml", program.Name),
		Args:    oneFile,
	}
	in := newInput(program, cmd)
	cmd.ValidArgsFunction = completeFile()
	cmd.Flags().StringVar(&format, "format", "yaml", "`yaml|json`")
	cmd.Flags().BoolVar(&defaults, "defaults", false, "write the values that the file leaves to the defaults, too")
	choices(cmd, "format", "yaml", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := oneOf("format", format, "yaml", "json"); err != nil {
			return err
		}
		var options []builder.Option
		if defaults {
			options = append(options, builder.WithDefaults())
		}
		return in.with(cmd.Context(), args[0], func(site *component.Site) error {
			return in.builder(options...).Dump(site, program.Out, format)
		})
	}
	return cmd
}
