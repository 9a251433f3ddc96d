package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/internal/nearest"
)

// input is the configuration that a command works with, by its flags.
type input struct {
	program  Program
	overlays []string
	format   string
	read     bytes.Buffer // what was read of the standard input
}

// newInput gives a command the flags that say how files are read.
func newInput(program Program, cmd *cobra.Command) *input {
	in := &input{program: program}
	cmd.Flags().StringArrayVar(&in.overlays, "overlay", nil, "a `file` whose items are added; may be given more than once")
	cmd.Flags().StringVar(&in.format, "input", "", "what the files are, `yaml|json`, whatever their names say; - is yaml unless this tells")
	choices(cmd, "input", "yaml", "json")
	return in
}

// choices has a flag completed with words.
func choices(cmd *cobra.Command, flag string, words ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// oneOf returns an error that suggests unless word is one of words.
func oneOf(flag, word string, words ...string) error {
	if slices.Contains(words, word) {
		return nil
	}
	return usageError{fmt.Errorf("--%s: unknown %q%s", flag, word, among(word, words))}
}

// among is what follows the mention of a word that is none of few words.
func among(word string, words []string) string {
	if near := didYouMean(word, words); near != "" {
		return near
	}
	return "; it is " + alternatives(words)
}

// alternatives writes words as a person says them: "a", "a or b", "a, b or c".
func alternatives(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// didYouMean is what follows the mention of a word that is none of words.
func didYouMean(word string, words []string) string {
	if near := nearest.To(word, words); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// validate returns a usageError for flags and names that make no sense.
func (in *input) validate(files ...string) error {
	if in.format != "" {
		if err := oneOf("input", in.format, "yaml", "json"); err != nil {
			return err
		}
	}
	for _, file := range slices.Concat(files, in.overlays) {
		extension := strings.ToLower(filepath.Ext(file))
		info, err := os.Stat(file)
		switch {
		case file == stdin:
		case file == "":
			return usageError{errors.New("the name of a file is empty")}
		case err == nil && info.IsDir():
			return usageError{fmt.Errorf("%s is a folder; name files, such as %s", file, filepath.Join(file, "*.yml"))}
		case in.format == "" && !slices.Contains([]string{".yml", ".yaml", ".json"}, extension):
			return usageError{fmt.Errorf("the name %s does not tell what the file is; add --input yaml or --input json", file)}
		}
	}
	return nil
}

// stdin is the name of a file that means the standard input.
const stdin = "-"

// label is what messages call a file.
func label(file string) string {
	if file == stdin {
		return "stdin"
	}
	return file
}

// usesStdin reports whether file or an overlay is the standard input.
func (in *input) usesStdin(file string) bool {
	return file == stdin || slices.Contains(in.overlays, stdin)
}

// standard returns the standard input from its beginning, however often it was
// read: by a command that checks and then builds, or as the overlay of several
// files.
func (in *input) standard() io.Reader {
	return io.MultiReader(bytes.NewReader(in.read.Bytes()), io.TeeReader(in.program.In, &in.read))
}

func (in *input) builder(options ...builder.Option) *builder.Builder {
	options = append(options, builder.WithRegistry(in.program.Registry))
	if in.format != "" {
		options = append(options, builder.WithFormat(in.format))
	}
	return builder.New(options...)
}

// sources returns a file and its overlays.
func (in *input) sources(file string) []builder.Source {
	var sources []builder.Source
	for _, name := range append([]string{file}, in.overlays...) {
		if name == stdin {
			sources = append(sources, builder.Reader(label(name), "yaml", in.standard()))
		} else {
			sources = append(sources, builder.File(name))
		}
	}
	return sources
}

// inspect returns the items of a file, without building any.
func (in *input) inspect(ctx context.Context, file string) ([]builder.ItemInfo, error) {
	if err := in.validate(file); err != nil {
		return nil, err
	}
	return in.builder().Inspect(ctx, in.sources(file)...)
}

// with builds what a file declares, calls work and closes it all again. Errors
// of closing are joined to that of work.
func (in *input) with(ctx context.Context, file string, work func(site *component.Site) error) (err error) {
	if err := in.validate(file); err != nil {
		return err
	}
	site := component.NewSite()
	if err := in.builder().Load(ctx, site, in.sources(file)...); err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closePatience)
		defer cancel()
		err = errors.Join(err, site.Close(closing))
	}()
	return work(site)
}
