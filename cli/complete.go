package cli

import (
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// completion is what cobra asks for the words that may come next.
type completion = func(cmd *cobra.Command, args []string, begin string) ([]cobra.Completion, cobra.ShellCompDirective)

// completeFiles completes any number of configurations.
func completeFiles(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return []cobra.Completion{"yml", "yaml", "json"}, cobra.ShellCompDirectiveFilterFileExt
}

// completeFile completes one configuration, and what follows it word by word.
func completeFile(rest ...completion) completion {
	return func(cmd *cobra.Command, args []string, begin string) ([]cobra.Completion, cobra.ShellCompDirective) {
		switch {
		case len(args) == 0:
			return completeFiles(cmd, args, begin)
		case len(args) <= len(rest):
			return rest[len(args)-1](cmd, args, begin)
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeClasses completes the names of classes that are not among the
// arguments yet.
func completeClasses(registry *component.Registry) completion {
	return func(_ *cobra.Command, args []string, begin string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var found []cobra.Completion
		for _, class := range registry.Classes() {
			for _, name := range append([]string{class.Name}, class.Aliases...) {
				// Aliases are long: they are offered to who has begun one.
				if name != class.Name && begin == "" || !strings.HasPrefix(name, begin) || slices.Contains(args, name) {
					continue
				}
				found = append(found, cobra.CompletionWithDesc(name, class.Summary))
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeInterfaces completes the interfaces of which the file has entries.
func completeInterfaces(in *input) completion {
	return func(cmd *cobra.Command, args []string, begin string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var found []cobra.Completion
		for _, entry := range in.entries(cmd, args[0]) {
			// Its last part is enough for the command.
			last := entry.Interface[strings.LastIndex(entry.Interface, ".")+1:]
			switch {
			case strings.HasPrefix(entry.Interface, begin):
				found = append(found, entry.Interface)
			case strings.HasPrefix(last, begin):
				found = append(found, last)
			}
		}
		slices.Sort(found)
		return slices.Compact(found), cobra.ShellCompDirectiveNoFileComp
	}
}

// completeNames completes the names that the file has for the interface that
// is the second argument.
func completeNames(in *input) completion {
	return func(cmd *cobra.Command, args []string, begin string) ([]cobra.Completion, cobra.ShellCompDirective) {
		iface, err := findInterface(in.program.Registry, args[1])
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return in.names(cmd, args[0], iface, begin), cobra.ShellCompDirectiveNoFileComp
	}
}

// completeCaches completes the names that the file has for caches.
func completeCaches(in *input) completion {
	return func(cmd *cobra.Command, args []string, begin string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var found []cobra.Completion
		for _, i := range in.program.Registry.Interfaces() {
			if i.Type == reflect.TypeFor[interfaces.ICache]() {
				found = in.names(cmd, args[0], i.Name, begin)
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

func (in *input) names(cmd *cobra.Command, file, iface, begin string) []cobra.Completion {
	var found []cobra.Completion
	for _, entry := range in.entries(cmd, file) {
		if entry.Interface == iface && entry.Name != "" && strings.HasPrefix(entry.Name, begin) {
			found = append(found, cobra.CompletionWithDesc(entry.Name, entry.Class))
		}
	}
	slices.Sort(found)
	return found
}

// entries returns the entries of a file, none of one that is not in order. The
// standard input is left alone: a command is being typed.
func (in *input) entries(cmd *cobra.Command, file string) []component.Entry {
	if in.usesStdin(file) {
		return nil
	}
	// cobra parses the flags of a command that is being typed twice.
	once := &input{program: in.program, format: in.format}
	for _, overlay := range in.overlays {
		if !slices.Contains(once.overlays, overlay) {
			once.overlays = append(once.overlays, overlay)
		}
	}
	items, err := once.inspect(cmd.Context(), file)
	if err != nil {
		return nil
	}
	var entries []component.Entry
	for _, item := range items {
		entries = append(entries, item.Entries...)
	}
	return entries
}
