package builder

import (
	"bytes"
	"unicode/utf8"
)

// document is one source as it was read.
type document struct {
	name   string
	format string // "yaml" or "json"
	data   []byte // without a byte order mark
	order  int    // its place among the sources
	folder folder // in which the files stand that its values name

	root     *node // nil if nothing could be made of the source
	nodes    int   // how many of them there are
	complete bool  // root holds all of the source

	lines []int // offset of each line's beginning; made when it is needed
}

// place is a position in a document, 1:1 at its beginning.
type place struct{ line, column int }

// lineStarts returns the offset at which each line begins. What breaks a line
// hangs on the format.
func (d *document) lineStarts() []int {
	if d.lines != nil {
		return d.lines
	}
	d.lines = append(make([]int, 0, 1+bytes.Count(d.data, []byte{'\n'})), 0)
	for i := 0; i < len(d.data); {
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
func (d *document) breakAt(i int) int {
	switch c := d.data[i]; {
	case c == '\n':
		return 1
	case c == '\r':
		if i+1 < len(d.data) && d.data[i+1] == '\n' {
			return 2
		}
		return 1
	case d.format != formatYAML || c < 0x80:
		return 0
	case bytes.HasPrefix(d.data[i:], []byte("\u0085")):
		return 2
	case bytes.HasPrefix(d.data[i:], []byte("\u2028")), bytes.HasPrefix(d.data[i:], []byte("\u2029")):
		return 3
	}
	return 0
}

// line returns the text of a line without its break, "" if there is no such
// line.
func (d *document) line(number int) string {
	starts := d.lineStarts()
	if number < 1 || number > len(starts) {
		return ""
	}
	end := len(d.data)
	if number < len(starts) {
		end = starts[number]
	}
	text := d.data[starts[number-1]:end]
	for len(text) > 0 {
		_, size := utf8.DecodeLastRune(text)
		if d.breakAt(starts[number-1]+len(text)-size) == 0 {
			break
		}
		text = text[:len(text)-size]
	}
	return string(text)
}

// placeOf returns the place of an offset.
func (d *document) placeOf(offset int) place {
	starts := d.lineStarts()
	low, high := 0, len(starts)
	for high-low > 1 {
		if middle := (low + high) / 2; starts[middle] <= offset {
			low = middle
		} else {
			high = middle
		}
	}
	return place{low + 1, utf8.RuneCount(d.data[starts[low]:offset]) + 1}
}
