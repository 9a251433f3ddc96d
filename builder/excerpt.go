package builder

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fivcglue/fivcglue-go/internal/document"
)

const redacted = document.Redacted

// excerpts gives the problems of a document the text of their lines, in which
// what may be a secret is masked.
func (d *layer) excerpts(problems []*Diagnostic) {
	if len(problems) == 0 {
		return
	}
	m := masker{d.Document, d.spots()}
	var line []rune              // the one that was looked at last: it may be long
	var hidden, addresses []span // of it, if it is not clear
	var shown []rune             // what is left of it; it may have thousands of problems
	number := 0
	for _, p := range problems {
		if p.Line == 0 {
			continue
		}
		if p.Line != number {
			line, number = []rune(strings.ToValidUTF8(d.Line(p.Line), "\uFFFD")), p.Line
			hidden, shown = nil, nil
			switch {
			case d.IsClear(p.Line) || len(line) > longest:
			case d.Format == document.JSON:
				hidden = maskTokens(line, 0, jsonToken)
			default:
				hidden = maskUnclear(line)
			}
		}
		switch {
		case d.IsClear(p.Line):
			from := min(max(0, p.Column-1-2*widest), len(line))
			to := min(len(line), from+4*widest)
			text, caret := m.maskLine(line[from:to], p.Column-from, document.Place{Line: p.Line, Column: from + 1}, to < len(line))
			p.Excerpt, p.caret = window(text, caret, from > 0, to < len(line))
		case len(line) > longest: // what a part of it is cannot be told
		default:
			if shown == nil {
				shown, _ = redactAll(line, 0, hidden)
				addresses = addressesIn(shown)
				shown, _ = redactAll(shown, 0, addresses)
			}
			p.Excerpt, p.caret = window(shown, moved(moved(p.Column, hidden), addresses), false, false)
		}
	}
}

// longest is the number of characters above which nothing is shown of a line
// that is not clear.
const longest = 4000

// spot is where a node begins.
type spot struct {
	document.Place
	node *document.Node
}

// spots returns where the nodes of the document begin, in order.
func (d *layer) spots() []spot {
	spots := make([]spot, 0, d.Nodes)
	seen := map[**document.Node]bool{} // aliases lead to the same children more than once
	var walk func(n *document.Node)
	walk = func(n *document.Node) {
		spots = append(spots, spot{n.Place(), n})
		if len(n.Children) > 0 {
			if seen[&n.Children[0]] {
				return
			}
			seen[&n.Children[0]] = true
		}
		for _, child := range n.Children {
			walk(child)
		}
	}
	if d.Root != nil {
		walk(d.Root)
	}
	for _, n := range d.Dropped {
		walk(n)
	}
	slices.SortStableFunc(spots, func(a, b spot) int { return a.Compare(b.Place) })
	return slices.Compact(spots) // what has a hundred thousand aliases is one spot
}

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
func (r *redaction) done() ([]rune, int) { return append(r.shown, r.text[r.at:]...), r.moved }

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

const (
	widest = 160 // characters of a line that are shown
	before = 60  // of them, those before the caret in a line that is longer
)

// window cuts a long line to what is around the caret, and takes what a
// terminal would not print as it stands.
func window(text []rune, caret int, cutBefore, cutAfter bool) (string, int) {
	from, to := 0, len(text)
	if len(text) > widest {
		from = min(max(0, caret-1-before), len(text)-widest)
		to = from + widest
	}
	var b strings.Builder
	if from > 0 || cutBefore {
		b.WriteRune('…')
		caret++
	}
	for _, r := range text[from:to] {
		if r != '\t' && !unicode.IsPrint(r) {
			r = '\uFFFD'
		}
		b.WriteRune(r)
	}
	if to < len(text) || cutAfter {
		b.WriteRune('…')
	}
	return strings.TrimRight(b.String(), " \t"), max(caret-from, min(caret, 0))
}
