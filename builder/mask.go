package builder

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fivcglue/fivcglue-go/internal/document"
)

// isSecret reports whether a node may be a secret, and whether it has to be
// hidden then: a reference, and nothing, do not.
func isSecret(n *document.Node) (secret, hidden bool) {
	if n.Broken {
		return true, true
	}
	if !n.Masked || len(n.Children) > 0 {
		return false, false
	}
	if n.Kind != document.Scalar {
		return true, false
	}
	written := writtenText(n)
	if !strings.HasPrefix(written, "${") {
		return true, true
	}
	kept, _ := soleReference(written)
	return true, kept != written
}

// writtenText returns the text of a scalar as it is in the file.
func writtenText(n *document.Node) string {
	if n.Replaced != nil {
		return n.Replaced.Written
	}
	return n.Text
}

// span is a part of a line, in characters from 0.
type span struct{ from, to int }

// moved returns where a column comes to stand when parts before it are replaced.
func moved(caret int, hidden []span) int {
	column, longer := caret, 0
	for _, s := range hidden {
		if caret-1 < s.from {
			break
		}
		column = s.from + longer + 1
		longer += len(redacted) - (s.to - s.from)
		if caret-1 >= s.to {
			column = caret + longer
		}
	}
	return column
}

// redaction is a text of which parts are replaced, from the left to the right.
type redaction struct {
	text  []rune
	caret int // a column, from 1
	shown []rune
	at    int // what is before it is shown or hidden
	moved int // the caret's new column
}

func redact(text []rune, caret int) *redaction {
	return &redaction{text: text, caret: caret, moved: caret}
}

// hide replaces text[from:to].
func (r *redaction) hide(from, to int) {
	r.shown = append(r.shown, r.text[r.at:from]...)
	if r.caret-1 >= from {
		r.moved = len(r.shown) + 1
	}
	r.shown = append(r.shown, []rune(redacted)...)
	if r.caret-1 >= to {
		r.moved = r.caret + len(r.shown) - to
	}
	r.at = to
}

// done returns what is shown and where the caret is in it.
func (r *redaction) done() ([]rune, int) {
	if r.at == 0 {
		return r.text, r.moved
	}
	return append(r.shown, r.text[r.at:]...), r.moved
}

// redactAll returns what is shown of a text without the hidden parts of it, and
// where the caret is then.
func redactAll(text []rune, caret int, hidden []span) ([]rune, int) {
	r := redact(text, caret)
	for _, s := range hidden {
		r.hide(s.from, s.to)
	}
	return r.done()
}

// masker masks what may be a secret in the lines of a document.
type masker struct {
	*document.Document
	spots []spot
}

// maskLine masks a clear line, or a part of one that begins at a place, and
// returns the caret's new column. cut says that the line goes on behind it.
//
// A scalar whose end cannot be told, such as one of several lines, is masked up
// to where the next node begins: that is more than the scalar and never less.
func (m *masker) maskLine(text []rune, caret int, begin document.Place, cut bool) ([]rune, int) {
	r := redact(text, caret)
	secret := false // one may stand in the line
	var last spot   // of those in the line
	for i := m.before(begin); i < len(m.spots); {
		here, next := m.spots[i], i
		hidden := false
		for ; next < len(m.spots) && m.spots[next].Place == here.Place; next++ {
			secretHere, hiddenHere := isSecret(m.spots[next].node)
			secret = secret || secretHere && here.Line == begin.Line
			hidden = hidden || hiddenHere
			if m.spots[next].node.Kind == document.Scalar {
				here = m.spots[next]
			}
		}
		i = next
		if here.Line > begin.Line || here.Line == begin.Line && here.Column-begin.Column >= len(text) {
			break
		}
		from, to := 0, len(text)
		if here.Line == begin.Line {
			from = max(0, here.Column-begin.Column)
		}
		if next < len(m.spots) && m.spots[next].Line == begin.Line {
			to = min(m.spots[next].Column-begin.Column, len(text))
		}
		last = here
		if !hidden || from < r.at {
			continue
		}
		switch size := m.extent(here, text, begin); {
		case size >= 0:
			to = min(to, from+size)
		case to < len(text):
			if here.Line < begin.Line && dashes.MatchString(string(text[:to])) {
				to = 0
			}
			for to > from+1 && strings.ContainsRune(" ,]}\t", text[to-1]) { // what parts it from the next
				to--
			}
		case !cut:
			to = closers(text[:to], from, unclosed(r.shown)+unclosed(text[r.at:max(r.at, from)]))
		}
		if strings.TrimSpace(string(text[from:max(from, to)])) != "" {
			r.hide(from, to)
			secret = true
		}
	}
	if m.Format == document.YAML && secret && !cut {
		from := r.at
		if last.Line == begin.Line {
			from = max(from, last.Column-begin.Column+max(0, m.extent(last, text, begin)))
		}
		if at := commentIn(text, from); at >= 0 {
			r.hide(at, len(text))
		}
	}
	return maskAddresses(r.done())
}

// before returns the index of the first spot whose node may reach into a line
// that begins at a place.
func (m *masker) before(begin document.Place) int {
	at := func(s spot, p document.Place) int { return s.Compare(p) }
	i, _ := slices.BinarySearchFunc(m.spots, begin, at)
	if i > 0 {
		i, _ = slices.BinarySearchFunc(m.spots, m.spots[i-1].Place, at)
	}
	return i
}

// extent returns how many characters of text, which begins at a place, belong
// to the scalar at a spot, -1 if that cannot be told.
func (m *masker) extent(s spot, text []rune, begin document.Place) int {
	switch {
	case s.node.Kind != document.Scalar:
		return -1
	case s.Line < begin.Line:
		if m.LineSize(s.Line) > utf8.UTFMax*longest {
			return -1 // to look at it for every problem below it takes too long
		}
		line := []rune(m.Line(s.Line))
		if len(line) <= longest && s.Column <= len(line) && m.extent(s, line[s.Column-1:], s.Place) >= 0 {
			return 0 // it ends there
		}
		return -1
	case s.Column < begin.Column:
		return -1
	}
	text = text[s.Column-begin.Column:]
	switch text[0] {
	case '"', '\'':
		return quotedEnd(text, m.Format == document.YAML && text[0] == '\'')
	case '|', '>', '&', '*', '!': // the text stands behind it
		return -1
	}
	size := 0
	for _, r := range writtenText(s.node) {
		if size == len(text) || text[size] != r {
			return -1
		}
		size++
	}
	return size
}

// quotedEnd returns the length of the text in quotes that text begins with, -1
// if it does not end. A quote in it is written twice, or with a backslash.
func quotedEnd(text []rune, twice bool) int {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && !twice:
			i++
		case text[i] == text[0] && twice && i+1 < len(text) && text[i+1] == text[0]:
			i++
		case text[i] == text[0]:
			return i + 1
		}
	}
	return -1
}

// dashes may stand before an element of a list. No scalar ends with them.
var dashes = regexp.MustCompile(`^\s*(?:[-?]\s+)*$`)

// closers returns where in text the brackets at its end begin that close what
// is open.
func closers(text []rune, from, open int) int {
	to := len(text)
	for to > from+1 && open > 0 && strings.ContainsRune(" ,]}\t", text[to-1]) {
		if text[to-1] == ']' || text[to-1] == '}' {
			open--
		}
		to--
	}
	return to
}

// unclosed counts the brackets that are open at the end of text.
func unclosed(text []rune) (open int) {
	for _, r := range text {
		switch r {
		case '[', '{':
			open++
		case ']', '}':
			open--
		}
	}
	return open
}

// commentIn returns where the words of a comment begin that stands in text from
// an offset on, where no scalar is; -1 if there is none.
func commentIn(text []rune, from int) int {
	sign := slices.Index(text[from:], '#')
	if sign < 0 {
		return -1
	}
	for i := from + sign + 1; i < len(text); i++ {
		if !unicode.IsSpace(text[i]) {
			return i
		}
	}
	return -1
}

// maskAddresses masks what stands before the hosts of addresses.
func maskAddresses(text []rune, caret int) ([]rune, int) {
	return redactAll(text, caret, addressesIn(text))
}

// addressesIn returns what stands before the hosts of addresses.
func addressesIn(text []rune) (found []span) {
	line := string(text)
	for from, to := range document.Credentials(line) {
		found = append(found, span{utf8.RuneCountInString(line[:from]), utf8.RuneCountInString(line[:to])})
	}
	return found
}
