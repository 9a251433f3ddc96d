package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// closePatience is how long the components may take to close.
const closePatience = 10 * time.Second

// table is rows of columns as wide as they need be.
type table [][]string

func (t *table) add(cells ...string) { *t = append(*t, cells) }

// write writes the table, its first row in bold where color is wanted. Cells
// at the end of a row that are empty take no room.
func (t table) write(w io.Writer, color bool) error {
	var widths []int
	for _, row := range t {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for n, row := range t {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell)
			line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
		}
		text := strings.TrimRight(line.String(), " ")
		if n == 0 {
			text = paint(bold, text, color)
		}
		if _, err := fmt.Fprintln(w, text); err != nil {
			return err
		}
	}
	return nil
}

// The colours of the commands, as escape sequences of terminals.
const (
	bold  = "1"
	red   = "31"
	green = "32"
	faint = "2"
)

func paint(code, text string, color bool) string {
	if !color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// unnamed shows the name of an entry that has none.
const unnamed = "''"

func entryName(name string) string {
	if name == "" {
		return unnamed
	}
	return printable(name)
}

// plural counts things.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
