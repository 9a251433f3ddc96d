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
			_, err := fmt.Fprintln(program.Out, versionOf(program))
			return err
		},
	}
}

// addVersionFlag has the program tell its version as the command does.
func addVersionFlag(root *cobra.Command, program Program) {
	root.Version = versionOf(program)
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().Bool("version", false, "show the version of this program and of its Go")
}

func versionOf(program Program) string {
	version, goVersion := "unknown", "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version, goVersion = info.Main.Version, info.GoVersion
	}
	return fmt.Sprintf("%s %s %s", program.Name, version, goVersion)
}
