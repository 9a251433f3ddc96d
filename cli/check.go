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

func newCheck(program Program) *cobra.Command {
	var format string
	var connect bool
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Report every problem of configurations",
		Long: `Report every problem of each FILE in one pass: what is misspelled, missing, of
the wrong type or out of range, stands twice, refers to what is not there or in
a circle. Nothing is built, and no server is asked.

With --connect a file without problems is also built, its components are asked
for their health, and everything is closed again.

The exit code is 0 if there is no problem, 1 if there is one, and 2 if the
command cannot be understood.`,
		Example: fmt.Sprintf(`  %[1]s check config.yml
  %[1]s check --format github configs/*.yml
  %[1]s check --overlay production.yml config.yml
  generate-config | %[1]s check -`, program.Name),
		Args: atLeastOneFile,
	}
	in := newInput(program, cmd)
	cmd.ValidArgsFunction = completeFiles
	cmd.Flags().StringVar(&format, "format", "text", "how problems are written: `text|json|github`, the last as annotations of its workflows")
	cmd.Flags().BoolVar(&connect, "connect", false, "build what has no problems and ask for its health, too")
	choices(cmd, "format", "text", "json", "github")
	cmd.RunE = func(cmd *cobra.Command, files []string) error {
		if err := oneOf("format", format, "text", "json", "github"); err != nil {
			return err
		}
		if err := in.validate(files...); err != nil {
			return err
		}
		c := &check{input: in, format: format, color: wantsColor(program.Out)}
		for _, file := range files {
			if err := c.file(cmd.Context(), file, connect); err != nil {
				return err
			}
		}
		return c.finish()
	}
	return cmd
}

func atLeastOneFile(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usageError{errors.New("name a file, or - for the standard input")}
	}
	return nil
}

// check is one run of the command.
type check struct {
	*input
	format   string
	color    bool
	problems builder.Diagnostics
	ill      bool
}

// file checks one file, and its overlays. What stops it has nothing to do with
// the file.
func (c *check) file(ctx context.Context, file string, connect bool) error {
	items, err := c.inspect(ctx, file)
	if err == nil && c.format == "text" {
		_, err = fmt.Fprintf(c.program.Out, "%s: %s, %s\n", label(file), plural(len(items), "item", "items"), paint(green, "no problems", c.color))
	}
	if err == nil && connect {
		err = c.connect(ctx, file)
	}
	var problems builder.Diagnostics
	if errors.As(err, &problems) && ctx.Err() == nil {
		c.problems = append(c.problems, problems...)
		return nil
	}
	return err
}

// connect builds what a file declares and asks for its health.
func (c *check) connect(ctx context.Context, file string) error {
	return c.with(ctx, file, func(site *component.Site) error {
		report := site.CheckHealth(ctx)
		for _, health := range report {
			c.ill = c.ill || health.Err != nil
		}
		// Beside JSON and annotations there is no place for it on stdout.
		out, color := c.program.Out, c.color
		if c.format != "text" {
			out, color = c.program.Err, wantsColor(c.program.Err)
		}
		return writeHealth(out, report, color)
	})
}

func (c *check) finish() error {
	var err error
	switch c.format {
	case "json":
		err = c.problems.WriteJSON(c.program.Out)
	case "github":
		err = c.problems.WriteGitHub(c.program.Out)
	default:
		if len(c.problems) > 0 {
			err = c.problems.WriteText(c.program.Out, c.color)
		}
	}
	if err == nil && (len(c.problems) > 0 || c.ill) {
		return errReported
	}
	return err
}

func writeHealth(w io.Writer, report []component.Health, color bool) error {
	for _, health := range report {
		label := health.Component
		for _, entry := range health.Entries {
			if entry.Name != "" {
				label += " " + entry.Name
				break
			}
		}
		if _, err := fmt.Fprintf(w, "  %s: %s\n", label, healthText(health, color)); err != nil {
			return err
		}
	}
	return nil
}

func healthText(health component.Health, color bool) string {
	if health.Err != nil {
		return paint(red, oneLine(health.Err.Error()), color)
	}
	return paint(green, "healthy", color)
}
