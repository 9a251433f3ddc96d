package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/component/componenttest"
)

// asProgram is set in the environment where the test binary is the program.
const asProgram = "OWNCLI_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Args[0] = "owncli"
		main()
	}
	os.Exit(m.Run())
}

// The program has the commands of fivcglue, and its own classes in them.
func TestProgram(t *testing.T) {
	const wrong = "- class: greetings.Polit\n\n- class: greetings.Polite\n  language: it\n"
	for _, test := range []struct {
		arguments string
		stdin     string
		exit      int
		want      []string
	}{
		{"check config.yml", "", 0, []string{"config.yml: 2 items, no problems\n"}},
		{"check -", wrong, 1, []string{
			`stdin:1:10: item 1: unknown class "greetings.Polit"; did you mean "greetings.Polite"?`,
			`stdin:4:13: greetings.Polite: language: must be one of de, en, fr`, `the key "met" is required`,
		}},
		{"list config.yml", "", 0, []string{"greetings.IGreeter  Guests  greetings.Polite  -\n", "interfaces.ICache"}},
		{"classes greetings.Polite", "", 0, []string{"greets everybody by name", "text: de, en or fr", "the language to greet in"}},
		{"explain config.yml IGreeter Guests", "", 0, []string{"greetings.Polite", "config.yml:6:13", "interfaces.ICache Faces, by its key met"}},
		{"schema", "", 0, []string{`"greetings.Polite"`}},
		{"init -", "", 0, []string{"#   owncli check config.yml", "#   class: greetings.Polite"}},
	} {
		t.Run(test.arguments, func(t *testing.T) {
			run := exec.CommandContext(t.Context(), os.Args[0], strings.Fields(test.arguments)...)
			run.Env = append(os.Environ(), asProgram+"=1", "GORACE=atexit_sleep_ms=0") // a race build waits a second else
			run.Stdin = strings.NewReader(test.stdin)
			var out bytes.Buffer
			run.Stdout, run.Stderr = &out, &out
			err := run.Run()
			if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if got := run.ProcessState.ExitCode(); got != test.exit {
				t.Errorf("exit code %d, want %d", got, test.exit)
			}
			for _, want := range test.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("it does not print %q:\n%s", want, &out)
				}
			}
		})
	}
}

func TestGreetsOnce(t *testing.T) {
	registry, err := newRegistry()
	if err != nil {
		t.Fatal(err)
	}
	site := componenttest.Load(t, "config.yml", builder.WithRegistry(registry))
	guests, err := component.Get[IGreeter](site, "Guests")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Bonjour, Amélie", ""} {
		if got, err := guests.Greet(t.Context(), "Amélie"); err != nil || got != want {
			t.Errorf("it says %q, %v; want %q", got, err, want)
		}
	}
}
