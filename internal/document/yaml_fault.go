package document

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/fivcglue/fivcglue-go/internal/nearest"
)

var (
	yamlLine     = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	yamlUnknown  = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
	anchorInText = regexp.MustCompile(`(?:^|[\s\[{,])&([^\s\[\]{},]+)`)
)

// explain reports why the text is no YAML. err is what the parser said.
func (r *yamlReader) explain(text string, err error) {
	match := yamlLine.FindStringSubmatch(err.Error())
	if match == nil {
		match = []string{"", "", ""}
	}
	if unknown := yamlUnknown.FindStringSubmatch(match[2]); unknown != nil {
		r.unknownAnchor(text, unknown[1])
		return
	}
	if fault := findFault(text); fault.message != "" {
		r.report(Place{fault.line, fault.column}, fault.message, "")
		return
	}
	line, _ := strconv.Atoi(match[1])
	line = min(max(line, 1), strings.Count(text, "\n")+1)
	r.report(Place{line, 0}, yamlMessage(match[2]), "")
}

// unknownAnchor reports an alias of nothing.
func (r *yamlReader) unknownAnchor(text, name string) {
	var anchors []string
	for _, found := range anchorInText.FindAllStringSubmatch(text, -1) {
		anchors = append(anchors, found[1])
	}
	at := Place{1, 0}
	alias := regexp.MustCompile(`(^|[\s\[{,])\*` + regexp.QuoteMeta(name) + `($|[\s\]},])`)
	for i, line := range strings.Split(text, "\n") {
		if found := alias.FindStringSubmatchIndex(line); found != nil {
			at = Place{1 + i, len([]rune(line[:found[3]])) + 1}
			break
		}
	}
	r.report(at, fmt.Sprintf("the alias *%s names no anchor above it", name), nearest.To(name, anchors))
}

// yamlMessage says in words of ours what the parser found.
func yamlMessage(problem string) string {
	for _, known := range []struct{ part, message string }{
		{"mapping values are not allowed", "a colon stands where no key can; put a text that holds one in quotes"},
		{"did not find expected key", "this does not go on the map above it; see its indentation and quotes"},
		{"did not find expected '-'", "this does not go on the list above it; see its indentation"},
		{"could not find expected ':'", "a colon is missing after a key"},
		{"block sequence entries are not allowed", "a list cannot begin here"},
		{"did not find expected ','", "a comma or a closing bracket is missing"},
		{"cannot start any token", "a value cannot begin with this character; put it in quotes"},
		{"tab character", "a tab stands in the indentation; indent with spaces"},
		{"exceeded max depth", fmt.Sprintf("nested more than %d levels deep", MaxDepth)},
		{"escape", "this backslash begins no escape that YAML has; put the text in single quotes"},
		{"block scalar", "the line of a | or > holds more than its indentation"},
		{"directive", "a line with % is no directive of YAML"},
		{"document start", "there is more after the end of the document"},
		{"tag", "this is not a tag of YAML"},
		{"anchor or alias", "an anchor or alias has no name"},
	} {
		if strings.Contains(problem, known.part) {
			return known.message
		}
	}
	return "this is not YAML; see indentation, quotes and brackets"
}
