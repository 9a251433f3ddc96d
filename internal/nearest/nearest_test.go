package nearest_test

import (
	"testing"

	"github.com/fivcglue/fivcglue-go/internal/nearest"
)

func TestTo(t *testing.T) {
	levels := []string{"", "debug", "info", "warn", "error", "off"}
	for _, test := range []struct {
		name, given, want string
		candidates        []string
	}{
		{"a letter missing", "debg", "debug", levels},
		{"a letter too many", "infoo", "info", levels},
		{"another letter", "wern", "warn", levels},
		{"neighbours swapped", "inof", "info", levels},
		{"other case", "ERROR", "error", levels},
		{"two mistakes in a short word", "dbg", "", levels},
		{"two mistakes in a long word", "max_retris_count", "max_retries_count", []string{"max_retries_count"}},
		{"nothing like it", "verbose", "", levels},
		{"nothing given", "", "", levels},
		{"no candidates", "info", "", nil},
		{"more than a byte per letter", "prüfng", "prüfung", []string{"prüfung"}},
		{"equally near", "cat", "bat", []string{"bat", "rat"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := nearest.To(test.given, test.candidates); got != test.want {
				t.Errorf("To(%q) = %q, want %q", test.given, got, test.want)
			}
		})
	}
}
