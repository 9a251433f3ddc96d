package cli_test

import (
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fivcglue/fivcglue-go/cli"
	"github.com/fivcglue/fivcglue-go/component"
	_ "github.com/fivcglue/fivcglue-go/implements"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"fivcglue": func() { cli.Main(component.DefaultRegistry()) },
	})
}

// Each script has a Redis server of its own, on the port $REDIS_PORT.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			server, err := miniredis.Run()
			if err != nil {
				return err
			}
			server.ClockTTL(true)
			env.Defer(server.Close)
			env.Setenv("REDIS_PORT", server.Port())
			env.Setenv("GORACE", "atexit_sleep_ms=0") // else each command of a race build waits a second
			return nil
		},
	})
}
