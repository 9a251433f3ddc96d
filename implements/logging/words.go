package logging

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/fivcglue/fivcglue-go/internal/nearest"
)

// maxShown bounds how much of a wrong word a message repeats.
const maxShown = 40

// unknownWord says that word is none of words, and which it may have been.
func unknownWord(what, word string, words ...string) error {
	if utf8.RuneCountInString(word) > maxShown {
		word = string([]rune(word)[:maxShown]) + "..."
	}
	last := len(words) - 1
	allowed := strings.Join(words[:last], ", ") + " or " + words[last]
	if near := nearest.To(word, words); near != "" {
		return fmt.Errorf("unknown %s %q; did you mean %q? It is %s", what, word, near, allowed)
	}
	return fmt.Errorf("unknown %s %q; it is %s", what, word, allowed)
}
