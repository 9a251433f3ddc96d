// Package cli is the command line over a registry of classes. The command
// fivcglue has it over the built-in ones; a program with classes of its own
// can have it over those:
//
//	os.Exit(cli.Main(ctx, cli.Program{Name: "myglue", Registry: reg, Out: os.Stdout, Err: os.Stderr}, os.Args[1:]))
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

// The exit codes of Main.
const (
	ExitOK      = 0
	ExitFailure = 1 // what was asked for could not be done
	ExitUsage   = 2 // what was asked for could not be understood
)

// Program is what the commands run in.
type Program struct {
	Name     string              // as a person types it
	Registry *component.Registry // the interfaces and classes that files may name
	Out, Err io.Writer           // what was asked for, and what is to be said beside it
}

// Main runs one command and returns the exit code. It writes to nothing but
// the program's Out and Err, and ends early when ctx does.
func Main(ctx context.Context, program Program, args []string) int {
	root := &cobra.Command{
		Use:           program.Name,
		Short:         "Components declared in a file",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetArgs(args)
	root.SetOut(program.Out)
	root.SetErr(program.Err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newDemo(program), newVersion(program))

	// Whether a command was begun tells its own errors from cobra's.
	begun := false
	root.PersistentPreRun = func(*cobra.Command, []string) { begun = true }
	err := root.ExecuteContext(ctx)
	if err == nil {
		return ExitOK
	}
	report(program, err)
	if usage := (usageError{}); errors.As(err, &usage) || !begun {
		return ExitUsage
	}
	return ExitFailure
}

// usageError is one of the command line, not of what it asked for.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func report(program Program, err error) {
	var diagnostics builder.Diagnostics
	if errors.As(err, &diagnostics) {
		_ = diagnostics.WriteText(program.Err, wantsColor(program.Err)) // there is nobody to tell
		return
	}
	fmt.Fprintf(program.Err, "%s: %v\n", program.Name, err)
}
