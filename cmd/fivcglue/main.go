// Command fivcglue works with configurations of the built-in classes: it
// checks, lists, explains, draws and writes them, and tries out what they
// declare. Run it without arguments for its commands.
package main

import (
	"github.com/fivcglue/fivcglue-go/cli"
	"github.com/fivcglue/fivcglue-go/component"
	_ "github.com/fivcglue/fivcglue-go/implements" // the built-in classes, into the default registry
)

func main() { cli.Main(component.DefaultRegistry()) }
