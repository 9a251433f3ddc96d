package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagError says in our words what is wrong with a flag: those of the library
// have names of Go functions in them, and suggest nothing.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		var known []string
		cmd.Flags().VisitAll(func(flag *pflag.Flag) { known = append(known, "--"+flag.Name) })
		name := "--" + unknown.GetSpecifiedName()
		err = fmt.Errorf("unknown flag: %s%s", name, didYouMean(name, known))
	case errors.As(err, &invalid):
		flag := invalid.GetFlag()
		switch flag.Value.Type() {
		case "bool":
			err = fmt.Errorf("--%s: must be true or false, not %q", flag.Name, invalid.GetValue())
		case "duration":
			err = fmt.Errorf("--%s: must be a duration, such as 90s or 10m, not %q", flag.Name, invalid.GetValue())
		}
	}
	return usageError{err}
}
