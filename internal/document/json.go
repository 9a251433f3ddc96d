package document

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// readJSON makes the document's nodes of JSON. It reads on after what can be
// told apart from its surroundings, such as a comma too many.
func (d *Document) readJSON(report Report) {
	if at := d.yamlBegins(); at >= 0 {
		place := d.PlaceOf(at) // by the line breaks that JSON has
		d.Format = YAML        // which tells what may be shown of its lines
		report(place, "this looks like YAML; JSON begins with [ or {", "")
		return
	}
	r := &jsonReader{doc: d, text: string(d.Data), report: report}
	r.skipSpace()
	if r.at == len(r.text) {
		return
	}
	d.Root = r.value(1)
	r.skipSpace()
	if !r.failed && r.at < len(r.text) {
		r.fail("there is more after the end of the document")
	}
	d.Nodes = r.slab.count
}

// yamlStart is how the first line of YAML looks that is no JSON either.
var yamlStart = regexp.MustCompile(`^(?:---|-|%YAML|[A-Za-z_][\w.\-/]*[ \t]*:)(?:\s|$)`)

// yamlBegins returns the offset of what begins as YAML does where a text in
// JSON should begin, -1 if it is something else.
func (d *Document) yamlBegins() int {
	offset := 0
	for line := range bytes.Lines(d.Data) {
		text := bytes.TrimSpace(line)
		if len(text) > 0 && text[0] != '#' {
			if !yamlStart.Match(text[:min(len(text), 200)]) {
				return -1
			}
			return offset + bytes.Index(line, text)
		}
		offset += len(line)
	}
	return -1
}

// jsonReader reads JSON by the letter of RFC 8259 and knows the place of
// everything in it.
type jsonReader struct {
	doc    *Document
	text   string
	at     int
	report Report
	failed bool // what follows cannot be told
	slab   slab
	stack  []*Node // the children of the nodes that are being read

	line      int // of mark, from 0
	mark      int // an offset whose place is known
	markRunes int // characters between the beginning of the line and mark
}

// place returns the place of an offset that is not before the one of the call
// before.
func (r *jsonReader) place(offset int) Place {
	for i := r.mark; i < offset; i++ {
		switch c := r.text[i]; {
		case c == '\n', c == '\r' && !strings.HasPrefix(r.text[i+1:], "\n"):
			r.line++
			r.markRunes = 0
		case c&0xc0 != 0x80:
			r.markRunes++
		}
	}
	r.mark = max(r.mark, offset)
	return Place{r.line + 1, r.markRunes + 1}
}

// problem reports something that does not keep the reader from going on.
func (r *jsonReader) problem(offset int, message string) {
	if !r.failed {
		r.problemAt(r.placeBack(offset), message)
	}
}

func (r *jsonReader) problemAt(at Place, message string) {
	if !r.failed {
		r.doc.blur(at.Line)
		r.report(at, message, "")
	}
}

// placeBack is place for an offset that may be before the mark.
func (r *jsonReader) placeBack(offset int) Place {
	if offset >= r.mark {
		return r.place(offset)
	}
	fresh := jsonReader{text: r.text}
	return fresh.place(offset)
}

// fail reports what ends the reading.
func (r *jsonReader) fail(message string) {
	r.problem(r.at, message)
	r.failed = true
}

func (r *jsonReader) skipSpace() {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			r.at++
		case c == '/' && strings.HasPrefix(r.text[r.at:], "//"), c == '#':
			r.problem(r.at, "JSON has no comments")
			r.at = r.endOf("\n")
		case c == '/' && strings.HasPrefix(r.text[r.at:], "/*"):
			r.problem(r.at, "JSON has no comments")
			end := r.endOf("*/")
			if strings.ContainsAny(r.text[r.at:end], "\n\r") {
				at := r.placeBack(r.at)
				r.doc.drop(at, &Node{Line: int32(at.Line), Column: int32(at.Column), Broken: true})
			}
			r.at = end
		default:
			return
		}
	}
}

// endOf returns the offset behind the next end, or that of the text's end.
func (r *jsonReader) endOf(end string) int {
	if i := strings.Index(r.text[r.at:], end); i >= 0 {
		return r.at + i + len(end)
	}
	return len(r.text)
}

// value reads the value that begins here.
func (r *jsonReader) value(depth int) *Node {
	n := r.slab.node()
	at := r.place(r.at)
	n.Line, n.Column = int32(at.Line), int32(at.Column)
	if r.at >= len(r.text) {
		r.fail("the file ends where a value should stand")
		n.Broken = true
		return n
	}
	switch c := r.text[r.at]; {
	case c == '{' || c == '[':
		if depth > MaxDepth {
			r.fail(tooDeep)
			return n
		}
		n.Kind = List
		if c == '{' {
			n.Kind = Map
		}
		r.collection(n, depth)
	case c == '"' || c == '\'':
		n.Kind, n.Quoted, n.Text = Scalar, true, r.string()
	default:
		n.setPlain(r.word())
	}
	return n
}

// collection reads the map or list that begins here into n.
func (r *jsonReader) collection(n *Node, depth int) {
	opener, closer, what := r.at, byte(']'), "list"
	if n.Kind == Map {
		closer, what = '}', "map"
	}
	r.at++
	base := len(r.stack)
	for first := true; !r.failed; first = false {
		r.skipSpace()
		if r.at >= len(r.text) {
			r.at = opener
			r.fail(fmt.Sprintf("this %s is not closed", what))
			break
		}
		if r.text[r.at] == closer {
			r.at++
			break
		}
		if !first && !r.comma(closer, what) {
			break
		}
		if r.at >= len(r.text) || r.text[r.at] == closer {
			continue // to the end that has come, or to a comma too many, which has been told
		}
		if n.Kind == Map {
			r.member(depth)
		} else {
			r.stack = append(r.stack, r.value(depth+1))
		}
	}
	n.Torn = r.failed
	children := r.stack[base:]
	if n.Kind == Map {
		children = dropDuplicates(children, func(first, again, value *Node) {
			r.doc.drop(again.Place(), value)
			r.report(again.Place(), duplicateKey(first, again), "")
		})
	}
	n.Children = r.slab.list(children)
	r.stack = r.stack[:base]
}

// comma reads the comma between two elements, or reports that there is none.
// It returns false if what stands here is no element either.
func (r *jsonReader) comma(closer byte, what string) bool {
	switch c := r.text[r.at]; {
	case c == ',':
		at := r.place(r.at) // before what follows: to go back costs the way from the beginning
		r.at++
		r.skipSpace()
		if r.at < len(r.text) && r.text[r.at] == closer {
			r.problemAt(at, fmt.Sprintf("a comma stands before the end of the %s", what))
		}
	case c == ']' || c == '}' || c == ':':
		r.fail(fmt.Sprintf("%q stands where the %s should go on with a comma or end with %q", c, what, closer))
		return false
	default:
		r.problem(r.at, "a comma is missing before this")
	}
	return true
}

// member reads a key and its value.
func (r *jsonReader) member(depth int) {
	key := r.slab.node()
	at := r.place(r.at)
	key.Kind, key.Quoted = Scalar, true
	key.Line, key.Column = int32(at.Line), int32(at.Column)
	switch c := r.text[r.at]; {
	case c == '"' || c == '\'':
		key.Text = r.string()
	case wordEnd(r.text[r.at:]) > 0:
		r.problem(r.at, "a key must stand in double quotes")
		end := wordEnd(r.text[r.at:])
		key.Text = r.text[r.at : r.at+end]
		r.at += end
	default:
		r.fail(fmt.Sprintf("%q stands where a key should", c))
		return
	}
	r.skipSpace()
	if r.at >= len(r.text) || r.text[r.at] != ':' {
		r.doc.drop(at, key) // it may be a value
		r.fail("a colon is missing after the key")
		return
	}
	r.at++
	r.skipSpace()
	value := r.value(depth + 1)
	if isTooLong(key.Text) {
		r.doc.drop(at, key)
		r.doc.drop(at, value)
		r.report(at, keyTooLong, "")
		return
	}
	r.stack = append(r.stack, key, value)
}

// word reads a number, true, false or null.
func (r *jsonReader) word() string {
	end := wordEnd(r.text[r.at:])
	word := r.text[r.at : r.at+end]
	switch {
	case end == 0:
		c, _ := utf8.DecodeRuneInString(r.text[r.at:])
		r.fail(fmt.Sprintf("%q stands where a value should", c))
	case word == "true" || word == "false" || word == "null" || IsNumber(word):
	case word[0] == '-' || word[0] >= '0' && word[0] <= '9':
		r.problem(r.at, "this is not a number as JSON writes them")
	default:
		r.problem(r.at, "a text must stand in double quotes")
	}
	r.at += end
	return word
}

// wordEnd returns the length of the word at the beginning of text.
func wordEnd(text string) int {
	end := strings.IndexFunc(text, func(c rune) bool {
		return c <= ' ' || strings.ContainsRune(`,:[]{}"'/#`, c)
	})
	if end < 0 {
		return len(text)
	}
	return end
}

// IsNumber reports whether a word is a number as JSON writes them.
func IsNumber(word string) bool {
	digits := func(from int) int {
		for from < len(word) && word[from] >= '0' && word[from] <= '9' {
			from++
		}
		return from
	}
	i := 0
	if strings.HasPrefix(word, "-") {
		i = 1
	}
	end := digits(i)
	if end == i || word[i] == '0' && end > i+1 {
		return false
	}
	i = end
	if strings.HasPrefix(word[i:], ".") {
		if end = digits(i + 1); end == i+1 {
			return false
		}
		i = end
	}
	if i < len(word) && (word[i] == 'e' || word[i] == 'E') {
		i++
		if i < len(word) && (word[i] == '+' || word[i] == '-') {
			i++
		}
		if end = digits(i); end == i {
			return false
		}
		i = end
	}
	return i == len(word)
}

// string reads the text in quotes that begins here.
func (r *jsonReader) string() string {
	opener := r.at
	quote := r.text[opener]
	if quote == '\'' {
		r.problem(opener, "a text must stand in double quotes")
	}
	r.at++
	start := r.at
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == quote:
			r.at++
			return r.text[start : r.at-1]
		case c == '\\':
			return r.escaped(opener, start)
		case c == '\n' || c == '\r':
			r.at = opener
			r.fail("this quote is not closed on its line")
			return ""
		case c == '\t':
			r.problem(r.at, `a tab in a text must be written as \t`)
		}
		r.at++
	}
	r.at = opener
	r.fail("this quote is not closed")
	return ""
}

// escaped is string from its first backslash on.
func (r *jsonReader) escaped(opener, start int) string {
	quote := r.text[opener]
	var b strings.Builder
	b.WriteString(r.text[start:r.at])
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == quote:
			r.at++
			return b.String()
		case c == '\n' || c == '\r':
			r.at = opener
			r.fail("this quote is not closed on its line")
			return ""
		case c == '\\':
			b.WriteString(r.escape())
			continue
		case c == '\t':
			r.problem(r.at, `a tab in a text must be written as \t`)
		}
		b.WriteByte(r.text[r.at])
		r.at++
	}
	r.at = opener
	r.fail("this quote is not closed")
	return ""
}

// escape reads what the backslash here begins.
func (r *jsonReader) escape() string {
	at := r.at
	r.at++
	if r.at >= len(r.text) {
		return ""
	}
	c := r.text[r.at]
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		r.at++
		return "\"\\/\b\f\n\r\t"[i : i+1]
	}
	first, ok := r.codeUnit(at)
	switch {
	case !ok:
		r.problem(at, `this backslash begins no escape that JSON has; write \\ for a backslash`)
		return ""
	case !utf16.IsSurrogate(first):
		return string(first)
	}
	low := r.at
	if second, ok := r.codeUnit(low); ok {
		if char := utf16.DecodeRune(first, second); char != utf8.RuneError {
			return string(char)
		}
	}
	r.at = low
	r.problem(at, "this is half of a character")
	return ""
}

// codeUnit reads \u and its four digits at offset.
func (r *jsonReader) codeUnit(offset int) (rune, bool) {
	if len(r.text) < offset+6 || r.text[offset:offset+2] != `\u` {
		return 0, false
	}
	unit, err := strconv.ParseUint(r.text[offset+2:offset+6], 16, 16)
	if err != nil {
		return 0, false
	}
	r.at = offset + 6
	return rune(unit), true
}
