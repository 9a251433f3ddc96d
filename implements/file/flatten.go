package file

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/fivcglue/fivcglue-go/implements/internal/settings"
	"github.com/fivcglue/fivcglue-go/internal/document"
)

// flattener turns the tree of a document into sessions of keys.
type flattener struct {
	file     string
	problems *problems
	entries  []settings.Entry // of the session that is being read
	dotted   bool             // a key in it has a dot
	room     []settings.Entry // for the entries of the sessions to come
	keys     int              // bytes of the keys so far
	full     bool             // they are too many
}

// maxKeys bounds the bytes of all keys. A key repeats what it lies in, so that
// a file of a megabyte may stand for keys of gigabytes.
const maxKeys = 32 << 20

// sessions returns the entries of a document by session.
func (f *flattener) sessions(root *document.Node) map[string][]settings.Entry {
	if root == nil || root.Kind == document.Null {
		return nil
	}
	if root.Kind != document.Map {
		f.problems.report(root.Place(), fmt.Sprintf("a settings file is a map of sessions, not %s", root.Describe()), "")
		return nil
	}
	sessions := make(map[string][]settings.Entry, len(root.Children)/2)
	var nameless []settings.Entry // of the session "", and of what stands in no session
	for name, value := range root.Pairs {
		if value.Kind == document.Null {
			continue
		}
		if value.Kind == document.Scalar {
			nameless = append(nameless, f.entry(name.Text, value))
			continue
		}
		f.begin()
		f.flatten("", value)
		entries := f.end()
		if name.Text == "" {
			nameless = append(nameless, entries...)
			continue
		}
		if f.dotted {
			f.check(name.Text, entries)
		}
		sessions[name.Text] = entries
	}
	if nameless != nil {
		f.check("", nameless)
		sessions[""] = nameless
	}
	return sessions
}

// check reports the keys that have two values. Keys that stand twice in one map
// are the reader's to report; here it is a dot that makes two of them the same.
func (f *flattener) check(session string, entries []settings.Entry) {
	for first, again := range settings.Repeated(entries) {
		f.problems.report(document.Place{Line: int(again.Line), Column: int(again.Column)}, fmt.Sprintf(
			"the key %q of session %q has a value on line %d already; a dot in a key reaches into a map or a list", again.Key, session, first.Line), "")
	}
}

// roomSize is how many entries are made room for at a time.
const roomSize = 512

// begin has entries be empty, with some room.
func (f *flattener) begin() {
	f.dotted = false
	if cap(f.room) < roomSize/8 {
		f.room = make([]settings.Entry, 0, roomSize)
	}
	f.entries = f.room
}

// end returns the entries. What is left of the room is for the next session;
// entries that outgrew it have a place of their own.
func (f *flattener) end() []settings.Entry {
	n := len(f.entries)
	if n <= cap(f.room) {
		f.room = f.room[n:n]
	}
	return f.entries[:n:n]
}

// flatten adds what lies in a map or a list. prefix is the key that leads to
// it, with a dot at its end.
func (f *flattener) flatten(prefix string, n *document.Node) {
	if n.Kind == document.List {
		for i, element := range n.Children {
			if f.full {
				return
			}
			f.visit(prefix+strconv.Itoa(i), element)
		}
		return
	}
	for key, value := range n.Pairs {
		if f.full {
			return
		}
		f.dotted = f.dotted || strings.Contains(key.Text, ".")
		f.visit(prefix+key.Text, value)
	}
}

// visit adds a value, or what lies in it, under a key.
func (f *flattener) visit(key string, value *document.Node) {
	if f.keys += len(key); f.keys > maxKeys {
		if !f.full {
			f.full = true
			f.problems.report(value.Place(), fmt.Sprintf("the keys up to here come to more than %d MiB, with what they lie in", maxKeys>>20), "")
		}
		return
	}
	switch value.Kind {
	case document.Null: // it is absent
	case document.Scalar:
		f.entries = append(f.entries, f.entry(key, value))
	default:
		f.flatten(key+".", value)
	}
}

func (f *flattener) entry(key string, value *document.Node) settings.Entry {
	return settings.Entry{Key: key, Text: value.Text, Source: f.file, Line: value.Line, Column: value.Column}
}
