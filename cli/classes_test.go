package cli_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/fivcglue/fivcglue-go/cli"
	"github.com/fivcglue/fivcglue-go/component"
)

var update = flag.Bool("update", false, "write docs/CLASSES.md again")

// The manual of the built-in classes is what the command writes.
func TestManualIsCurrent(t *testing.T) {
	const manual = "../docs/CLASSES.md"
	var out, problems bytes.Buffer
	program := cli.Program{Name: "fivcglue", Registry: component.DefaultRegistry(), Out: &out, Err: &problems}
	if code := cli.Run(t.Context(), program, []string{"classes", "--format", "markdown"}); code != cli.ExitOK {
		t.Fatalf("exit code %d: %s", code, &problems)
	}
	if *update {
		if err := os.WriteFile(manual, out.Bytes(), 0o644); err != nil { //nolint:gosec // a document for everybody
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, out.Bytes()) {
		t.Error("docs/CLASSES.md is out of date; run make classes")
	}
}
