package cli

import (
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
)

// wantsColor reports whether w is a terminal whose person has not asked for
// plain text (https://no-color.org).
func wantsColor(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// oneLine returns a text of several lines, such as joined errors, as one that a
// terminal may show.
func oneLine(text string) string { return printable(strings.ReplaceAll(text, "\n", "; ")) }

// printable returns a text as a terminal may show it: in quotes if it has
// characters that are not to be printed.
func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		return strconv.Quote(text)
	}
	return text
}
