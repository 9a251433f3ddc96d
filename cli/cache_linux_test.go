package cli_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/fivcglue/fivcglue-go/cli"
)

// A terminal gets a line break behind a value, and keys that it can show.
func TestCacheOnTerminal(t *testing.T) {
	server := miniredis.RunT(t)
	server.ClockTTL(true)
	for key, value := range map[string]string{"plain": "value", "two\nlines\x1b[31m": ""} {
		if err := server.Set(key, value); err != nil {
			t.Fatal(err)
		}
		server.SetTTL(key, time.Minute)
	}
	t.Chdir(t.TempDir())
	text := fmt.Sprintf("- class: redis.Cache\n  entries: [{interface: interfaces.ICache}]\n  host: %s\n  port: %s\n", server.Host(), server.Port())
	if err := os.WriteFile("config.yml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"value", []string{"get", "config.yml", "", "plain"}, "value\n"},
		{"key", []string{"keys", "config.yml", "", "p*"}, "plain\n"},
		{"key of two lines", []string{"keys", "config.yml", "", "t*"}, "\"two\\nlines\\x1b[31m\"\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if code, got := onTerminal(t, append([]string{"cache"}, test.args...)...); code != cli.ExitOK || got != test.want {
				t.Errorf("exit code %d; a person sees %q, want %q", code, got, test.want)
			}
		})
	}
}
