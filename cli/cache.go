package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

func newCache(program Program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "Read and change what a cache of a configuration holds",
		Long: `Build what FILE declares and read or change what its cache NAME holds; '' is the
unnamed entry. Keys and values are taken and given as they are, byte by byte.

What a command does lasts where the cache is outside of the process, such as on
a Redis server. A cache in the memory of the process begins empty and ends with
the command.

The exit code is 1 for a key that is not there, and for a cache that cannot be
asked; what is said on stderr tells which.`,
		Example: fmt.Sprintf(`  %[1]s cache set config.yml Redis user:123 '{"name":"John"}' --expire 10m
  %[1]s cache get config.yml Redis user:123
  %[1]s cache keys config.yml Redis 'user:*'
  %[1]s cache del config.yml '' --pattern 'session:*'`, program.Name),
	}
	cmd.AddCommand(
		newCacheGet(program), newCacheSet(program), newCacheDel(program),
		newCacheTTL(program), newCacheKeys(program), newCacheStats(program),
	)
	group(cmd)
	return cmd
}

// cacheArguments wants a file, the name of a cache, and as many more arguments
// as the command names, most being -1 for any number.
func cacheArguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		more := len(args) - 2
		if more < least || most >= 0 && more > most {
			_, words, _ := strings.Cut(cmd.Use, " ")
			return usageError{fmt.Errorf("cache %s takes %s; NAME is '' for the unnamed cache", cmd.Name(), words)}
		}
		return nil
	}
}

// withCache builds what a file declares and calls work with one of its caches.
func withCache(ctx context.Context, in *input, args []string, work func(cache interfaces.ICache) error) error {
	return in.with(ctx, args[0], func(site *component.Site) error {
		cache, err := component.Get[interfaces.ICache](site, args[1])
		if err != nil {
			return err
		}
		return work(cache)
	})
}

func newCacheGet(program Program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get FILE NAME KEY",
		Short: "Write the value of a key",
		Long: `Write the value of KEY as it is; on a terminal, with a line break behind it.

The exit code is 1 if there is no such key.`,
		Example: fmt.Sprintf("  %[1]s cache get config.yml Redis user:123 | jq .", program.Name),
		Args:    cacheArguments(1, 1),
	}
	in := newInput(program, cmd)
	cmd.ValidArgsFunction = completeFile(completeCaches(in))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withCache(cmd.Context(), in, args, func(cache interfaces.ICache) error {
			value, err := cache.GetValue(cmd.Context(), args[2])
			if err != nil {
				return missOr(args[2], err)
			}
			if isTerminal(program.Out) {
				value = append(value, '\n')
			}
			_, err = program.Out.Write(value)
			return err
		})
	}
	return cmd
}

// missOr says in a few words that a key is not there, if that is all that err
// says.
func missOr(key string, err error) error {
	if errors.Is(err, interfaces.ErrMiss) {
		return fmt.Errorf("no such key: %q", key)
	}
	return err
}

func newCacheTTL(program Program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ttl FILE NAME KEY",
		Short: "Tell how long a key has left",
		Long: `Tell how long KEY has left, such as 9m59.5s, or "never" if it does not expire:
another program may have stored it so.

The exit code is 1 if there is no such key.`,
		Args: cacheArguments(1, 1),
	}
	in := newInput(program, cmd)
	cmd.ValidArgsFunction = completeFile(completeCaches(in))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withCache(cmd.Context(), in, args, func(cache interfaces.ICache) error {
			left, err := cache.GetExpire(cmd.Context(), args[2])
			if err != nil {
				return missOr(args[2], err)
			}
			text := left.String()
			if left == interfaces.NoExpire {
				text = "never"
			}
			_, err = fmt.Fprintln(program.Out, text)
			return err
		})
	}
	return cmd
}

func newCacheStats(program Program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stats FILE NAME",
		Short: "Show what a cache counts, and how much it holds",
		Long: `Show what the cache counts, and how many values it holds, where it knows that
without counting them.

The counts are those of the component, from when it was built: here that is a
moment ago, and what other programs do with the same server is not in them.`,
		Args: cacheArguments(0, 0),
	}
	in := newInput(program, cmd)
	cmd.ValidArgsFunction = completeFile(completeCaches(in))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withCache(cmd.Context(), in, args, func(cache interfaces.ICache) error {
			return statsTable(cache.Stats()).write(program.Out, wantsColor(program.Out))
		})
	}
	return cmd
}

func statsTable(stats interfaces.CacheStats) table {
	t := table{{"COUNT", "VALUE", "WHAT IT IS"}}
	for _, row := range []struct {
		name    string
		value   uint64
		meaning string
	}{
		{"hits", stats.Hits, "keys that were asked for and there"},
		{"misses", stats.Misses, "keys that were asked for and absent"},
		{"sets", stats.Sets, "values that were stored"},
		{"deletes", stats.Deletes, "keys that were removed by request"},
		{"errors", stats.Errors, "calls that failed"},
		{"evictions", stats.Evictions, "values dropped for want of room, or expired"},
	} {
		t.add(row.name, fmt.Sprint(row.value), row.meaning)
	}
	if stats.Size < 0 {
		t.add("size", "unknown", "values held now; this cache does not know without counting its keys")
	} else {
		t.add("size", fmt.Sprint(stats.Size), "values held now")
	}
	return t
}

func newCacheKeys(program Program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys FILE NAME [PATTERN]",
		Short: "List the keys, or those that match a pattern",
		Long: `List the keys that match PATTERN, all of them without one, a line each and in no
order. A pattern is a glob as Redis has it: * ? [a-c] [^a], and \ to escape.

A terminal is shown keys with characters that are not to be printed in quotes.`,
		Example: fmt.Sprintf("  %[1]s cache keys config.yml Redis 'user:*' | sort", program.Name),
		Args:    cacheArguments(0, 1),
	}
	in := newInput(program, cmd)
	cmd.ValidArgsFunction = completeFile(completeCaches(in))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		pattern := "*"
		if len(args) > 2 {
			pattern = args[2]
		}
		show := func(key string) string { return key }
		if isTerminal(program.Out) {
			show = printable
		}
		return withCache(cmd.Context(), in, args, func(cache interfaces.ICache) error {
			for key, err := range cache.ScanKeys(cmd.Context(), pattern) {
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintln(program.Out, show(key)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return cmd
}

func newCacheDel(program Program) *cobra.Command {
	var pattern string
	cmd := &cobra.Command{
		Use:   "del FILE NAME KEY...",
		Short: "Remove keys, or all that match a pattern",
		Long: `Remove each KEY, or with --pattern all keys that match a glob as Redis has it:
* ? [a-c] [^a], and \ to escape. It tells how many there were.`,
		Example: fmt.Sprintf("  %[1]s cache del config.yml Redis user:123 user:124\n  %[1]s cache del config.yml Redis --pattern 'session:*'", program.Name),
	}
	in := newInput(program, cmd)
	cmd.ValidArgsFunction = completeFile(completeCaches(in))
	cmd.Flags().StringVar(&pattern, "pattern", "", "remove all keys that match this `glob`")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		switch byPattern := cmd.Flags().Changed("pattern"); {
		case byPattern && len(args) > 2:
			return usageError{errors.New("cache del takes keys or a --pattern, not both")}
		case byPattern && pattern == "":
			return usageError{errors.New("cache del: the pattern is empty; '*' is all keys")}
		case byPattern:
			return cacheArguments(0, 0)(cmd, args)
		}
		return cacheArguments(1, -1)(cmd, args)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withCache(cmd.Context(), in, args, func(cache interfaces.ICache) error {
			var err error
			var count int
			var text string
			if pattern != "" {
				count, err = cache.DeletePattern(cmd.Context(), pattern)
				text = plural(count, "key", "keys") + " removed"
			} else {
				keys := slices.Compact(slices.Sorted(slices.Values(args[2:])))
				count, err = cache.DeleteValues(cmd.Context(), keys...)
				text = fmt.Sprintf("%d of %s removed", count, plural(len(keys), "key", "keys"))
			}
			if err != nil && count == 0 {
				return err
			}
			_, wrong := fmt.Fprintln(program.Out, text)
			return errors.Join(err, wrong)
		})
	}
	return cmd
}
