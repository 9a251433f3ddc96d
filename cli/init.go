package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func newInit(program Program) *cobra.Command {
	return &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a configuration to start from",
		Long: `Write a configuration to start from, config.yml unless FILE says otherwise, - to
stdout. It declares one component, tells what a file may hold, and has an item
of every other class as a comment. A file that exists is left as it is.`,
		Example: fmt.Sprintf("  %[1]s init\n  %[1]s init - | less", program.Name),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{errors.New("init takes one file, or - for the standard output")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "config.yml"
			if len(args) > 0 {
				name = args[0]
			}
			if name == stdin {
				_, err := io.WriteString(program.Out, newStarter(program).text(cmd.Context(), "config.yml"))
				return err
			}
			if extension := filepath.Ext(name); !slices.Contains([]string{".yml", ".yaml"}, extension) {
				return usageError{fmt.Errorf("init writes YAML; the name %q should end in .yml or .yaml", name)}
			}
			return writeStarter(cmd.Context(), program, name)
		},
	}
}

// writeStarter makes a file, never in the place of one.
func writeStarter(ctx context.Context, program Program, name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s exists and is left as it is; name another file, or - to see what would be written", name)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s cannot be written: there is no folder %s", name, filepath.Dir(name))
	case err != nil:
		return err
	}
	_, err = io.WriteString(f, newStarter(program).text(ctx, name))
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	_, err = fmt.Fprintf(program.Out, "%s is written; what is wrong with it is told by\n\n  %s check %[1]s\n", name, program.Name)
	return err
}

// header teaches what stands in a file. Its verbs are the program's name and
// the file's.
const header = `# yaml-language-server: $schema=./%[1]s.schema.json
#
# By the line above editors complete and check this file, once there is the
# schema, which is made by
#
#   %[1]s schema > %[1]s.schema.json
#
# On the command line the file is checked by
#
#   %[1]s check %[2]s
#
# The file is a list of items, each of which declares a component: by its class,
# which says what it is, the entries under which programs find it, and the keys
# of its class. An entry is an interface and a name, which may be left out; a
# component may have several. Neither the items nor their keys have an order.
#
# A value may have references: ${NAME} is a variable of the environment, with a
# default ${NAME:-default}, and ${file:name} is what that file holds, such as a
# password. What ${ should stand for itself is written $${.
`

// wrapped writes a text as lines of comments.
func wrapped(text string) string {
	const width = 80
	var b strings.Builder
	line := "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > width && line != "#" {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
	return b.String()
}
