package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

func newCacheSet(program Program) *cobra.Command {
	var expire time.Duration
	var add bool
	cmd := &cobra.Command{
		Use:   "set FILE NAME KEY [VALUE]",
		Short: "Store a value under a key",
		Long: `Store VALUE under KEY for as long as --expire says. Without a VALUE, or if it is
-, the value is what the standard input holds, to the last byte.

With --add it is stored only if there is no such key; the exit code is 1 if
there is one.`,
		Example: fmt.Sprintf("  %[1]s cache set config.yml Redis greeting hello --expire 10m\n  %[1]s cache set config.yml Redis picture --expire 1h < picture.png", program.Name),
		Args:    cacheArguments(1, 2),
	}
	in := newInput(program, cmd)
	cmd.ValidArgsFunction = completeFile(completeCaches(in))
	cmd.Flags().DurationVar(&expire, "expire", 0, "how long the value is kept, such as 90s or 10m, at least 1ms; nothing is kept for ever")
	cmd.Flags().BoolVar(&add, "add", false, "store it only if there is no such key")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case !cmd.Flags().Changed("expire"):
			return usageError{errors.New("cache set: say how long the value is kept, such as --expire 10m")}
		case expire < time.Millisecond:
			return usageError{fmt.Errorf("cache set: --expire is %v, and 1ms is the least", expire)}
		}
		value, err := in.value(args)
		if err != nil {
			return err
		}
		return withCache(cmd.Context(), in, args, func(cache interfaces.ICache) error {
			return store(cmd.Context(), cache, args[2], value, expire, add)
		})
	}
	return cmd
}

// value returns the value among the arguments of the command, or the standard
// input.
func (in *input) value(args []string) ([]byte, error) {
	if len(args) > 3 && args[3] != stdin {
		return []byte(args[3]), nil
	}
	if in.usesStdin(args[0]) {
		return nil, usageError{errors.New("cache set: the standard input cannot be the configuration and the value both")}
	}
	value, err := io.ReadAll(in.program.In)
	if err != nil {
		return nil, fmt.Errorf("read the value: %w", err)
	}
	return value, nil
}

func store(ctx context.Context, cache interfaces.ICache, key string, value []byte, expire time.Duration, add bool) error {
	if !add {
		return cache.SetValue(ctx, key, value, expire)
	}
	added, err := cache.AddValue(ctx, key, value, expire)
	if err == nil && !added {
		return fmt.Errorf("there is a key %q already", key)
	}
	return err
}
