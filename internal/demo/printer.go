package demo

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// The widths of the columns, in characters.
const (
	textWidth   = 31
	answerWidth = 27
	timeWidth   = 9
)

// The escape sequences by which terminals tell what is what.
const (
	strong = "\x1b[1m"
	faint  = "\x1b[2m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
	reset  = "\x1b[0m"
)

// printer writes what the demonstration shows.
type printer struct {
	out   io.Writer
	color bool
}

// sink keeps the error of the first write that failed: nobody reads on.
type sink struct {
	io.Writer
	err error
}

func (s *sink) Write(text []byte) (n int, err error) {
	if s.err == nil {
		n, s.err = s.Writer.Write(text)
	}
	return n, s.err
}

// answer is what one cache made of a call.
type answer struct {
	text   string
	wanted string // what it should have been, if it is not that
	failed bool   // it is an error's name
	took   time.Duration
}

func (p printer) title(text string) { fmt.Fprintf(p.out, "%s\n\n", p.paint(strong, text)) }

func (p printer) fact(name, text string) {
	fmt.Fprintf(p.out, "  %s%s\n", p.paint(faint, name)+pad(name, 16), text)
}

// columns names the caches above their times.
func (p printer) columns(caches []named) {
	line := strings.Repeat(" ", 4+textWidth+answerWidth)
	for _, cache := range caches {
		name := cache.name
		if name == "" {
			name = "''"
		}
		name = shorten(name, timeWidth-1)
		line += right(p.paint(strong, name), name, timeWidth)
	}
	fmt.Fprintf(p.out, "\n%s\n", line)
}

func (p printer) step(title string) { fmt.Fprintf(p.out, "  %s\n", p.paint(strong, title)) }

// answers writes one line if the caches agree, else one for each.
func (p printer) answers(text string, answers []answer) {
	if agree(answers) {
		p.line(text, answers[0], answers, -1)
		return
	}
	for i, a := range answers {
		p.line(text, a, answers, i)
		text = ""
	}
}

func agree(answers []answer) bool {
	for _, a := range answers {
		if a.text != answers[0].text {
			return false
		}
	}
	return true
}

// line writes an answer and the times of all caches, or of just one.
func (p printer) line(text string, a answer, answers []answer, only int) {
	color := green
	if a.failed {
		color = yellow
	}
	line := "    " + p.paint(cyan, text) + pad(text, textWidth) + p.paint(color, a.text) + pad(a.text, answerWidth)
	for i, of := range answers {
		took := ""
		if only < 0 || i == only {
			took = length(of.took)
		}
		line += right(p.paint(faint, took), took, timeWidth)
	}
	fmt.Fprintln(p.out, strings.TrimRight(line, " "))
	if a.wanted != "" {
		fmt.Fprintf(p.out, "%s%s\n", strings.Repeat(" ", 4+textWidth), p.paint(red, "should be "+a.wanted))
	}
}

func (p printer) finish(caches int) {
	noun := "cache"
	if caches > 1 {
		noun = "caches"
	}
	fmt.Fprintf(p.out, "\n  %s\n", p.paint(green, fmt.Sprintf("All as promised, by %d %s and the same calls.", caches, noun)))
}

func (p printer) paint(color, text string) string {
	if !p.color || text == "" {
		return text
	}
	return color + text + reset
}

// pad returns the blanks that bring text to width, one at least.
func pad(text string, width int) string {
	return strings.Repeat(" ", max(1, width-utf8.RuneCountInString(text)))
}

// right puts blanks before what is shown of text.
func right(shown, text string, width int) string {
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text))) + shown
}

func shorten(text string, width int) string {
	if runes := []rune(text); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return text
}

// length words a duration with three digits.
func length(d time.Duration) string {
	value, unit := float64(d.Nanoseconds()), "ns"
	for _, larger := range []struct {
		unit string
		by   float64
	}{{"µs", 1e3}, {"ms", 1e3}, {"s", 1e3}} {
		if value < larger.by {
			break
		}
		value, unit = value/larger.by, larger.unit
	}
	digits := 2
	switch {
	case unit == "ns" || value >= 99.95:
		digits = 0
	case value >= 9.995:
		digits = 1
	}
	return fmt.Sprintf("%.*f %s", digits, value, unit)
}
