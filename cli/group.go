package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// group makes a command one that only has others: by itself it shows its help,
// and it is a mistake to name one that it does not have.
func group(cmd *cobra.Command) {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return unknownCommand(cmd, args[0])
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.DisableFlagsInUseLine = true
}

func unknownCommand(cmd *cobra.Command, word string) error {
	var known []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			known = append(known, sub.Name())
		}
	}
	path := ""
	if _, below, found := strings.Cut(cmd.CommandPath(), " "); found {
		path = below + ": "
	}
	return usageError{fmt.Errorf("%sunknown command %q%s", path, word, among(word, known))}
}

// newHelp is cobra's own command, but for a mistake being one.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND...]",
		Short: "Show what a command does, and how it is used",
		ValidArgsFunction: func(_ *cobra.Command, args []string, begin string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var found []cobra.Completion
			if above, rest, err := root.Find(args); err == nil && len(rest) == 0 {
				for _, cmd := range above.Commands() {
					if cmd.IsAvailableCommand() && strings.HasPrefix(cmd.Name(), begin) {
						found = append(found, cobra.CompletionWithDesc(cmd.Name(), cmd.Short))
					}
				}
			}
			return found, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || cmd == nil {
				return usageError{errors.New("there is no such command")}
			}
			if len(rest) > 0 {
				return unknownCommand(cmd, rest[0])
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}
