package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/cli"
	"github.com/fivcglue/fivcglue-go/component"
)

// The names of files that values refer to are what somebody has written, too.
func TestExplainKeepsOriginsFromTheTerminal(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("names of files have no control characters")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yml")
	text := "- class: redis.Cache\n  entries: [{interface: interfaces.ICache}]\n  username: \"${file:a\\e[2J}\"\n"
	for name, data := range map[string]string{config: text, filepath.Join(dir, "a\x1b[2J"): "bob"} {
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, problems bytes.Buffer
	program := cli.Program{Name: "fivcglue", Registry: component.DefaultRegistry(), Out: &out, Err: &problems}
	if code := cli.Run(t.Context(), program, []string{"explain", config, "ICache"}); code != cli.ExitOK {
		t.Fatal(problems.String())
	}
	if !strings.Contains(out.String(), `("file a\x1b[2J")`) || strings.Contains(out.String(), "\x1b") {
		t.Errorf("it says %q", &out)
	}
}
