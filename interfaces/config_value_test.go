package interfaces_test

import (
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/config"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// session returns a session that has one value, under the key "k".
func session(t *testing.T, value string) interfaces.IConfigSession {
	t.Helper()
	values, err := config.NewValues(t.Context(), nil, config.ValuesConfig{Sessions: map[string]map[string]string{"s": {"k": value}}})
	if err != nil {
		t.Fatal(err)
	}
	return values.GetSession("s")
}

// reads returns a test of a value that is a T.
func reads[T comparable](value string, want T) func(t *testing.T) {
	return func(t *testing.T) {
		var fallback T
		got, err := interfaces.ConfigValue(session(t, value), "k", fallback)
		if err != nil || got != want {
			t.Errorf("ConfigValue of %q = %v, %v; want %v", value, got, err, want)
		}
	}
}

// refuses returns a test of a value that is no T.
func refuses[T comparable](value string, fallback T, message string) func(t *testing.T) {
	return func(t *testing.T) {
		got, err := interfaces.ConfigValue(session(t, value), "k", fallback)
		var failure *interfaces.ConfigValueError
		if !errors.As(err, &failure) || failure.Session != "s" || failure.Key != "k" || failure.Err == nil {
			t.Fatalf("error %v, want a *ConfigValueError of key k", err)
		}
		if want := `session "s": key "k": ` + message; err.Error() != want {
			t.Errorf("error %s, want %s", err, want)
		}
		if got != fallback {
			t.Errorf("the value beside the error is %v, want the fallback %v", got, fallback)
		}
	}
}

func TestConfigValue(t *testing.T) {
	for name, test := range map[string]func(t *testing.T){
		"text":                           reads("007", "007"),
		"text of blanks":                 reads("  ", "  "),
		"empty text":                     reads("", ""),
		"text that looks like null":      reads("~", "~"),
		"whole number":                   reads("6379", 6379),
		"negative number":                reads("-1", -1),
		"small whole number":             reads("255", uint8(255)),
		"fraction":                       reads("1.10", 1.1),
		"true":                           reads("true", true),
		"on":                             reads("on", true),
		"no":                             reads("no", false),
		"duration":                       reads("250ms", 250*time.Millisecond),
		"seconds":                        reads("5", 5*time.Second),
		"fraction of seconds":            reads("0.5", 500*time.Millisecond),
		"what unmarshals text":           reads("10.0.0.1", netip.MustParseAddr("10.0.0.1")),
		"a level":                        reads("WARN", slog.LevelWarn),
		"words where a number should be": refuses("many", 1, "must be a whole number"),
		"empty where a number should be": refuses("", 1, "must be a whole number"),
		"fraction for a whole number":    refuses("1.5", 1, "must be a whole number"),
		"words for a truth":              refuses("maybe", true, "must be true or false"),
		"words for a duration":           refuses("soon", time.Second, "must be a duration, such as 5s or 250ms, or a number of seconds"),
		"a list":                         refuses("1", [1]int{}, "cannot be given as one value"),
	} {
		t.Run(name, test)
	}
}

func TestConfigValueOfAnAbsentKey(t *testing.T) {
	got, err := interfaces.ConfigValue(session(t, "v"), "none", 5*time.Second)
	if err != nil || got != 5*time.Second {
		t.Errorf("ConfigValue = %v, %v; want the fallback", got, err)
	}
}

// bare is a session that does not know where its values were written.
type bare struct{ interfaces.IConfigSession }

func TestConfigValueErrorWithoutOrigin(t *testing.T) {
	_, err := interfaces.ConfigValue(bare{session(t, "x")}, "k", 1)
	if want := `key "k": must be a whole number`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestConfigValueErrorHidesTheValue(t *testing.T) {
	_, err := interfaces.ConfigValue(session(t, "hunter2"), "k", 1)
	if err == nil || errors.Unwrap(err) == nil {
		t.Fatalf("error %v", err)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if got := e.Error(); strings.Contains(got, "hunter2") {
			t.Errorf("the error shows the value: %v", e)
		}
	}
}
