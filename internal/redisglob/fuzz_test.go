package redisglob_test

import (
	"testing"

	"github.com/fivcglue/fivcglue-go/internal/redisglob"
)

// FuzzMatch holds Match, which goes back to the last star only, to a matcher
// that tries everything.
func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{
		{"h*llo", "hello"}, {"*a*b*", "xaxbx"}, {"[^a-c]?", "dz"}, {`\*[`, "*"}, {"[a-", "-"}, {"**a", "aaa"}, {"[^", "x"}, {`[\`, `\`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 50 || len(s) > 50 {
			return
		}
		if got, want := redisglob.Match(pattern, s), matchSlowly(pattern, s); got != want {
			t.Errorf("Match(%q, %q) = %t, want %t", pattern, s, got, want)
		}
	})
}

// matchSlowly keeps the set of all places in s that the pattern may have come
// to. What one element matches it asks of Match, with a string of one byte.
func matchSlowly(pattern, s string) bool {
	at := make([]bool, len(s)+1)
	at[0] = true
	for pattern != "" {
		element := firstElement(pattern)
		pattern = pattern[len(element):]
		next := make([]bool, len(s)+1)
		for i, reached := range at {
			switch {
			case !reached:
			case element == "*":
				for j := i; j <= len(s); j++ {
					next[j] = true
				}
			case i < len(s) && redisglob.Match(element, s[i:i+1]):
				next[i+1] = true
			}
		}
		at = next
	}
	return at[len(s)]
}

// firstElement cuts off what matches one byte, or a star.
func firstElement(pattern string) string {
	switch {
	case pattern[0] == '\\' && len(pattern) > 1:
		return pattern[:2]
	case pattern[0] != '[':
		return pattern[:1]
	}
	i := 1
	if i < len(pattern) && pattern[i] == '^' {
		i++
	}
	for i < len(pattern) {
		rest := pattern[i:]
		switch {
		case rest[0] == '\\' && len(rest) > 1:
			i += 2
		case rest[0] == ']':
			return pattern[:i+1]
		case len(rest) > 2 && rest[1] == '-':
			i += 3
		default:
			i++
		}
	}
	return pattern
}
