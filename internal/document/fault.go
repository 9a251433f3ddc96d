package document

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// fault is the likely cause of a text's being no YAML.
type fault struct {
	line, column int // from 1
	message      string
	value        *valueSpan // which is at fault, nil if that cannot be told
}

// valueSpan is a value that begins on the line of its key, or of its dash.
type valueSpan struct {
	row, at int // of the text, from 0
	column  int // what belongs to it on other lines is indented more
	end     int // the row up to which it was read
}

// findFault looks for the mistakes that people make in YAML, in a text that
// does not parse. The parser itself names a place behind the mistake, often by
// many lines. It returns the zero fault if it knows no better.
func findFault(text string) fault {
	f := faultFinder{lines: strings.Split(text, "\n")}
	for f.row < len(f.lines) && f.found.message == "" {
		f.readLine()
	}
	if f.found.message == "" && len(f.brackets) > 0 {
		f.unclosed()
	}
	return f.found
}

type faultFinder struct {
	lines    []string
	row      int // the line that is read, from 0
	at       int // offset in it
	brackets []bracket
	levels   []int // columns at which maps and lists are open
	block    int   // indentation of the key whose block scalar is read
	inBlock  bool
	value    *valueSpan
	found    fault
}

type bracket struct {
	row, at int
	char    byte
}

// unclosed reports the innermost bracket that is open.
func (f *faultFinder) unclosed() {
	open := f.brackets[len(f.brackets)-1]
	f.fault(open.row, open.at, "this %c is not closed", open.char)
}

func (f *faultFinder) fault(row, at int, format string, args ...any) {
	if f.found.message == "" {
		f.found = fault{row + 1, utf8.RuneCountInString(f.lines[row][:at]) + 1, fmt.Sprintf(format, args...), f.value}
		if f.value != nil {
			f.value.end = max(f.row, f.value.row)
		}
	}
}

// readLine reads one line, and those below it that a quoted text covers.
func (f *faultFinder) readLine() {
	line := f.lines[f.row]
	indent := len(line) - len(strings.TrimLeft(line, " "))
	rest := line[indent:]
	if len(f.brackets) == 0 {
		f.value = nil
	}
	if f.inBlock {
		if strings.TrimSpace(line) == "" || indent > f.block {
			f.row++
			return
		}
		f.inBlock = false
	}
	f.at = indent
	switch {
	case strings.TrimSpace(rest) == "" || rest[0] == '#':
		f.row++
		return
	case rest[0] == '\t' && len(f.brackets) == 0:
		f.fault(f.row, indent, "a tab stands in the indentation; indent with spaces")
		return
	}
	if len(f.brackets) > 0 {
		f.flow(f.row)
		return
	}
	f.blockLine(indent)
}

// blockLine reads a line that stands outside of brackets.
func (f *faultFinder) blockLine(indent int) {
	row, column := f.row, indent
	line := f.lines[row]
	dashes := false
	for strings.HasPrefix(line[f.at:], "- ") || line[f.at:] == "-" {
		f.open(row, f.at)
		f.at++
		for f.at < len(line) && line[f.at] == ' ' {
			f.at++
		}
		if f.at < len(line) && line[f.at] == '\t' {
			f.fault(row, f.at, "a tab stands in the indentation; indent with spaces")
		}
		column = f.at
		dashes = true
	}
	if f.at >= len(line) || line[f.at] == '#' {
		f.row++
		return
	}
	colon := f.colon(row, f.at)
	if f.found.message != "" {
		return
	}
	if colon == f.at {
		f.fault(row, colon, "a key is missing")
		return
	}
	if colon < 0 {
		f.plainLine(row, column, dashes)
		return
	}
	f.open(row, column)
	f.at = colon + 1
	f.readValue(row, column)
}

// plainLine reads a line that has no key.
func (f *faultFinder) plainLine(row, column int, dashes bool) {
	line := f.lines[row]
	if dashes {
		f.readValue(row, column-1)
		return
	}
	if strings.IndexByte(`[{"'&*!|>@`+"`%", line[f.at]) >= 0 {
		f.readValue(row, column)
		return
	}
	if len(f.levels) > 0 && column <= f.levels[len(f.levels)-1] && !strings.HasPrefix(line, "---") && !strings.HasPrefix(line, "...") {
		if i := strings.IndexByte(line[f.at:], ':'); i > 0 {
			f.fault(row, f.at+i, "a space is missing after the colon")
			return
		}
		f.fault(row, f.at, "a colon is missing after the key")
		return
	}
	f.row++
}

// open notes that a map or list goes on at a column, and that the deeper ones
// have ended.
func (f *faultFinder) open(row, column int) {
	for len(f.levels) > 0 && f.levels[len(f.levels)-1] > column {
		f.levels = f.levels[:len(f.levels)-1]
		if len(f.levels) == 0 || f.levels[len(f.levels)-1] < column {
			f.fault(row, column, "the indentation fits no line above it")
			return
		}
	}
	if len(f.levels) == 0 || f.levels[len(f.levels)-1] < column {
		f.levels = append(f.levels, column)
		f.checkDepth(row, column)
	}
}

func (f *faultFinder) checkDepth(row, at int) {
	if len(f.levels)+len(f.brackets) > MaxDepth {
		f.fault(row, at, "%s", tooDeep)
	}
}

// colon returns the offset of the colon that ends the key at offset at, -1 if
// there is none.
func (f *faultFinder) colon(row, at int) int {
	line := f.lines[row]
	if line[at] == '"' || line[at] == '\'' {
		end := quoteEnd(line, at)
		if end < 0 {
			return -1
		}
		rest := strings.TrimLeft(line[end:], " ")
		if strings.HasPrefix(rest, ":") {
			return len(line) - len(rest)
		}
		return -1
	}
	if line[at] == '[' || line[at] == '{' {
		return -1
	}
	for i := at; i < len(line); i++ {
		switch {
		case line[i] == ':' && (i+1 == len(line) || line[i+1] == ' ' || line[i+1] == '\t' || line[i+1] == '\r'):
			return i
		case line[i] == '#' && line[i-1] == ' ':
			return -1
		}
	}
	return -1
}

// readValue reads what stands behind a key, or behind a dash. What belongs to
// it on other lines is indented by more than column.
func (f *faultFinder) readValue(row, column int) {
	line := f.lines[row]
	for f.at < len(line) && (line[f.at] == ' ' || line[f.at] == '\t') {
		f.at++
	}
	for f.at < len(line) && (line[f.at] == '&' || line[f.at] == '!') { // an anchor or a tag before the value
		for f.at < len(line) && line[f.at] != ' ' {
			f.at++
		}
		for f.at < len(line) && line[f.at] == ' ' {
			f.at++
		}
	}
	if f.at >= len(line) || line[f.at] == '#' {
		f.row++
		return
	}
	f.value = &valueSpan{row: row, at: f.at, column: column}
	switch c := line[f.at]; c {
	case '"', '\'':
		f.quoted(row)
		f.afterValue()
	case '[', '{':
		f.flow(row)
	case '|', '>':
		f.inBlock, f.block = true, column
		f.row++
	case '@', '`', '%', ']', '}', ',':
		f.fault(row, f.at, "a value cannot begin with %c; put it in quotes", c)
	default:
		if (c == '-' || c == '?') && strings.HasPrefix(line[f.at+1:], " ") {
			f.fault(row, f.at, "a list cannot begin on the line of its key")
			return
		}
		if colon := f.colon(row, f.at); colon >= 0 {
			f.fault(row, colon, "a colon stands where no key can; put a text that holds one in quotes")
		}
		f.row++
	}
}

// quoted reads the text in quotes at the place, over lines if need be.
func (f *faultFinder) quoted(row int) {
	opener, quote := f.at, f.lines[row][f.at]
	for f.row = row; f.row < len(f.lines); f.row++ {
		line := f.lines[f.row]
		from := 0
		if f.row == row {
			from = opener + 1
		}
		for i := from; i < len(line); i++ {
			switch {
			case line[i] == '\\' && quote == '"':
				f.checkEscape(i)
				i++
			case line[i] == quote && quote == '\'' && strings.HasPrefix(line[i+1:], "'"):
				i++
			case line[i] == quote:
				f.at = i + 1
				if f.row > row && !endsValue(line[i+1:], len(f.brackets) > 0) {
					f.row = row // it seems to end there
					f.fault(row, opener, "this quote is not closed")
				}
				return
			}
		}
	}
	f.row = row
	f.fault(row, opener, "this quote is not closed")
}

func (f *faultFinder) checkEscape(at int) {
	line := f.lines[f.row]
	if at+1 < len(line) && strings.IndexByte("0abt\tnvfre \"/\\N_LPxuU\r", line[at+1]) < 0 {
		f.fault(f.row, at, "this backslash begins no escape that YAML has; put the text in single quotes")
	}
}

// quoteEnd returns the offset behind the text in quotes at offset at, -1 if it
// does not end on the line.
func quoteEnd(line string, at int) int {
	quote := line[at]
	for i := at + 1; i < len(line); i++ {
		switch {
		case line[i] == '\\' && quote == '"':
			i++
		case line[i] == quote && quote == '\'' && strings.HasPrefix(line[i+1:], "'"):
			i++
		case line[i] == quote:
			return i + 1
		}
	}
	return -1
}

// endsValue reports whether rest may follow a value.
func endsValue(rest string, inFlow bool) bool {
	trimmed := strings.TrimLeft(rest, " \t\r")
	if trimmed == "" || trimmed[0] == '#' && trimmed != rest {
		return true
	}
	return strings.IndexByte(",]}:", trimmed[0]) >= 0 && (inFlow || trimmed[0] == ':')
}

// afterValue checks that nothing follows a value that is complete.
func (f *faultFinder) afterValue() {
	if f.found.message != "" || f.row >= len(f.lines) {
		return
	}
	line := f.lines[f.row]
	if !endsValue(line[f.at:], false) {
		rest := strings.TrimLeft(line[f.at:], " \t")
		f.fault(f.row, len(line)-len(rest), "this stands behind the end of a value")
	}
	f.row++
}

// flow reads brackets from the place on to the end of the line, or of the
// outermost of them.
func (f *faultFinder) flow(row int) {
	last := byte(0) // what is before the place, but for blanks and comments
	for f.row = row; f.row < len(f.lines) && f.found.message == ""; f.row++ {
		line := f.lines[f.row]
		if f.row > row {
			f.at = 0
		}
		for f.at < len(line) && f.found.message == "" {
			c := line[f.at]
			switch {
			case c == '"' || c == '\'':
				if f.at == 0 || strings.IndexByte(" \t[{,:", line[f.at-1]) >= 0 {
					f.quoted(f.row)
					if f.found.message != "" {
						return
					}
					line, last = f.lines[f.row], c
					continue
				}
			case c == '#' && (f.at == 0 || line[f.at-1] == ' '):
				f.at = len(line)
				continue
			case strings.HasPrefix(line[f.at:], "${"):
				f.fault(f.row, f.at, "a reference within brackets must stand in quotes")
				return
			case c == '[' || c == '{':
				f.brackets = append(f.brackets, bracket{f.row, f.at, c})
				f.checkDepth(f.row, f.at)
			case strings.IndexByte("@`%", c) >= 0 && strings.IndexByte("[{,:", last) >= 0 && (f.at == 0 || strings.IndexByte(" \t[{,", line[f.at-1]) >= 0):
				f.fault(f.row, f.at, "a value cannot begin with %c; put it in quotes", c)
			case c == ',' && (last == ',' || last == '[' || last == '{'):
				f.fault(f.row, f.at, "nothing stands before this comma")
			case c == ']' || c == '}':
				f.closeBracket(c)
				if len(f.brackets) == 0 && f.found.message == "" {
					f.at++
					f.afterValue()
					return
				}
			}
			if c != ' ' && c != '\t' && c != '\r' {
				last = c
			}
			f.at++
		}
		if f.found.message == "" && f.row+1 < len(f.lines) && f.leaves(f.lines[f.row+1]) {
			f.unclosed()
		}
	}
}

// leaves reports whether a line is one of the map around the brackets, which
// tells that they are not closed.
func (f *faultFinder) leaves(line string) bool {
	indent := len(line) - len(strings.TrimLeft(line, " "))
	if len(f.levels) == 0 || indent > f.levels[len(f.levels)-1] || strings.TrimSpace(line) == "" {
		return false
	}
	return strings.HasPrefix(line[indent:], "- ") || f.colonIn(line[indent:])
}

func (f *faultFinder) colonIn(text string) bool {
	key, _, found := strings.Cut(text, ":")
	return found && key != "" && !strings.ContainsAny(key, `[]{},"' #`)
}

func (f *faultFinder) closeBracket(c byte) {
	open := f.brackets[len(f.brackets)-1]
	if want := map[byte]byte{'[': ']', '{': '}'}[open.char]; want != c {
		f.fault(f.row, f.at, "%c stands where the %c of line %d should be closed", c, open.char, open.row+1)
		return
	}
	f.brackets = f.brackets[:len(f.brackets)-1]
}
