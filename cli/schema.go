package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fivcglue/fivcglue-go/builder"
)

func newSchema(program Program) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Write the JSON Schema of configurations, for editors",
		Long: `Write the JSON Schema (2020-12) of the files that may be loaded, with every
class and key there is. An editor that has it completes and checks them; in VS
Code with the YAML extension, by the setting

  "yaml.schemas": {"./fivcglue.schema.json": ["config*.yml"]}`,
		Example: fmt.Sprintf("  %s schema > fivcglue.schema.json", program.Name),
		Args:    noArguments,

		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			return builder.New(builder.WithRegistry(program.Registry)).Schema(program.Out)
		},
	}
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no arguments", cmd.Name())}
	}
	return nil
}
