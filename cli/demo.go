package cli

import (
	"github.com/spf13/cobra"

	"github.com/fivcglue/fivcglue-go/internal/demo"
)

func newDemo(program Program) *cobra.Command {
	options := demo.Options{Registry: program.Registry, Out: program.Out, Color: wantsColor(program.Out)}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show what the caches of a configuration do",
		Long: `Show what the caches of a configuration do: set and get, expiry, update, nil,
mistakes, many keys at once, time left, keys by pattern and statistics.

Without --addr the Redis server is one within this process. The keys that are
written to yours all begin with "fivcglue:demo:" and are removed in the end.`,
		Args: noArguments,

		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return demo.Run(cmd.Context(), options) },
	}
	cmd.Flags().StringVar(&options.Addr, "addr", "", "the Redis server to use, `host:port` or a redis:// URL")
	cmd.Flags().StringVar(&options.Config, "config", "", "the configuration to load in place of the embedded one, a YAML or JSON `file`; it may refer to the server as ${REDIS_URL}")
	return cmd
}
