package builder

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Diagnostic is one problem of a configuration and its place. It is an error.
type Diagnostic struct {
	File   string // the source's name
	Line   int    // counted from 1; 0 where the problem is the whole source's
	Column int    // in characters, counted from 1; 0 where the place in the line is unknown

	// Item is the class of the item at fault by its canonical name, or as it
	// was written where it is unknown, or the item's place in the list, such as
	// "item 3". It is "" where the problem is not an item's.
	Item string

	// Path is the key at fault within the item, such as "port", "tls.ca" or
	// "entries[0].name". For a key that is unknown or missing or stands twice it
	// is the path of the map that it is a key of, "" for the item itself.
	Path string

	Message    string
	Suggestion string // the name that was probably meant, or ""

	// Excerpt is the text of the line, or of the part of it that matters, in
	// which what may be a secret is masked; "" where there is none.
	Excerpt string

	// Err is the error behind the problem, such as one that a class returned
	// from New, or nil. One that shows credentials stands behind another that
	// does not; errors.Is and errors.As find it all the same.
	Err error

	caret  int // the column of the excerpt at which the caret stands, from 1; 0: nowhere
	source int // the place of the source among those that were loaded
}

// Error returns the problem as one line:
//
//	config.yml:9:3: redis.Cache: unknown key "prot"; did you mean "port"?
func (d *Diagnostic) Error() string {
	var b strings.Builder
	b.WriteString(inOneLine(d.Position()))
	for _, part := range []string{d.Item, d.Path} {
		if part != "" {
			b.WriteString(": ")
			b.WriteString(inOneLine(part))
		}
	}
	b.WriteString(": ")
	b.WriteString(d.text())
	return b.String()
}

// Position returns the file, line and column as compilers write them, without
// those that are 0.
func (d *Diagnostic) Position() string {
	switch {
	case d.Line == 0:
		return d.File
	case d.Column == 0:
		return fmt.Sprintf("%s:%d", d.File, d.Line)
	}
	return fmt.Sprintf("%s:%d:%d", d.File, d.Line, d.Column)
}

// Unwrap returns Err.
func (d *Diagnostic) Unwrap() error { return d.Err }

// text returns the message with the suggestion.
func (d *Diagnostic) text() string {
	message := inOneLine(d.Message)
	if d.Suggestion == "" {
		return message
	}
	return fmt.Sprintf("%s; did you mean %q?", message, d.Suggestion)
}

// inOneLine returns a text, some of which may be of the file, without line
// breaks and what else a terminal would not print as it stands.
func inOneLine(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return text
	}
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

// Diagnostics are the problems of a configuration, in the order of the sources
// and of their lines. It is an error; errors.As finds a *Diagnostic in it.
type Diagnostics []*Diagnostic

// Error returns the problems, one on each line.
func (ds Diagnostics) Error() string {
	lines := make([]string, len(ds))
	for i, d := range ds {
		lines[i] = d.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems as errors.
func (ds Diagnostics) Unwrap() []error {
	errs := make([]error, len(ds))
	for i, d := range ds {
		errs[i] = d
	}
	return errs
}

// sorted returns the problems in order, each once. Where two things are wrong
// in one place the one that was found first comes first.
func (ds Diagnostics) sorted() Diagnostics {
	slices.SortStableFunc(ds, func(a, b *Diagnostic) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	same := func(a, b *Diagnostic) bool {
		return a.source == b.source && a.Line == b.Line && a.Column == b.Column &&
			a.Item == b.Item && a.Path == b.Path && a.Message == b.Message
	}
	return slices.CompactFunc(ds, same) // an anchor that is used twice is wrong once
}
