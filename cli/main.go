// Package cli is the command line over a registry of classes. The command
// fivcglue has it over the built-in ones; a program with classes of its own
// has it over those, in one line:
//
//	func main() { cli.Main(registry) }
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

// The exit codes of Run.
const (
	ExitOK      = 0
	ExitFailure = 1 // what was asked for could not be done, or there are problems
	ExitUsage   = 2 // what was asked for could not be understood
)

// Program is what the commands run in.
type Program struct {
	Name     string              // as a person types it
	Registry *component.Registry // the interfaces and classes that files may name
	In       io.Reader           // read where a file is "-"; nil is empty
	Out, Err io.Writer           // what was asked for, and what is to be said beside it
}

// Main runs the command line of this process over registry and exits. An
// interrupt ends the command early, with what it opened closed. What components
// write to os.Stdout goes to stderr, so that stdout has what the command was
// asked for and nothing else.
func Main(registry *component.Registry) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second one ends the process at once
	out := os.Stdout             //nolint:forbidigo // this is what a main would do
	os.Stdout = os.Stderr        //nolint:forbidigo // what components print, such as a logger, is not what was asked for
	code := Run(ctx, Program{
		Name:     strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"),
		Registry: registry,
		In:       os.Stdin,
		Out:      out,
		Err:      os.Stderr, //nolint:forbidigo // likewise
	}, os.Args[1:])
	stop()
	os.Exit(code)
}

// Run runs one command and returns the exit code. It reads and writes nothing
// but what the program has and the command names, and ends early when ctx does.
// What does not end then, such as a component that is deaf to its context or a
// pipe that nobody writes to, is left behind after a while.
func Run(ctx context.Context, program Program, args []string) int {
	if program.In == nil {
		program.In = strings.NewReader("")
	}
	program.In = interruptible{ctx, program.In}
	help := &helpWriter{to: program.Out}
	root := newRoot(program, help)
	root.SetArgs(args)

	// Whether a command was begun tells its own errors from cobra's.
	begun := false
	root.PersistentPreRun = func(*cobra.Command, []string) { begun = true }
	done := make(chan error, 1)
	go func() { done <- root.ExecuteContext(ctx) }()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		select {
		case err = <-done:
		case <-time.After(leavePatience):
			err = context.Cause(ctx)
		}
	}
	if err == nil && help.failed != nil {
		report(program, help.failed)
		return ExitFailure
	}
	if err == nil {
		return ExitOK
	}
	if ctx.Err() != nil {
		fmt.Fprintf(program.Err, "%s: %v\n", program.Name, context.Cause(ctx))
		return ExitFailure
	}
	report(program, err)
	if usage := (usageError{}); errors.As(err, &usage) || !begun {
		return ExitUsage
	}
	return ExitFailure
}

// leavePatience is how long a command that is interrupted may take to end: it
// closes what it opened.
const leavePatience = closePatience + 2*time.Second

// helpWriter takes what cobra writes by itself, such as help, and remembers
// what went wrong: cobra makes no failure of it.
type helpWriter struct {
	to     io.Writer
	failed error
}

func (w *helpWriter) Write(text []byte) (int, error) {
	if w.failed == nil {
		_, w.failed = w.to.Write(text)
	}
	return len(text), nil
}

func newRoot(program Program, help io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:           program.Name,
		Short:         "Components declared in a file",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(program.In) // before there are commands, some of which keep these
	root.SetOut(help)
	root.SetErr(program.Err)
	root.SetFlagErrorFunc(flagError)
	group(root)
	addVersionFlag(root, program)
	root.SetHelpCommand(newHelp(root))
	root.AddGroup(
		&cobra.Group{ID: groupFiles, Title: "Files:"},
		&cobra.Group{ID: groupClasses, Title: "What files may hold:"},
		&cobra.Group{ID: groupComponents, Title: "Components at work:"},
	)
	for id, commands := range map[string][]*cobra.Command{
		groupFiles:      {newCheck(program), newList(program), newExplain(program), newGraph(program), newDump(program), newInit(program)},
		groupClasses:    {newClasses(program), newSchema(program)},
		groupComponents: {newCache(program), newDemo(program)},
		"":              {newVersion(program)},
	} {
		for _, command := range commands {
			command.GroupID = id
			root.AddCommand(command)
		}
	}
	root.InitDefaultCompletionCmd()
	for _, command := range root.Commands() {
		if command.Name() == "completion" {
			group(command)
		}
	}
	return root
}

const (
	groupFiles      = "files"
	groupClasses    = "classes"
	groupComponents = "components"
)

// usageError is one of the command line, not of what it asked for.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errReported says that what was asked for has problems, which are told.
var errReported = errors.New("there are problems")

func report(program Program, err error) {
	var diagnostics builder.Diagnostics
	switch {
	case errors.Is(err, errReported):
	case errors.As(err, &diagnostics):
		_ = diagnostics.WriteText(program.Err, wantsColor(program.Err)) // there is nobody to tell
	default:
		fmt.Fprintf(program.Err, "%s: %v\n", program.Name, err)
	}
}
