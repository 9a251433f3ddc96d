package builder

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	lineHead  = regexp.MustCompile(`^[\s\-?\[{]*(?:(?:"[^"]*"|'[^']*'|[\w.\-/]+)\s*:(?:\s+(?:-\s+)*|$)|<<:\s*)?(?:#\s*)?`)
	lineMarks = regexp.MustCompile(`^[\s\-?:,\[\]{}"'|>]*$`)
)

// maskUnclear returns what to hide of a line of YAML of which it is not known
// what stands in it: all but the first key, and brackets with what is between
// their elements.
func maskUnclear(text []rune) []span {
	line := string(text)
	head := lineHead.FindString(line)
	rest := line[len(head):]
	if rest == "" || lineMarks.MatchString(rest) {
		return nil
	}
	at := utf8.RuneCountInString(head)
	if strings.ContainsAny(head+rest[:1], "[{") && !strings.Contains(head, "#") {
		return maskTokens(text, at, yamlToken)
	}
	return []span{{at, len(text)}}
}

// maskTokens returns what to hide between punctuation from an offset on. token
// returns the length of what text begins with, and whether it may be shown.
func maskTokens(text []rune, at int, token func(text []rune, inMap bool) (size int, shown bool)) (hidden []span) {
	inMap := true // so far there was nothing that a value follows
	for at < len(text) {
		switch c := text[at]; {
		case unicode.IsSpace(c):
			at++
		case strings.ContainsRune("[]{},:", c):
			inMap = c == '{' || c == ','
			at++
		default:
			size, shown := token(text[at:], inMap)
			if !shown {
				hidden = append(hidden, span{at, at + size})
			}
			at += size
		}
	}
	return hidden
}

var jsonKey = regexp.MustCompile(`^"[\w.\-/]*"\s*:`)

// jsonToken is the text in quotes, the word or the comment that a text begins
// with. Keys may be shown.
func jsonToken(text []rune, inMap bool) (size int, shown bool) {
	if inMap && text[0] == '"' {
		if key := jsonKey.FindString(string(text)); key != "" {
			return len(key) - 1, true
		}
	}
	switch text[0] {
	case '/', '#':
		return len(text), false
	case '"', '\'':
		if end := quotedEnd(text, false); end > 0 {
			return end, false
		}
		return len(text), false
	}
	for i, c := range text {
		if unicode.IsSpace(c) || strings.ContainsRune(`[]{},:"'`, c) {
			return max(i, 1), false
		}
	}
	return len(text), false
}

// yamlToken is the text in quotes, the words, the reference or the comment that
// a text begins with.
func yamlToken(text []rune, _ bool) (size int, shown bool) {
	switch text[0] {
	case '#':
		return len(text), false
	case '"', '\'':
		if end := quotedEnd(text, text[0] == '\''); end > 0 {
			return end, false
		}
		return len(text), false
	}
	size = 1
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '$' && i+1 < len(text) && text[i+1] == '{':
			if end := closingBrace(string(text[i:])); end >= 0 {
				i += utf8.RuneCountInString(string(text[i:])[:end])
				size = i + 1
				continue
			}
			return len(text), false
		case strings.ContainsRune("[]{},", c), c == ':' && (i+1 == len(text) || unicode.IsSpace(text[i+1])):
			return size, false
		case !unicode.IsSpace(c):
			size = i + 1
		}
	}
	return size, false
}
