package builder

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// WriteText writes the problems for a person: each with its line and a caret
// below the place, and how many there are. With color it uses the escape
// sequences of terminals.
func (ds Diagnostics) WriteText(w io.Writer, color bool) error {
	var b strings.Builder
	paint := func(code, text string) string {
		if !color || text == "" {
			return text
		}
		return "\x1b[" + code + "m" + text + "\x1b[0m"
	}
	files := map[string]bool{}
	for _, d := range ds {
		files[d.File] = true
		b.WriteString(paint("1", inOneLine(d.Position())+":"))
		for _, part := range []string{d.Item, d.Path} {
			if part != "" {
				b.WriteString(" " + paint("36", inOneLine(part)) + ":")
			}
		}
		b.WriteString(" " + paint("31", d.text()) + "\n")
		if d.Excerpt != "" {
			gutter := fmt.Sprintf("%5d | ", d.Line)
			b.WriteString(paint("2", gutter) + d.Excerpt + "\n")
			if d.caret > 0 {
				blank := strings.Repeat(" ", len(gutter)-2) + "| "
				b.WriteString(paint("2", blank) + underneath(d.Excerpt, d.caret) + paint("31", "^") + "\n")
			}
		}
	}
	if len(ds) > 0 {
		b.WriteString(counted(len(ds), "problem"))
		if len(files) > 1 {
			b.WriteString(" in " + counted(len(files), "file"))
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// underneath returns blanks as wide as the text before a column: tabs stand
// for themselves, wide characters take two places and combining ones none.
func underneath(text string, column int) string {
	var b strings.Builder
	for i, r := range []rune(text) {
		if i+1 >= column {
			break
		}
		switch {
		case r == '\t':
			b.WriteByte('\t')
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case isWide(r):
			b.WriteString("  ")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// isWide reports whether terminals give a character two places.
func isWide(r rune) bool {
	for _, wide := range [...][2]rune{
		{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0x33ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff},
		{0xa000, 0xa4cf}, {0xa960, 0xa97f}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
		{0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
		{0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
	} {
		if r >= wide[0] && r <= wide[1] {
			return true
		}
	}
	return false
}

// WriteJSON writes the problems as a JSON array of objects, indented. Lines
// and columns that are unknown, and what is empty, are left out.
func (ds Diagnostics) WriteJSON(w io.Writer) error {
	if ds == nil {
		ds = Diagnostics{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(ds)
}

// MarshalJSON writes the problem with the keys file, line, column, item, path,
// message, suggestion and excerpt.
func (d *Diagnostic) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		File       string `json:"file"`
		Line       int    `json:"line,omitempty"`
		Column     int    `json:"column,omitempty"`
		Item       string `json:"item,omitempty"`
		Path       string `json:"path,omitempty"`
		Message    string `json:"message"`
		Suggestion string `json:"suggestion,omitempty"`
		Excerpt    string `json:"excerpt,omitempty"`
	}{d.File, d.Line, d.Column, d.Item, d.Path, d.Message, d.Suggestion, d.Excerpt})
}

// WriteGitHub writes the problems as commands for annotations in the logs of
// GitHub's workflows.
func (ds Diagnostics) WriteGitHub(w io.Writer) error {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	var b strings.Builder
	for _, d := range ds {
		b.WriteString("::error file=" + property.Replace(d.File))
		if d.Line > 0 {
			fmt.Fprintf(&b, ",line=%d", d.Line)
		}
		if d.Column > 0 {
			fmt.Fprintf(&b, ",col=%d", d.Column)
		}
		message := *d
		message.File, message.Line, message.Column = "", 0, 0
		b.WriteString("::" + data.Replace(strings.TrimPrefix(message.Error(), ": ")) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
