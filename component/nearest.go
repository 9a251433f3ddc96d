package component

import "strings"

// nearest returns the candidate that somebody who wrote name probably meant,
// or "". Of equally near ones it is the first. It is internal/nearest in the
// small, as this package imports nothing of the project's.
func nearest(name string, candidates []string) string {
	folded := []rune(strings.ToLower(name))
	if len(folded) == 0 || len(folded) > longest {
		return ""
	}
	best, limit := "", max(1, len(folded)/3)
	if len(folded) <= 2 {
		limit = 0 // one letter of two is too much: only the case may differ
	}
	for _, candidate := range candidates {
		if candidate == "" || len(candidate) > 4*longest {
			continue
		}
		if d := editDistance(folded, []rune(strings.ToLower(candidate))); d <= limit {
			best, limit = candidate, d-1
		}
	}
	return best
}

// longest is the number of characters above which a name is a text, for which
// there is no suggestion.
const longest = 80

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
