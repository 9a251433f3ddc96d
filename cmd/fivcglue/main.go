// Command fivcglue works with configurations of the built-in classes.
//
//	fivcglue demo      show what the caches of a configuration do
//	fivcglue version   show the version
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/fivcglue/fivcglue-go/cli"
	"github.com/fivcglue/fivcglue-go/component"
	_ "github.com/fivcglue/fivcglue-go/implements" // the built-in classes, into the default registry
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main(ctx, cli.Program{
		Name:     "fivcglue",
		Registry: component.DefaultRegistry(),
		Out:      os.Stdout,
		Err:      os.Stderr,
	}, os.Args[1:])
	stop()
	os.Exit(code)
}
