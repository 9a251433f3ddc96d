package cli_test

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fivcglue/fivcglue-go/cli"
	"github.com/fivcglue/fivcglue-go/component"
	_ "github.com/fivcglue/fivcglue-go/implements"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"fivcglue": func() {
			os.Exit(cli.Run(context.Background(), cli.Program{
				Name:     "fivcglue",
				Registry: component.DefaultRegistry(),
				In:       os.Stdin,
				Out:      os.Stdout,
				Err:      os.Stderr,
			}, os.Args[1:]))
		},
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true})
}
