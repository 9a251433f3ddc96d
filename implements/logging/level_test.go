package logging_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/implements/logging"
)

func TestParseLevel(t *testing.T) {
	for _, test := range []struct {
		text, printed string
		want          logging.Level
	}{
		{"debug", "debug", logging.Debug},
		{"info", "info", logging.Info},
		{"INFO", "info", logging.Info},
		{"Warn", "warn", logging.Warn},
		{"warning", "warn", logging.Warn},
		{"WARNING", "warn", logging.Warn},
		{"error", "error", logging.Error},
		{"off", "off", logging.Off},
		{"info+2", "info+2", logging.Info + 2},
		{"debug-4", "debug-4", logging.Debug - 4},
		{"info+4", "warn", logging.Warn},
	} {
		t.Run(test.text, func(t *testing.T) {
			var got logging.Level
			if err := got.UnmarshalText([]byte(test.text)); err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("ParseLevel(%q) = %v, want %v", test.text, got, test.want)
			}
			printed, err := got.MarshalText()
			if err != nil || string(printed) != test.printed {
				t.Errorf("%q is written as %q (%v), want %q", test.text, printed, err, test.printed)
			}
			if again, err := logging.ParseLevel(string(printed)); err != nil || again != got {
				t.Errorf("%q is read back as %v (%v)", printed, again, err)
			}
		})
	}
}

func TestParseLevelRefuses(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"a typing error", "inof", `unknown level "inof"; did you mean "info"?`},
		{"a word of another library", "verbose", `unknown level "verbose"; it is debug, info, warn, error or off`},
		{"nothing", "", `unknown level ""; it is debug`},
		{"a number", "10", `unknown level "10"`},
		{"blanks", " info", `unknown level " info"; did you mean "info"?`},
		{"a distance that is no number", "info+x", `a whole number`},
		{"a distance out of range", "info+2147483647", `from -1000 to +1000`},
		{"a distance from off", "off-1", `unknown level "off-1"`},
		{"a long word", strings.Repeat("x", 5000), `xxx..."`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := logging.ParseLevel(test.text)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want one with %s", err, test.want)
			}
			if len(err.Error()) > 200 {
				t.Errorf("the error has %d characters", len(err.Error()))
			}
		})
	}
}

func TestLevelsAreThoseOfSlog(t *testing.T) {
	for level, want := range map[logging.Level]slog.Level{
		logging.Debug: slog.LevelDebug, logging.Info: slog.LevelInfo, logging.Warn: slog.LevelWarn, logging.Error: slog.LevelError,
	} {
		if level.Level() != want {
			t.Errorf("%v.Level() = %v, want %v", level, level.Level(), want)
		}
	}
}
