package cli_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/fivcglue/fivcglue-go/cli"
	"github.com/fivcglue/fivcglue-go/component"
)

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if text != "" {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	good := file("good.yml", "- class: memory.Cache\n  entries: [{interface: interfaces.ICache}]\n")
	ill := file("ill.yml", "- class: redis.Cache\n  entries: [{interface: interfaces.ICache}]\n  host: 127.0.0.1\n  port: 1\n")
	bad := file("bad.yml", "- class: memory.Cach\n")
	absent := file("absent.yml", "")

	tests := []struct {
		name string
		args []string
		want int
	}{
		{"help", nil, cli.ExitOK},
		{"help of a command", []string{"help", "check"}, cli.ExitOK},
		{"version", []string{"version"}, cli.ExitOK},
		{"version as a flag", []string{"--version"}, cli.ExitOK},
		{"check", []string{"check", good}, cli.ExitOK},
		{"check and connect", []string{"check", "--connect", good}, cli.ExitOK},
		{"list", []string{"list", good}, cli.ExitOK},
		{"explain", []string{"explain", good, "ICache"}, cli.ExitOK},
		{"graph", []string{"graph", good}, cli.ExitOK},
		{"dump", []string{"dump", good}, cli.ExitOK},
		{"classes", []string{"classes", "redis.Cache"}, cli.ExitOK},
		{"schema", []string{"schema"}, cli.ExitOK},
		{"init", []string{"init", "-"}, cli.ExitOK},
		{"cache set", []string{"cache", "set", good, "", "k", "v", "--expire", "1m"}, cli.ExitOK},
		{"cache keys of nothing", []string{"cache", "keys", good, ""}, cli.ExitOK},
		{"cache del of nothing", []string{"cache", "del", good, "", "k"}, cli.ExitOK},
		{"completion", []string{"completion", "fish"}, cli.ExitOK},

		{"check of problems", []string{"check", bad}, cli.ExitFailure},
		{"check of problems among others", []string{"check", good, bad}, cli.ExitFailure},
		{"check of no file", []string{"check", absent}, cli.ExitFailure},
		{"check as JSON of problems", []string{"check", "--format", "json", bad}, cli.ExitFailure},
		{"check as annotations of problems", []string{"check", "--format", "github", bad}, cli.ExitFailure},
		{"check and connect to what is ill", []string{"check", "--connect", ill}, cli.ExitFailure},
		{"check of nothing", []string{"check", "-"}, cli.ExitFailure},
		{"list of what is ill", []string{"list", ill}, cli.ExitFailure},
		{"list of problems", []string{"list", "--offline", bad}, cli.ExitFailure},
		{"explain of an unknown entry", []string{"explain", good, "ICache", "x"}, cli.ExitFailure},
		{"explain of an unknown interface", []string{"explain", good, "ICach"}, cli.ExitFailure},
		{"graph of problems", []string{"graph", bad}, cli.ExitFailure},
		{"dump of problems", []string{"dump", bad}, cli.ExitFailure},
		{"classes of an unknown name", []string{"classes", "redis.Cach"}, cli.ExitFailure},
		{"init over a file", []string{"init", good}, cli.ExitFailure},
		{"cache get of a miss", []string{"cache", "get", good, "", "k"}, cli.ExitFailure},
		{"cache ttl of a miss", []string{"cache", "ttl", good, "", "k"}, cli.ExitFailure},
		{"cache get of a server that is not there", []string{"cache", "get", ill, "", "k"}, cli.ExitFailure},
		{"cache get of an unknown entry", []string{"cache", "get", good, "x", "k"}, cli.ExitFailure},
		{"demo of a file that is not there", []string{"demo", "--config", absent}, cli.ExitFailure},

		{"an unknown command", []string{"demp"}, cli.ExitUsage},
		{"an unknown flag", []string{"demo", "--adr"}, cli.ExitUsage},
		{"an argument too many", []string{"demo", "extra"}, cli.ExitUsage},
		{"help of an unknown command", []string{"help", "demp"}, cli.ExitUsage},
		{"completion of an unknown shell", []string{"completion", "bsh"}, cli.ExitUsage},
		{"check without a file", []string{"check"}, cli.ExitUsage},
		{"check in an unknown format", []string{"check", "--format", "xml", good}, cli.ExitUsage},
		{"check of an unknown input", []string{"check", "--input", "xml", good}, cli.ExitUsage},
		{"list of two files", []string{"list", good, good}, cli.ExitUsage},
		{"explain without an interface", []string{"explain", good}, cli.ExitUsage},
		{"graph in an unknown format", []string{"graph", "--format", "svg", good}, cli.ExitUsage},
		{"dump in an unknown format", []string{"dump", "--format", "xml", good}, cli.ExitUsage},
		{"classes in an unknown format", []string{"classes", "--format", "xml"}, cli.ExitUsage},
		{"schema with an argument", []string{"schema", good}, cli.ExitUsage},
		{"version with an argument", []string{"version", good}, cli.ExitUsage},
		{"init of JSON", []string{"init", absent + ".json"}, cli.ExitUsage},
		{"cache without a key", []string{"cache", "get", good, ""}, cli.ExitUsage},
		{"cache set without an expire", []string{"cache", "set", good, "", "k", "v"}, cli.ExitUsage},
		{"cache del of keys and a pattern", []string{"cache", "del", good, "", "k", "--pattern", "*"}, cli.ExitUsage},
		{"cache of an unknown command", []string{"cache", "gett"}, cli.ExitUsage},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out, err bytes.Buffer
			got := cli.Run(t.Context(), cli.Program{Name: "fivcglue", Registry: component.DefaultRegistry(), Out: &out, Err: &err}, test.args)
			if got != test.want {
				t.Errorf("exit code %d, want %d\n%s%s", got, test.want, &out, &err)
			}
			if got == cli.ExitUsage && (out.Len() > 0 || !strings.HasPrefix(err.String(), "fivcglue: ")) {
				t.Errorf("a mistake on the command line is answered with %q on stdout, %q on stderr", &out, &err)
			}
			if got == cli.ExitFailure && out.Len()+err.Len() == 0 {
				t.Error("nothing tells what failed")
			}
		})
	}
}

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

// What cobra writes by itself fails as what the commands write does.
func TestExitCodeOfWhatCannotBeWritten(t *testing.T) {
	for _, args := range [][]string{nil, {"--help"}, {"help", "check"}, {"check", "--help"}, {"cache"}, {"--version"}, {"version"}, {"completion", "bash"}, {"classes"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			var problems bytes.Buffer
			got := cli.Run(t.Context(), cli.Program{Name: "fivcglue", Registry: component.DefaultRegistry(), Out: fullDisk{}, Err: &problems}, args)
			if got != cli.ExitFailure || problems.String() != "fivcglue: the disk is full\n" {
				t.Errorf("exit code %d, saying %q", got, &problems)
			}
		})
	}
}

// Who waits at a terminal for its person can be interrupted.
func TestInterruptEndsWaitingForInput(t *testing.T) {
	for _, args := range [][]string{
		{"check", "-"},
		{"list", "-"},
		{"cache", "set", "absent.yml", "", "k", "--expire", "1m"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in, keyboard := io.Pipe()
				defer keyboard.Close()
				ctx, interrupt := context.WithCancelCause(t.Context())
				var out, problems bytes.Buffer
				code := make(chan int, 1)
				go func() {
					program := cli.Program{Name: "fivcglue", Registry: component.DefaultRegistry(), In: in, Out: &out, Err: &problems}
					code <- cli.Run(ctx, program, args)
				}()
				synctest.Wait() // it reads
				interrupt(errors.New("interrupt signal received"))
				if got := <-code; got != cli.ExitFailure {
					t.Errorf("exit code %d", got)
				}
				if got, want := out.String()+problems.String(), "fivcglue: interrupt signal received\n"; got != want {
					t.Errorf("it says %q, want %q", got, want)
				}
			})
		})
	}
}

// deafConfig is of a class whose New does not hear that its context has ended.
type deafConfig struct{}

func TestInterruptEndsWaitingForWhatIsDeaf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "deaf.yml")
	if err := os.WriteFile(file, []byte("- class: kit.Deaf\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		hear := make(chan struct{})
		registry := component.NewRegistry()
		if err := component.RegisterClass(registry, component.Class[*deafConfig, deafConfig]{
			Name: "kit.Deaf",
			New: func(context.Context, *component.Site, deafConfig) (*deafConfig, error) {
				<-hear
				return &deafConfig{}, nil
			},
		}); err != nil {
			t.Fatal(err)
		}
		ctx, interrupt := context.WithCancelCause(t.Context())
		var problems bytes.Buffer
		code := make(chan int, 1)
		go func() {
			program := cli.Program{Name: "fivcglue", Registry: registry, Out: io.Discard, Err: &problems}
			code <- cli.Run(ctx, program, []string{"list", file})
		}()
		synctest.Wait() // it builds
		interrupt(errors.New("interrupt signal received"))
		if got := <-code; got != cli.ExitFailure {
			t.Errorf("exit code %d", got)
		}
		if got, want := problems.String(), "fivcglue: interrupt signal received\n"; got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
		close(hear)
	})
}
