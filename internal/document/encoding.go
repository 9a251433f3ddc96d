package document

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// The budgets of a document. They stand far above what people write and far
// below what makes a program slow.
const (
	MaxSize      = 16 << 20 // bytes
	MaxDepth     = 64       // maps and lists within each other
	maxAliased   = 1 << 19  // values that aliases stand for, counted each time
	maxRepeated  = 16 << 20 // bytes of the texts among them
	maxKey       = 1024     // characters of a key, which every path and message below it repeats
	maxTags      = 1000     // directives that begin with %TAG: the parser compares each with each
	maxQuestions = 100_000  // question marks with a blank behind: each may begin a key of three bytes, and take a hundred times that
)

var tooDeep = fmt.Sprintf("nested more than %d levels deep", MaxDepth)

var keyTooLong = fmt.Sprintf("this key is longer than %d characters", maxKey)

var tooLarge = fmt.Sprintf("the file is larger than %d MiB", MaxSize>>20)

var byteOrderMark = []byte("\xef\xbb\xbf")

// checkEncoding reports what keeps data from being text that a parser may see.
func (d *Document) checkEncoding() (p Place, problem string) {
	if name := foreignEncoding(d.Data); name != "" {
		return Place{}, fmt.Sprintf("the file is in %s; save it as UTF-8", name)
	}
	for i := 0; i < len(d.Data); {
		c := d.Data[i]
		if c >= 0x20 && c < 0x7f || c == '\n' || c == '\t' || c == '\r' {
			i++
			continue
		}
		r, size := utf8.DecodeRune(d.Data[i:])
		switch {
		case c == 0:
			return Place{}, "the file is binary, not text"
		case r == utf8.RuneError && size == 1:
			return d.PlaceOf(i), fmt.Sprintf("the byte 0x%02X is not UTF-8; save the file as UTF-8", c)
		case r < 0x20 || r >= 0x7f && r < 0xa0 && r != 0x85:
			return d.PlaceOf(i), fmt.Sprintf("the control character U+%04X does not belong in a text", r)
		case r == 0xfeff || r == 0xfffe || r == 0xffff:
			return d.PlaceOf(i), fmt.Sprintf("the character U+%04X does not belong in a text", r)
		}
		i += size
	}
	if d.Format == YAML && bytes.Count(d.Data, []byte("%TAG")) > maxTags {
		return Place{}, fmt.Sprintf("the file has %%TAG more than %d times", maxTags)
	}
	if d.Format == YAML && bytes.Count(d.Data, []byte("?\n"))+bytes.Count(d.Data, []byte("? ")) > maxQuestions {
		return Place{}, fmt.Sprintf("the file has more than %d question marks", maxQuestions)
	}
	return Place{}, ""
}

// foreignEncoding names the encoding of data if its first bytes give it away.
func foreignEncoding(data []byte) string {
	zero := func(i int) bool { return i < len(data) && data[i] == 0 }
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe, 0, 0}), bytes.HasPrefix(data, []byte{0, 0, 0xfe, 0xff}):
		return "UTF-32"
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return "UTF-16"
	case zero(0) && zero(1) && zero(2) && !zero(3) && len(data) > 3, zero(1) && zero(2) && zero(3) && !zero(0):
		return "UTF-32"
	case zero(0) && zero(2) && len(data) > 3 && !zero(1) && !zero(3), zero(1) && zero(3) && !zero(0) && !zero(2):
		return "UTF-16"
	}
	return ""
}
