package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion(program Program) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version of this program and of its Go",
		Args:  noArguments,

		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			version, goVersion := "unknown", "unknown"
			if info, ok := debug.ReadBuildInfo(); ok {
				version, goVersion = info.Main.Version, info.GoVersion
			}
			_, err := fmt.Fprintf(program.Out, "%s %s %s\n", program.Name, version, goVersion)
			return err
		},
	}
}
