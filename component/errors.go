package component

import (
	"errors"
	"fmt"
	"strings"
)

// The errors of this package, for errors.Is.
var (
	ErrNotFound   = errors.New("not found")          // there is no such entry
	ErrDuplicate  = errors.New("already registered") // an entry or a name is taken
	ErrUnsuitable = errors.New("unsuitable")         // what was given cannot be used, or not now
	ErrCycle      = errors.New("cycle")              // a component needs itself, perhaps by way of others
	ErrClosed     = errors.New("site is closed")     // Close was called
)

// LookupError says that a site has no such entry, and what it has instead. It
// wraps ErrNotFound, or ErrClosed when the site was closed.
type LookupError struct {
	Interface  string   // the interface that was asked for, "interfaces.ICache"
	Name       string   // the name that was asked for
	Names      []string // the names there are for that interface, sorted
	Suggestion string   // the one of Names that was probably meant, or ""
	Elsewhere  []string // the interfaces that have an entry of that name, sorted
	Err        error    // ErrNotFound or ErrClosed
}

func (e *LookupError) Error() string {
	var b strings.Builder
	if e.Name == "" {
		fmt.Fprintf(&b, "%s without a name: %v", e.Interface, e.Err)
	} else {
		fmt.Fprintf(&b, "%s %q: %v", e.Interface, e.Name, e.Err)
	}
	switch {
	case !errors.Is(e.Err, ErrNotFound):
		return b.String()
	case len(e.Names) == 0:
		fmt.Fprintf(&b, "; the site has no %s", e.Interface)
	case e.Suggestion == "":
		fmt.Fprintf(&b, "; there %s %s", isOrAre(e.Names), quoteList(e.Names))
	case len(e.Names) == 1:
		fmt.Fprintf(&b, "; did you mean %q?", e.Suggestion)
	default:
		fmt.Fprintf(&b, "; did you mean %q? There are %s", e.Suggestion, quoteList(e.Names))
	}
	if e.Name != "" && len(e.Elsewhere) > 0 {
		fmt.Fprintf(&b, "; %q is an entry of %s", e.Name, strings.Join(e.Elsewhere, ", "))
	}
	return b.String()
}

func (e *LookupError) Unwrap() error { return e.Err }

// maxListed bounds how many names a message lists.
const maxListed = 10

func isOrAre(names []string) string {
	if len(names) == 1 {
		return "is"
	}
	return "are"
}

func quoteList(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i == maxListed {
			fmt.Fprintf(&b, " and %d more", len(names)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", name)
	}
	return b.String()
}

// KeyError is how a config's Validate names the key at fault, so that a
// builder can point at its place in the file. Several are joined with
// errors.Join.
type KeyError struct {
	Key string // as in the file; keys of nested configs are joined with dots
	Err error
}

func (e KeyError) Error() string { return fmt.Sprintf("%s: %v", e.Key, e.Err) }

func (e KeyError) Unwrap() error { return e.Err }

// BuildError says which item could not be built, and why.
type BuildError struct {
	Item   int    // index in the list given to Build
	Origin string // the item's, or the entry's where an entry is at fault
	Class  string // canonical name; "" if the item has none
	Err    error
}

func (e *BuildError) Error() string {
	var b strings.Builder
	if e.Origin != "" {
		b.WriteString(e.Origin)
	} else {
		fmt.Fprintf(&b, "item %d", e.Item)
	}
	if e.Class != "" {
		fmt.Fprintf(&b, ": %s", e.Class)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	return b.String()
}

func (e *BuildError) Unwrap() error { return e.Err }

// PanicError is a panic of a component's code, turned into an error.
type PanicError struct {
	In    string // what panicked, "New" or "the error of New"
	Value any    // what was given to panic
	Stack []byte // as runtime/debug.Stack has it
}

func (e *PanicError) Error() string { return fmt.Sprintf("%s panicked: %v", e.In, e.Value) }

func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
