package component

import (
	"fmt"
	"testing"
)

// Names that differ little, in every place, still spread well.
func TestHashSpreads(t *testing.T) {
	const count, length = 4096, 8192
	for name, format := range map[string]string{
		"end":     "component-%d",
		"begin":   "%d-component",
		"middle":  "a cache of region %d for the users",
		"short":   "%d",
		"padded":  "%08d",
		"long":    "a name that is longer than any table of entries should ever have %d to hold, with a tail",
		"unicode": "größe-%d-ä",
	} {
		t.Run(name, func(t *testing.T) {
			var cells [length]int
			for i := range count {
				cells[hash(fmt.Sprintf(format, i))%length]++
			}
			shared := 0
			for _, n := range cells {
				shared += max(0, n-1)
			}
			// Thrown at random, half full, count - length(1-e^-½) ≈ 873 share.
			if shared > 1100 {
				t.Errorf("%d of %d names share a cell", shared, count)
			}
		})
	}
	seen := map[uint64]string{}
	for n := range 64 {
		s := fmt.Sprintf("%0*d", n, 0)
		if other, found := seen[hash(s)]; found && other != s {
			t.Errorf("%q and %q hash alike", s, other)
		}
		seen[hash(s)] = s
	}
}
