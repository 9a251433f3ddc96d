package builder

import (
	"slices"
	"strings"
	"unicode"

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
