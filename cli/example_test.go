package cli_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/fivcglue/fivcglue-go/cli"
	"github.com/fivcglue/fivcglue-go/component"
)

// A program may run a command by itself, on whatever it likes.
func ExampleRun() {
	program := cli.Program{
		Name:     "shop",
		Registry: component.DefaultRegistry(),
		In:       strings.NewReader("- class: memory.Cache\n  max_sise: 10\n"),
		Out:      os.Stdout,
		Err:      os.Stderr,
	}
	code := cli.Run(context.Background(), program, []string{"check", "-"})
	fmt.Println("exit code", code)
	// Output:
	// stdin:2:3: memory.Cache: unknown key "max_sise"; did you mean "max_size"?
	//     2 |   max_sise: [redacted]
	//       |   ^
	// 1 problem
	// exit code 1
}
