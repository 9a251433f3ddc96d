package builder

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fivcglue/fivcglue-go/internal/document"
)

const redacted = "[redacted]"

// excerpts gives the problems of a document the text of their lines, in which
// what may be a secret is masked.
func (d *layer) excerpts(problems []*Diagnostic) {
	if len(problems) == 0 {
		return
	}
	masks := d.masks()
	var line []rune // the one that was looked at last: it may be long
	number := 0
	for _, p := range problems {
		if p.Line == 0 {
			continue
		}
		if p.Line != number {
			line, number = []rune(strings.ToValidUTF8(d.Line(p.Line), "\uFFFD")), p.Line
		}
		switch {
		case !p.unparsed:
			from := max(0, p.Column-1-2*widest)
			to := min(len(line), from+4*widest)
			text, caret := maskLine(line[min(from, to):to], p.Column-from, document.Place{Line: p.Line, Column: from + 1}, masks)
			p.Excerpt, p.caret = window(text, caret, from > 0, to < len(line))
		case len(line) > longest: // what a part of it is cannot be told
		case d.Format == document.JSON:
			text, caret := maskTokens(line, p.Column)
			p.Excerpt, p.caret = window(text, caret, false, false)
		default:
			text, caret := maskUnparsed(line, p.Column)
			p.Excerpt, p.caret = window(text, caret, false, false)
		}
	}
}

// longest is the number of characters above which nothing is shown of a line
// that is not understood.
const longest = 4000

// mask is a part of the text that must not be shown.
type mask struct{ from, to document.Place }

// masks returns where the scalars are that may be secrets, in order. Each
// reaches to the beginning of what comes next: that is more than the scalar
// and never less.
func (d *layer) masks() []mask {
	if d.Root == nil {
		return nil
	}
	type spot struct {
		document.Place
		masked bool
	}
	spots := make([]spot, 0, d.Nodes)
	seen := map[*document.Node]bool{} // aliases lead to the same node more than once
	var walk func(n *document.Node)
	walk = func(n *document.Node) {
		spots = append(spots, spot{n.Place(), n.Masked && len(n.Children) == 0})
		if len(n.Children) > 0 {
			if seen[n] {
				return
			}
			seen[n] = true
		}
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(d.Root)
	slices.SortStableFunc(spots, func(a, b spot) int { return a.Compare(b.Place) })
	var masks []mask
	for i, s := range spots {
		if !s.masked {
			continue
		}
		end := document.Place{Line: d.Lines() + 1, Column: 1}
		for _, next := range spots[i+1:] {
			if next.Compare(s.Place) > 0 {
				end = next.Place
				break
			}
		}
		masks = append(masks, mask{s.Place, end})
	}
	return masks
}

// maskLine masks what is within masks in a line, or a part of one that begins
// at a place, and returns the caret's new column.
func maskLine(text []rune, caret int, begin document.Place, masks []mask) ([]rune, int) {
	first, _ := slices.BinarySearchFunc(masks, begin, func(m mask, begin document.Place) int {
		if m.to.Compare(begin) <= 0 {
			return -1
		}
		return 1
	})
	var shown []rune
	at, moved := 0, caret
	for _, m := range masks[first:] {
		if m.from.Line > begin.Line || m.from.Line == begin.Line && m.from.Column-begin.Column >= len(text) {
			break
		}
		from, to := 0, len(text)
		if m.from.Line == begin.Line {
			from = max(0, m.from.Column-begin.Column)
		}
		if m.to.Line == begin.Line {
			to = min(m.to.Column-begin.Column, len(text))
		}
		if from < at || from >= to || strings.TrimSpace(string(text[from:to])) == "" {
			continue
		}
		if to < len(text) {
			for to > from+1 && strings.ContainsRune(" ,]}\t", text[to-1]) { // what parts it from the next
				to--
			}
		}
		shown = append(shown, text[at:from]...)
		switch {
		case caret-1 >= to:
			moved = caret + len(shown) + len(redacted) - to
		case caret-1 >= from:
			moved = len(shown) + 1
		}
		shown = append(shown, []rune(redacted)...)
		at = to
	}
	return maskAddress(append(shown, text[at:]...), moved)
}

var address = regexp.MustCompile(`://[^/\s@]*:[^/\s@]*@`)

// maskAddress masks what stands before the host of an address.
func maskAddress(text []rune, caret int) ([]rune, int) {
	line := string(text)
	found := address.FindStringIndex(line)
	if found == nil {
		return text, caret
	}
	from := utf8.RuneCountInString(line[:found[0]]) + len("://")
	to := utf8.RuneCountInString(line[:found[1]]) - len("@")
	if caret-1 > from {
		caret = max(from+1, caret+len(redacted)-(to-from))
	}
	return slices.Concat(text[:from], []rune(redacted), text[to:]), caret
}

var (
	lineHead  = regexp.MustCompile(`^[\s\-?\[{]*(?:(?:"[^"]*"|'[^']*'|[\w.\-/]+)\s*:(?:\s+|$)|<<:\s*)?`)
	lineMarks = regexp.MustCompile(`^[^\pL\pN]*$`)
)

// maskUnparsed masks all but the first key of a line that is not understood.
func maskUnparsed(text []rune, caret int) ([]rune, int) {
	line := string(text)
	head := lineHead.FindString(line)
	if rest := line[len(head):]; rest == "" || lineMarks.MatchString(rest) {
		return text, caret
	}
	shown := []rune(head)
	return append(shown, []rune(redacted)...), min(caret, len(shown)+1)
}

var jsonKey = regexp.MustCompile(`^"[\w.\-/]*"\s*:`)

// maskTokens masks all but the keys and the punctuation of a line of JSON.
func maskTokens(text []rune, caret int) ([]rune, int) {
	var shown []rune
	moved := caret
	copied := func(to, from int) {
		if caret-1 >= from && caret-1 < to {
			moved = len(shown) + 1 + caret - 1 - from
		}
		shown = append(shown, text[from:to]...)
	}
	beforeKey := true // so far there was nothing that a value follows
	at := 0
	for at < len(text) {
		switch r := text[at]; {
		case unicode.IsSpace(r):
			copied(at+1, at)
			at++
		case strings.ContainsRune("[]{},:", r):
			beforeKey = r == '{' || r == ','
			copied(at+1, at)
			at++
		default:
			rest := string(text[at:])
			if key := jsonKey.FindString(rest); key != "" && beforeKey {
				end := at + len([]rune(key)) - 1
				copied(end, at)
				at = end
				continue
			}
			end := at + tokenEnd(text[at:])
			if caret-1 >= at && caret-1 < end {
				moved = len(shown) + 1
			}
			shown = append(shown, []rune(redacted)...)
			at = end
		}
	}
	if caret-1 >= len(text) {
		moved = len(shown) + caret - len(text)
	}
	return shown, moved
}

// tokenEnd returns the length of the text in quotes, the word or the comment
// that text begins with.
func tokenEnd(text []rune) int {
	switch quote := text[0]; quote {
	case '/', '#':
		return len(text)
	case '"', '\'':
		for i := 1; i < len(text); i++ {
			switch text[i] {
			case '\\':
				i++
			case quote:
				return i + 1
			}
		}
		return len(text)
	}
	for i, r := range text {
		if unicode.IsSpace(r) || strings.ContainsRune(`[]{},:"'`, r) {
			return max(i, 1)
		}
	}
	return len(text)
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
