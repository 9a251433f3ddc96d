package component

import (
	"strings"
	"unicode/utf8"
)

// nearest returns the candidate that somebody who wrote name probably meant,
// or "". Of equally near ones it is the first. It is internal/nearest in the
// small, as this package imports nothing of the project's.
func nearest(name string, candidates []string) string {
	best, bestDistance := "", max(1, utf8.RuneCountInString(name)/3)+1
	folded := []rune(strings.ToLower(name))
	for _, candidate := range candidates {
		if candidate == "" {
			continue
		}
		if d := editDistance(folded, []rune(strings.ToLower(candidate))); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// editDistance counts the insertions, deletions, substitutions and swaps of
// neighbours between a and b.
func editDistance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
