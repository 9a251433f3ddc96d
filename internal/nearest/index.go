package nearest

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Index answers To for one list of candidates and many names. Over a long list
// it finds those that are one mistake away, and few that are more.
type Index struct {
	candidates []string
	// byRest has the candidates by what is left of them without one letter, and
	// by themselves: two words that are one mistake apart have one of these in
	// common. Nil for a list that is soon looked through.
	byRest map[string][]int32
}

// short is the length of a list that is looked through for every name.
const short = 64

// NewIndex returns an index over candidates, which it keeps.
func NewIndex(candidates []string) *Index {
	x := &Index{candidates: candidates}
	if len(candidates) <= short {
		return x
	}
	x.byRest = make(map[string][]int32, 8*len(candidates))
	for i, candidate := range candidates {
		if utf8.RuneCountInString(candidate) > longest {
			continue
		}
		for rest := range rests(strings.ToLower(candidate)) {
			x.byRest[rest] = append(x.byRest[rest], int32(i))
		}
	}
	return x
}

// To is To for the candidates of the index.
func (x *Index) To(name string) string {
	if x.byRest == nil {
		return To(name, x.candidates)
	}
	if utf8.RuneCountInString(name) > longest {
		return ""
	}
	var near []int32
	for rest := range rests(strings.ToLower(name)) {
		found := x.byRest[rest]
		near = append(near, found[:min(len(found), short)]...)
	}
	slices.Sort(near)
	words := make([]string, 0, len(near))
	for _, i := range slices.Compact(near) {
		words = append(words, x.candidates[i])
	}
	return To(name, words)
}

// rests yields word, and what is left of it without each of its letters.
func rests(word string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if !yield(word) {
			return
		}
		for i, r := range word {
			if !yield(word[:i] + word[i+utf8.RuneLen(r):]) {
				return
			}
		}
	}
}
