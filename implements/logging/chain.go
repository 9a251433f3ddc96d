package logging

import (
	"log/slog"
	"strings"
)

// writeErrors is a ReplaceAttr that has errors written with their whole chain.
func writeErrors(_ []string, attr slog.Attr) slog.Attr {
	if attr.Value.Kind() != slog.KindAny {
		return attr
	}
	switch value := attr.Value.Any().(type) {
	case error:
		if text, ok := chain(value); ok {
			attr.Value = slog.StringValue(text)
		}
	case []error:
		texts := make([]string, len(value))
		for i, err := range value {
			if err == nil {
				texts[i] = "<nil>"
				continue
			}
			text, ok := chain(err)
			if !ok {
				return attr
			}
			texts[i] = text
		}
		attr.Value = slog.AnyValue(texts)
	}
	return attr
}

// chain returns what err says, followed by what the errors that it wraps say
// wherever that is not in it already. It is not ok if an error panics, as one
// does that is a nil pointer: then log/slog has its own way of writing it.
func chain(err error) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	text = err.Error()
	left := maxChain
	addWrapped(&text, err, &left)
	return text, true
}

// maxChain bounds how many errors are looked at: one may wrap itself, and more
// than once.
const maxChain = 1000

func addWrapped(text *string, err error, left *int) {
	var wrapped []error
	switch err := err.(type) { //nolint:errorlint // this is the walk that errors.As would do
	case interface{ Unwrap() error }:
		wrapped = []error{err.Unwrap()}
	case interface{ Unwrap() []error }:
		wrapped = err.Unwrap()
	}
	for _, inner := range wrapped {
		if inner == nil {
			continue
		}
		if *left--; *left < 0 {
			return
		}
		if says := inner.Error(); !strings.Contains(*text, says) {
			*text += ": " + says
		}
		addWrapped(text, inner, left)
	}
}
