package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The measures of the picture, in its own units.
const (
	columnWidth = 8.4
	lineHeight  = 19
	fontSize    = 14
	margin      = 20
	titleHeight = 34
)

// classes names the style of each escape sequence that the demonstration uses.
var classes = map[string]string{"1": "strong", "2": "faint", "31": "red", "32": "green", "33": "yellow", "36": "cyan"}

const style = `
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d6deeb; white-space: pre }
.strong { font-weight: 700; fill: #ffffff }
.faint { fill: #8797ad }
.red { fill: #ff7b72 }
.green { fill: #7ee787 }
.yellow { fill: #f2cc60 }
.cyan { fill: #79c0ff }
`

var painted = regexp.MustCompile(`\x1b\[(\d+)m(.*?)\x1b\[0m`)

// toSVG draws text with the escape sequences of terminals as a window. Each
// run of one style is placed by its column, so that columns are straight in
// whatever font there is.
func toSVG(text string) []byte {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	columns := 0
	for _, line := range lines {
		columns = max(columns, utf8.RuneCountInString(painted.ReplaceAllString(line, "$2")))
	}
	width := 2*margin + float64(columns)*columnWidth
	height := titleHeight + len(lines)*lineHeight + margin

	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%d" viewBox="0 0 %.0f %d" role="img" aria-label="What make demo shows">`,
		width, height, width, height)
	fmt.Fprintf(&b, "\n<style>%s</style>\n", style)
	fmt.Fprintf(&b, `<rect width="%.0f" height="%d" rx="10" fill="#0d1522"/>`+"\n", width, height)
	for i, color := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		fmt.Fprintf(&b, `<circle cx="%d" cy="17" r="6" fill="%s"/>`+"\n", margin+20*i, color)
	}
	for i, line := range lines {
		drawLine(&b, line, titleHeight+i*lineHeight+fontSize)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func drawLine(b *bytes.Buffer, line string, y int) {
	column := 0
	run := func(class, text string) {
		trimmed := strings.TrimLeft(text, " ")
		column += len(text) - len(trimmed)
		if trimmed != "" {
			fmt.Fprintf(b, `<text x="%.1f" y="%d"`, margin+float64(column)*columnWidth, y)
			if class != "" {
				fmt.Fprintf(b, ` class="%s"`, class)
			}
			b.WriteByte('>')
			_ = xml.EscapeText(b, []byte(strings.TrimRight(trimmed, " "))) // a buffer takes everything
			b.WriteString("</text>\n")
		}
		column += utf8.RuneCountInString(trimmed)
	}
	for line != "" {
		at := painted.FindStringSubmatchIndex(line)
		if at == nil {
			run("", line)
			return
		}
		run("", line[:at[0]])
		run(classes[line[at[2]:at[3]]], line[at[4]:at[5]])
		line = line[at[1]:]
	}
}
