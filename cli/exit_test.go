package cli_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/fivcglue/fivcglue-go/cli"
	"github.com/fivcglue/fivcglue-go/component"
)

func TestExitCodes(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent.yml")
	tests := []struct {
		name string
		args []string
		want int
	}{
		{"help", nil, cli.ExitOK},
		{"version", []string{"version"}, cli.ExitOK},
		{"a file that is not there", []string{"demo", "--config", absent}, cli.ExitFailure},
		{"an unknown command", []string{"demp"}, cli.ExitUsage},
		{"an unknown flag", []string{"demo", "--adr"}, cli.ExitUsage},
		{"an argument too many", []string{"demo", "extra"}, cli.ExitUsage},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out, err bytes.Buffer
			got := cli.Run(t.Context(), cli.Program{Name: "fivcglue", Registry: component.DefaultRegistry(), Out: &out, Err: &err}, test.args)
			if got != test.want {
				t.Errorf("Main(%q) = %d, want %d\n%s%s", test.args, got, test.want, &out, &err)
			}
			if said := err.Len() > 0; said != (test.want != cli.ExitOK) {
				t.Errorf("Main(%q) = %d and says %q", test.args, got, &err)
			}
		})
	}
}
