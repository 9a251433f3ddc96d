// Package document reads YAML and JSON into one tree of nodes, each of which
// knows its place. It knows nothing of what a document is for.
//
// What is wrong is said in plain words of its own and at the place at which
// somebody has to change something, as far as that can be told; neither the
// words nor the places of the parsers show.
package document

import (
	"bytes"
	"cmp"
	"unicode/utf8"
)

// The formats that Read knows.
const (
	YAML = "yaml"
	JSON = "json"
)

// Document is one text as it was read.
type Document struct {
	Name   string // what messages call it
	Format string // YAML or JSON
	Data   []byte // without a byte order mark

	Root     *Node // nil if the text is empty, or nothing could be made of it
	Nodes    int   // how many nodes were made
	Complete bool  // Root holds all of the text: nothing was reported

	// Dropped stand in the text and not in Root, such as the value of a key
	// that stands twice. They are masked.
	Dropped []*Node

	unclear map[int]bool // lines of which it is not known what stands in them
	lines   []int        // offset of each line's beginning; made when it is needed
}

// IsClear reports whether it is known what stands in a line: all of its values
// are in Root or Dropped.
func (d *Document) IsClear(line int) bool { return d.Root != nil && !d.unclear[line] }

func (d *Document) blur(line int) {
	if d.unclear == nil {
		d.unclear = map[int]bool{}
	}
	d.unclear[line] = true
}

// drop masks and keeps n, if it stands behind a place: what an alias stands
// for does not.
func (d *Document) drop(behind Place, n *Node) {
	if (n.Kind != Null || n.Broken) && n.Place().Compare(behind) >= 0 {
		n.Mask()
		d.Dropped = append(d.Dropped, n)
	}
}

// Place is a position in a text, counted from 1 in lines and characters. A
// Line of 0 stands for the whole text, a Column of 0 for a place in the line
// that is not known.
type Place struct{ Line, Column int }

// Compare orders places as they stand in the text.
func (p Place) Compare(other Place) int {
	return cmp.Or(cmp.Compare(p.Line, other.Line), cmp.Compare(p.Column, other.Column))
}

// Report takes note of a problem. suggestion is the name that was probably
// meant, or "".
type Report func(at Place, message, suggestion string)

// Read makes a Document of data, and reports each problem that it finds. It
// never panics, whatever data is.
func Read(name, format string, data []byte, report Report) *Document {
	d := &Document{Name: name, Format: format, Data: bytes.TrimPrefix(data, byteOrderMark)}
	if len(data) > MaxSize {
		report(Place{}, tooLarge, "")
		return d
	}
	if at, message := d.checkEncoding(); message != "" {
		report(at, message, "")
		return d
	}
	d.Complete = true
	noting := func(at Place, message, suggestion string) {
		d.Complete = false
		report(at, message, suggestion)
	}
	if format == JSON {
		d.readJSON(noting)
	} else {
		d.readYAML(noting)
	}
	return d
}

// Lines returns the number of lines.
func (d *Document) Lines() int { return len(d.lineStarts()) }

// lineStarts returns the offset at which each line begins. What breaks a line
// hangs on the format.
func (d *Document) lineStarts() []int {
	if d.lines != nil {
		return d.lines
	}
	d.lines = append(make([]int, 0, 1+bytes.Count(d.Data, []byte{'\n'})), 0)
	for i := 0; i < len(d.Data); {
		size := d.breakAt(i)
		if size == 0 {
			i++
			continue
		}
		i += size
		d.lines = append(d.lines, i)
	}
	return d.lines
}

// breakAt returns the length of the line break at offset i, 0 if there is none.
func (d *Document) breakAt(i int) int {
	switch c := d.Data[i]; {
	case c == '\n':
		return 1
	case c == '\r':
		if i+1 < len(d.Data) && d.Data[i+1] == '\n' {
			return 2
		}
		return 1
	case d.Format != YAML || c < 0x80:
		return 0
	case bytes.HasPrefix(d.Data[i:], []byte("\u0085")):
		return 2
	case bytes.HasPrefix(d.Data[i:], []byte("\u2028")), bytes.HasPrefix(d.Data[i:], []byte("\u2029")):
		return 3
	}
	return 0
}

// Line returns the text of a line without its break, "" if there is no such
// line.
func (d *Document) Line(number int) string {
	starts := d.lineStarts()
	if number < 1 || number > len(starts) {
		return ""
	}
	end := len(d.Data)
	if number < len(starts) {
		end = starts[number]
	}
	text := d.Data[starts[number-1]:end]
	for len(text) > 0 {
		_, size := utf8.DecodeLastRune(text)
		if d.breakAt(starts[number-1]+len(text)-size) == 0 {
			break
		}
		text = text[:len(text)-size]
	}
	return string(text)
}

// LineSize returns the length of a line in bytes, with its break.
func (d *Document) LineSize(number int) int {
	starts := d.lineStarts()
	switch {
	case number < 1 || number > len(starts):
		return 0
	case number == len(starts):
		return len(d.Data) - starts[number-1]
	}
	return starts[number] - starts[number-1]
}

// PlaceOf returns the Place of an offset.
func (d *Document) PlaceOf(offset int) Place {
	starts := d.lineStarts()
	low, high := 0, len(starts)
	for high-low > 1 {
		if middle := (low + high) / 2; starts[middle] <= offset {
			low = middle
		} else {
			high = middle
		}
	}
	return Place{low + 1, utf8.RuneCount(d.Data[starts[low]:offset]) + 1}
}
