package nearest_test

import (
	"fmt"
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

// TestIndexAgrees holds that an index over a long list finds what is one
// mistake away, as looking through the list does.
func TestIndexAgrees(t *testing.T) {
	var candidates []string
	for i := range 500 {
		candidates = append(candidates, fmt.Sprintf("component-%03d", i), fmt.Sprintf("prüfung%d", i))
	}
	index := nearest.NewIndex(candidates)
	for _, test := range []struct{ name, given string }{
		{"a letter missing", "componnt-123"},
		{"a letter too many", "component-1234"},
		{"another letter", "compoxent-123"},
		{"neighbours swapped", "compoennt-123"},
		{"other case", "Component-123"},
		{"more than a byte per letter", "prfung77"},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := nearest.To(test.given, candidates)
			if got := index.To(test.given); got != want || want == "" {
				t.Errorf("To(%q) = %q, want %q", test.given, got, want)
			}
		})
	}
	if got := index.To("something else"); got != "" {
		t.Errorf("%q is not near", got)
	}
	if got := nearest.NewIndex(candidates[:10]).To("componnt-003"); got != "component-003" {
		t.Errorf("a short list gives %q", got)
	}
}
