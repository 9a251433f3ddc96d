package builder

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fivcglue/fivcglue-go/internal/document"
	"github.com/fivcglue/fivcglue-go/internal/nearest"
)

// maxReferenced is the size above which a file that a value names is none that
// a value can be read from.
const maxReferenced = 1 << 20

// maxExpanded bounds the bytes that the references of a configuration are
// replaced with.
const maxExpanded = 16 << 20

// expander replaces the references in values.
type expander struct {
	lookup func(name string) (string, bool)
	names  func() []string // of the variables there are, sorted
	size   int             // bytes that references were replaced with
}

// expand replaces the references in the text of n. The problem that it returns
// is that of the reference which begins at the offset.
func (e *expander) expand(n *document.Node, folder folder) (offset int, problem *expandError) {
	if n.Replaced != nil || !hasReference(n) {
		return 0, nil
	}
	x := expanding{expander: e, folder: folder}
	text, err := x.text(n.Text, 0)
	if err != nil {
		return x.offset, err
	}
	n.Replaced = &document.Expansion{Written: n.Text, Origins: x.origins}
	if len(x.origins) > 0 { // the destination decides what it means: it is neither quoted nor plain
		n.Quoted = true
	}
	n.Text = text
	return 0, nil
}

// expandError says why a reference cannot be replaced.
type expandError struct{ message, suggestion string }

func (e *expandError) Error() string { return e.message }

func badReference(format string, args ...any) *expandError {
	return &expandError{message: fmt.Sprintf(format, args...)}
}

// expanding is the expansion of one value.
type expanding struct {
	*expander
	folder  folder
	origins []string
	offset  int // in the value, of the reference at hand
}

const (
	maxNested  = 8
	maxOrigins = 1000 // more of one value are not remembered
)

func (x *expanding) text(text string, depth int) (string, *expandError) {
	var b strings.Builder
	for rest := text; ; {
		i := strings.Index(rest, "${")
		if i < 0 {
			b.WriteString(rest)
			return b.String(), nil
		}
		if i > 0 && rest[i-1] == '$' { // $${ stands for ${
			b.WriteString(rest[:i-1])
			b.WriteString("${")
			rest = rest[i+2:]
			continue
		}
		b.WriteString(rest[:i])
		if depth == 0 {
			x.offset = len(text) - len(rest) + i
		}
		end := closingBrace(rest[i:])
		if end < 0 {
			return "", badReference("this reference is not closed; write $${ for the characters ${")
		}
		value, err := x.reference(rest[i+2:i+end], depth)
		if err != nil {
			return "", err
		}
		if x.size += len(value); x.size > maxExpanded {
			return "", badReference("the references up to here stand for more than %d MiB", maxExpanded>>20)
		}
		b.WriteString(value)
		rest = rest[i+end+1:]
	}
}

// closingBrace returns the offset of the brace that closes the one that text,
// which begins with ${, opens; -1 if none does.
func closingBrace(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "${"):
			depth++
			i++
		case text[i] == '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// reference returns what stands for ${body}.
func (x *expanding) reference(body string, depth int) (string, *expandError) {
	if depth > maxNested {
		return "", badReference("references are nested more than %d levels deep", maxNested)
	}
	if name, isFile := strings.CutPrefix(body, "file:"); isFile {
		return x.file(name)
	}
	name, rest := body, ""
	if i := strings.IndexByte(body, ':'); i >= 0 {
		name, rest = body[:i], body[i:]
	}
	if !isVariable(name) || rest != "" && !strings.HasPrefix(rest, ":-") && !strings.HasPrefix(rest, ":?") {
		return "", badReference("this is no reference; there are ${NAME}, ${NAME:-default}, ${NAME:?message} and ${file:path}, and $${ for the characters ${")
	}
	value, set := x.lookup(name)
	switch {
	case rest == "" && set, rest != "" && value != "":
		x.from("variable " + name)
		return value, nil
	case strings.HasPrefix(rest, ":-"):
		x.from("default of " + name)
		return x.text(rest[2:], depth+1)
	case strings.HasPrefix(rest, ":?") && len(rest) > 2:
		return "", badReference("the variable %s is not set: %s", name, rest[2:])
	}
	return "", &expandError{fmt.Sprintf("the variable %s is not set", name), nearest.To(name, x.names())}
}

func (x *expanding) file(name string) (string, *expandError) {
	if name == "" {
		return "", badReference("this reference names no file")
	}
	data, err := x.folder.read(name)
	switch {
	case errors.Is(err, errTooLarge):
		return "", badReference("the file %q is larger than %d MiB", name, maxReferenced>>20)
	case err != nil:
		return "", badReference("the file %q cannot be read: %s", name, document.Reason(err))
	case !utf8.Valid(data):
		return "", badReference("the file %q is not UTF-8", name)
	}
	x.from("file " + name)
	text := strings.TrimSuffix(string(data), "\n")
	if len(text) < len(data) {
		text = strings.TrimSuffix(text, "\r")
	}
	return text, nil
}

func (x *expanding) from(origin string) {
	if len(x.origins) < maxOrigins && !slices.Contains(x.origins, origin) {
		x.origins = append(x.origins, origin)
	}
}

func isVariable(name string) bool {
	for i, c := range []byte(name) {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
