package redisglob_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/internal/redisglob"
)

func TestMatch(t *testing.T) {
	tests := []struct {
		name, pattern string
		yes, no       string // separated by blanks
	}{
		{"literal", "abc", "abc", "ab abcd xabc ABC"},
		{"star", "a*c", "ac abc a/c abbc acac", "a c acb"},
		{"star at both ends", "*b*", "b ab bc abc", "a ac"},
		{"stars in a row", "a***c", "ac abc", "ab"},
		{"question mark", "a?c", "abc a?c a*c", "ac abbc"},
		{"star and question mark", "*?", "a ab", ""},
		{"dot and brace and plus mean nothing", "a.{b}+", "a.{b}+", "axb"},
		{"class", "[abc]x", "ax bx cx", "dx abcx x"},
		{"range", "[a-c]", "a b c", "d -"},
		{"reverse range", "[c-a]", "a b c", "d -"},
		{"negated class", "[^a]", "b ^ -", "a bb"},
		{"exclamation mark does not negate", "[!a]", "! a", "b"},
		{"caret within a class", "[a^]", "a ^", "b"},
		{"hyphen first", "[-a]", "- a", "b"},
		{"hyphen last takes the bracket", "[a-]", "] ^ _ ` a", "- b"},
		{"escaped bracket in a class", `[\]a]`, "] a", `\ b`},
		{"escaped hyphen in a class", `[a\-c]`, "a - c", "b"},
		{"escaped caret in a class", `[\^a]`, "^ a", "b"},
		{"backslash ends a range", `[a-\]`, `a ] ^ \`, "b"},
		{"empty class", "[]", "", "a ] []"},
		{"empty class has an end", "[]a]", "", "a ]"},
		{"negated empty class", "[^]", "a ^ ]", "ab"},
		{"bracket alone", "[", "", "[ a"},
		{"bracket and caret alone", "[^", "a ^ [", "ab"},
		{"unclosed class", "[ab", "a b", "[ab c"},
		{"unclosed range", "[a-", "a -", "b"},
		{"unclosed class after text", "x[a-c", "xa xb", "x xd"},
		{"escaped star", `a\*`, "a*", `ab a\*`},
		{"escaped letter", `\a`, "a", `\a`},
		{"escaped backslash", `\\`, `\`, `\\`},
		{"backslash at the end", `a\`, `a\`, "a"},
		{"backslash at the end of a class", `[a\`, `a \`, "b"},
		{"closing bracket alone", "]", "]", "["},
		{"bytes", "?", "\xff", "é"},
		{"bytes in a class", "[\x80-\xff]", "\x80 \xff", "a é"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for s := range strings.FieldsSeq(test.yes) {
				if !redisglob.Match(test.pattern, s) {
					t.Errorf("Match(%q, %q) = false", test.pattern, s)
				}
			}
			for s := range strings.FieldsSeq(test.no) {
				if redisglob.Match(test.pattern, s) {
					t.Errorf("Match(%q, %q) = true", test.pattern, s)
				}
			}
		})
	}
}

func TestMatchEmpty(t *testing.T) {
	for pattern, want := range map[string]bool{"": true, "*": true, "**": true, "?": false, "a": false, "[": false, "[^": false, `\`: false} {
		if got := redisglob.Match(pattern, ""); got != want {
			t.Errorf("Match(%q, \"\") = %t, want %t", pattern, got, want)
		}
	}
	if redisglob.Match("", "a") {
		t.Error("the empty pattern matches a")
	}
}

// A pattern of many stars must not take exponential time.
func TestMatchManyStars(t *testing.T) {
	pattern := strings.Repeat("*a", 200) + "b"
	began := time.Now()
	if redisglob.Match(pattern, strings.Repeat("a", 1000)) {
		t.Error("it matches")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}
