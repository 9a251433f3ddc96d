package document

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// unread stands in a text that is parsed again for a value that was at fault.
const (
	unread     = `"\0"`
	unreadText = "\x00"
)

// maxRepaired bounds the bytes that are parsed again.
const maxRepaired = 8 << 20

// repair parses a piece, and if a value in it keeps it from being YAML, says so
// and parses it again without that, as often as need be: so the rest of an item
// is judged too. A piece that stays what it was is nil, and err says why; told
// says that a fault was reported.
func (r *yamlReader) repair(p *piece) (parsed *yaml.Node, told bool, err error) {
	for {
		parsed = new(yaml.Node)
		if err = decodeYAML(yaml.NewDecoder(strings.NewReader(p.text)), parsed); err == nil {
			return parsed, told, nil
		}
		if yamlUnknownAnchor(err) != "" || r.repaired > maxRepaired {
			return nil, told, err
		}
		r.repaired += len(p.text)
		fault := findFault(p.text)
		text, upTo := without(p.text, fault.value)
		if upTo < 0 {
			return nil, told, err
		}
		r.refuse(Place{fault.line + p.line - 1, fault.column}, fault.message, "")
		for row := fault.value.row; row < upTo; row++ {
			r.doc.blur(row + p.line)
		}
		p.text, told = text, true
	}
}

// without returns a text in which nothing stands for a value that is at fault,
// and the row at which the text goes on as it was; -1 if it cannot be told where
// the value ends.
func without(text string, value *valueSpan) (rest string, upTo int) {
	if value == nil {
		return "", -1
	}
	lines := strings.Split(text, "\n")
	if value.end >= len(lines) { // it was read to the end of the text
		value.end = value.row
		if strings.TrimSpace(strings.Join(lines[value.row+1:], "")) != "" {
			return "", -1
		}
	}
	upTo = value.end + 1
	for ; upTo < len(lines); upTo++ {
		line := strings.TrimLeft(lines[upTo], " ")
		if line != "" && line[0] != '#' && len(lines[upTo])-len(line) <= value.column {
			if !beginsElement(line) {
				return "", -1
			}
			break
		}
	}
	for row := value.row + 1; row < upTo; row++ {
		lines[row] = ""
	}
	lines[value.row] = lines[value.row][:value.at] + unread
	return strings.Join(lines, "\n"), min(upTo, strings.Count(text, "\n")) // what is behind the last is no line
}

// beginsElement reports whether a line seems to begin with a key, or with a
// dash.
func beginsElement(line string) bool {
	if strings.HasPrefix(line, "- ") || line == "-" {
		return true
	}
	key, value, found := strings.Cut(line, ":")
	return found && key != "" && !strings.ContainsAny(key, `[]{},"' #`) && (value == "" || value[0] == ' ')
}
