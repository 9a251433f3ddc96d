package document

import (
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/fivcglue/fivcglue-go/internal/nearest"
)

// salvage reads what can be read of a text that is no YAML as a whole: the
// elements of the top level list one by one. Of each that cannot be read it
// reports why. err is what the parser said of the whole.
func (r *yamlReader) salvage(d *Document, err error) *Node {
	r.report = quietAfter(r.report)
	root := r.slab.node()
	root.Kind, root.Line, root.Column = List, 1, 1
	var elements []*Node
	told := false
	for _, piece := range d.elements() {
		if len(elements) > maxSalvaged {
			break
		}
		parsed, repaired, pieceErr := r.repair(&piece)
		told = told || repaired
		switch {
		case errors.Is(pieceErr, io.EOF):
		case pieceErr != nil:
			told = r.explain(d, piece, pieceErr, repaired) || told
			elements = append(elements, &Node{Line: int32(piece.line), Column: 1, Broken: true})
		case len(parsed.Content) == 1 && parsed.Content[0].Kind == yaml.SequenceNode:
			r.offset = piece.line - 1
			elements = append(elements, r.convert(parsed.Content[0], 1).Children...)
		}
	}
	if !told {
		r.explain(d, piece{1, d.text()}, err, false)
	}
	if elements == nil {
		return nil
	}
	root.Children = elements
	return root
}

// maxSalvaged bounds how many elements are read one by one, which is slow.
const maxSalvaged = 20_000

// quietAfter passes problems on, each place once.
func quietAfter(report Report) Report {
	told := map[Place]bool{}
	return func(at Place, message, suggestion string) {
		if !told[at] {
			told[at] = true
			report(at, message, suggestion)
		}
	}
}

// piece is a part of a document that begins with a line.
type piece struct {
	line int
	text string
}

// text returns the document with line breaks of one kind.
func (d *Document) text() string {
	var b strings.Builder
	b.Grow(len(d.Data))
	for number := 1; number <= d.Lines(); number++ {
		if number > 1 {
			b.WriteByte('\n')
		}
		b.WriteString(d.Line(number))
	}
	return b.String()
}

// elements cuts the text where an element of the top level list begins: at the
// dashes that are indented as the first one is. It returns none of a text that
// is no list.
func (d *Document) elements() []piece {
	var pieces []piece
	indent, start := -1, 1
	var b strings.Builder
	flush := func(next int) {
		if b.Len() > 0 && indent >= 0 {
			pieces = append(pieces, piece{start, b.String()})
		}
		b.Reset()
		start = next
	}
	for number := 1; number <= len(d.lineStarts()); number++ {
		text := d.Line(number)
		trimmed := strings.TrimLeft(text, " ")
		at := len(text) - len(trimmed)
		if (trimmed == "-" || strings.HasPrefix(trimmed, "- ")) && (indent < 0 || at == indent) {
			flush(number)
			indent = at
		}
		if indent < 0 {
			if trimmed != "" && !strings.HasPrefix(trimmed, "#") && !strings.HasPrefix(trimmed, "---") && !strings.HasPrefix(trimmed, "%") {
				return nil // it is no list
			}
			start = number + 1
			continue
		}
		b.WriteString(text)
		b.WriteByte('\n')
	}
	flush(0)
	return pieces
}

var (
	yamlLine     = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	yamlUnknown  = regexp.MustCompile(`^yaml: unknown anchor '(.*)' referenced$`)
	anchorInText = regexp.MustCompile(`(?:^|[\s\[{,])&([^\s\[\]{},]+)`)
)

// yamlUnknownAnchor returns the name of the anchor that is missing, if that is
// what the parser says.
func yamlUnknownAnchor(err error) string {
	if match := yamlUnknown.FindStringSubmatch(err.Error()); match != nil {
		return match[1]
	}
	return ""
}

// explain reports why a piece is no YAML, and returns false if that is no
// fault of its own. Of one that is repaired already it says what is sure.
func (r *yamlReader) explain(d *Document, p piece, err error, repaired bool) bool {
	if name := yamlUnknownAnchor(err); name != "" {
		return r.unknownAnchor(d, p, name, repaired)
	}
	if fault := findFault(p.text); fault.message != "" {
		r.refuse(Place{fault.line + p.line - 1, fault.column}, fault.message, "")
		return true
	}
	if repaired {
		return false
	}
	match := yamlLine.FindStringSubmatch(err.Error())
	if match == nil {
		match = []string{"", "", ""}
	}
	line, _ := strconv.Atoi(match[1])
	line = min(max(line, 1), strings.Count(p.text, "\n")+1)
	// The parser's line may be the one behind the last.
	r.refuse(Place{min(line+p.line-1, d.Lines()), 0}, yamlMessage(match[2]), "")
	return true
}

// refuse reports what is no YAML.
func (r *yamlReader) refuse(at Place, message, suggestion string) {
	r.doc.blur(at.Line)
	r.report(at, message, suggestion)
}

// unknownAnchor reports an alias of nothing, unless what it names stands in
// another piece, or in a value that was at fault.
func (r *yamlReader) unknownAnchor(d *Document, p piece, name string, repaired bool) bool {
	if r.names == nil {
		r.names = []string{}
		for _, found := range anchorInText.FindAllSubmatch(d.Data, -1) {
			r.names = append(r.names, string(found[1]))
		}
		slices.Sort(r.names)
		r.names = slices.Compact(r.names)
		r.nearest = nearest.NewIndex(r.names)
	}
	if _, known := slices.BinarySearch(r.names, name); known && (p.line > 1 || repaired) {
		return false
	}
	at := Place{p.line, 0}
	for i, line := range strings.Split(p.text, "\n") {
		if found := aliasIn(line, name); found >= 0 {
			at = Place{p.line + i, utf8.RuneCountInString(line[:found]) + 1}
			break
		}
	}
	r.refuse(at, "this alias names no anchor above it; put a text that begins with * in quotes", r.nearest.To(name))
	return true
}

// aliasIn returns the offset of the alias of that name in a line, -1 if there is
// none.
func aliasIn(line, name string) int {
	for from := 0; ; {
		i := strings.Index(line[from:], "*"+name)
		if i < 0 {
			return -1
		}
		i += from
		end := i + 1 + len(name)
		begins := i == 0 || strings.IndexByte(" \t[{,", line[i-1]) >= 0
		if begins && (end == len(line) || strings.IndexByte(" \t]},\r", line[end]) >= 0) {
			return i
		}
		from = end
	}
}

// yamlMessage says in words of ours what the parser found.
func yamlMessage(problem string) string {
	for _, known := range []struct{ part, message string }{
		{"mapping values are not allowed", "a colon stands where no key can; put a text that holds one in quotes"},
		{"did not find expected key", "this does not go on the map above it; see its indentation and quotes"},
		{"did not find expected '-'", "this does not go on the list above it; see its indentation"},
		{"could not find expected ':'", "a colon is missing after a key"},
		{"block sequence entries are not allowed", "a list cannot begin here"},
		{"did not find expected ','", "a comma or a closing bracket is missing"},
		{"cannot start any token", "a value cannot begin with this character; put it in quotes"},
		{"tab character", "a tab stands in the indentation; indent with spaces"},
		{"exceeded max depth", tooDeep},
		{"escape", "this backslash begins no escape that YAML has; put the text in single quotes"},
		{"block scalar", "the line of a | or > holds more than its indentation"},
		{"directive", "a line with % is no directive of YAML"},
		{"document start", "there is more after the end of the document"},
		{"tag", "this is not a tag of YAML"},
		{"anchor or alias", "an anchor or alias has no name"},
	} {
		if strings.Contains(problem, known.part) {
			return known.message
		}
	}
	return "this is not YAML; see indentation, quotes and brackets"
}
