package cli_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/fivcglue/fivcglue-go/cli"
	"github.com/fivcglue/fivcglue-go/component"
)

// keyboard is an input that nobody may read from.
type keyboard struct{ read bool }

func (k *keyboard) Read([]byte) (int, error) {
	k.read = true
	return 0, errors.New("somebody is typing")
}

// What is typed while a command is being completed is not its input.
func TestCompletionDoesNotReadTheInput(t *testing.T) {
	for _, args := range [][]string{
		{"explain", "-", ""},
		{"explain", "-", "ICache", ""},
		{"cache", "get", "-", ""},
		{"cache", "get", "--overlay", "-", "../configs/memory.yml", ""},
	} {
		var in keyboard
		var out, problems bytes.Buffer
		program := cli.Program{Name: "fivcglue", Registry: component.DefaultRegistry(), In: &in, Out: &out, Err: &problems}
		if code := cli.Run(t.Context(), program, append([]string{"__complete"}, args...)); code != cli.ExitOK || out.String() != ":4\n" {
			t.Errorf("%q: exit code %d, completions %q", args, code, &out)
		}
		if in.read {
			t.Errorf("%q: the input is read", args)
		}
	}
}
