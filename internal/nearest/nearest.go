// Package nearest finds the name that somebody probably meant.
package nearest

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// To returns the candidate that somebody who wrote name probably meant, or ""
// if none is near. Case does not count. Of equally near ones it is the first.
func To(name string, candidates []string) string {
	if name == "" || utf8.RuneCountInString(name) > longest {
		return ""
	}
	var s speller
	s.word = []rune(strings.ToLower(name))
	best, limit := "", max(1, len(s.word)/3)
	if len(s.word) <= 2 {
		limit = 0 // one letter of two is too much: only the case may differ
	}
	for _, candidate := range candidates {
		if candidate == "" || candidate == name {
			continue
		}
		if d := s.distance(candidate, limit); d <= limit {
			best, limit = candidate, d-1
		}
		if limit < 0 {
			break
		}
	}
	return best
}

// longest is the number of characters above which a name is a text, for which
// there is no suggestion.
const longest = 80

// speller measures how far words are from one word. It keeps its memory: a
// file with a thousand mistakes has it look at ten million pairs.
type speller struct {
	word              []rune
	other             []rune
	before, last, row []int
}

// distance counts the insertions, deletions, substitutions and swaps of
// neighbours that make candidate of the word, whatever the case of its
// letters; any number above limit if there are more than limit.
func (s *speller) distance(candidate string, limit int) int {
	if len(candidate) > utf8.UTFMax*(len(s.word)+limit) {
		return limit + 1
	}
	s.other = s.other[:0]
	for _, r := range candidate {
		s.other = append(s.other, unicode.ToLower(r))
	}
	a, b := s.word, s.other
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if max(len(a)-len(b), len(b)-len(a)) > limit {
		return limit + 1
	}
	if len(s.row) <= len(b) {
		s.before, s.last, s.row = make([]int, len(b)+32), make([]int, len(b)+32), make([]int, len(b)+32)
	}
	before, last, row := s.before, s.last, s.row
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		least := row[0]
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			d := min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, before[j-1]+1)
			}
			row[j+1] = d
			least = min(least, d)
		}
		if least > limit+1 { // a swap may still save one
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
