package builder_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/builder"
)

func somethingWrong(t *testing.T) builder.Diagnostics {
	t.Helper()
	b := builder.New(builder.WithRegistry(kit(t)))
	err := b.Check(t.Context(), builder.Reader("100%,a:b.yml", "", strings.NewReader("- class: kit.Store\n  prot: hunter2\n  port: '1%'\n")))
	var found builder.Diagnostics
	if !errors.As(err, &found) {
		t.Fatalf("the error is %v", err)
	}
	return found
}

func TestWriteTextInColor(t *testing.T) {
	var text bytes.Buffer
	if err := somethingWrong(t).WriteText(&text, true); err != nil {
		t.Fatal(err)
	}
	want := "\x1b[1m100%,a:b.yml:2:3:\x1b[0m \x1b[36mkit.Store\x1b[0m: \x1b[31munknown key \"prot\"; did you mean \"port\"?\x1b[0m\n" +
		"\x1b[2m    2 | \x1b[0m  prot: [redacted]\n" +
		"\x1b[2m      | \x1b[0m  \x1b[31m^\x1b[0m\n"
	if !strings.HasPrefix(text.String(), want) {
		t.Errorf("got\n%q\nwant\n%q", text.String(), want)
	}
	if !strings.HasSuffix(text.String(), "\n2 problems\n") {
		t.Errorf("got %q", text.String())
	}
}

func TestWriteJSON(t *testing.T) {
	var text bytes.Buffer
	if err := somethingWrong(t).WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(text.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{
			"file": "100%,a:b.yml", "line": 2.0, "column": 3.0, "item": "kit.Store",
			"message": `unknown key "prot"`, "suggestion": "port", "excerpt": "  prot: [redacted]",
		},
		{
			"file": "100%,a:b.yml", "line": 3.0, "column": 9.0, "item": "kit.Store", "path": "port",
			"message": `must be a whole number from 1 to 65535, not "1%"`, "excerpt": "  port: '1%'",
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	text.Reset()
	if err := (builder.Diagnostics)(nil).WriteJSON(&text); err != nil || text.String() != "[]\n" {
		t.Errorf("no problems are %q, %v", text.String(), err)
	}
}

func TestWriteGitHub(t *testing.T) {
	var text bytes.Buffer
	if err := somethingWrong(t).WriteGitHub(&text); err != nil {
		t.Fatal(err)
	}
	want := `::error file=100%25%2Ca%3Ab.yml,line=2,col=3::kit.Store: unknown key "prot"; did you mean "port"?
::error file=100%25%2Ca%3Ab.yml,line=3,col=9::kit.Store: port: must be a whole number from 1 to 65535, not "1%25"
`
	if text.String() != want {
		t.Errorf("got\n%s\nwant\n%s", text.String(), want)
	}
}

func TestDiagnosticsAreErrors(t *testing.T) {
	cause := errors.New("the disk is full")
	one := &builder.Diagnostic{File: "x.yml", Line: 3, Message: "cannot be built:\nthe disk is full", Err: cause}
	all := builder.Diagnostics{{File: "y.yml", Message: "the file is empty"}, one}
	err := fmt.Errorf("load: %w", all)
	var found *builder.Diagnostic
	if !errors.As(err, &found) || found != all[0] {
		t.Errorf("got %v", found)
	}
	if !errors.Is(err, cause) {
		t.Errorf("%v is not %v", err, cause)
	}
	if got, want := all.Error(), "y.yml: the file is empty\nx.yml:3: cannot be built: the disk is full"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestProblemsAreForTerminals holds that what a file says reaches neither the
// next line nor the terminal's own commands.
func TestProblemsAreForTerminals(t *testing.T) {
	all := builder.Diagnostics{{File: "x\x1b[2J.yml", Line: 1, Item: "a\x1bb", Path: "labels.c\nd", Message: "not \u202eset:\x07"}}
	const want = "x\ufffd[2J.yml:1: a\ufffdb: labels.c d: not \ufffdset:\ufffd"
	var text, annotations bytes.Buffer
	if err := errors.Join(all.WriteText(&text, false), all.WriteGitHub(&annotations)); err != nil {
		t.Fatal(err)
	}
	if got := all.Error(); got != want {
		t.Errorf("Error is %q, want %q", got, want)
	}
	if got := text.String(); got != want+"\n1 problem\n" {
		t.Errorf("the text is %q", got)
	}
	if got := annotations.String(); !strings.HasSuffix(got, "::a\ufffdb: labels.c d: not \ufffdset:\ufffd\n") {
		t.Errorf("the annotation is %q", got)
	}
}
