package document

import (
	"regexp"
	"strings"
)

// Redacted stands in the place of what is not shown.
const Redacted = "[redacted]"

// credentials finds a user and a password before a host, with or without the
// scheme of an address, and a user alone behind a scheme, who may be a token.
// The scheme, and the reference whose default or message it is, may be shown.
var credentials = regexp.MustCompile(`((?:\$\{\w*:[-?])*[\w+.\-]*://)(?:(?:\\.|[^\s"\\])*:(?:\\.|[^\s"\\])*|[^\s"/?#]+)@` +
	`|((?:\$\{\w*:[-?])*)(?:\$\{)?[^\s"'{}\[\](),:;/@=<>|]*:(?:/?(?:\\.|[^\s"\\/@])(?:\\.|[^\s"\\])*)?@`)

// example is what stands for credentials in messages that say how to write an
// address, and is shown.
const example = "user:password"

// keyBegins is how the text of a private key begins.
const keyBegins = "-----BEGIN "

// Credentials yields where in text what looks like the credentials of an
// address, or like a private key or a certificate, begins and ends. Text in
// quotes is taken to end there, and what has an @ and a colon to be a password
// rather than not.
func Credentials(text string) func(yield func(from, to int) bool) {
	return func(yield func(from, to int) bool) {
		addresses, key, _ := strings.Cut(text, keyBegins)
		if strings.IndexByte(addresses, '@') >= 0 {
			for _, found := range credentials.FindAllStringSubmatchIndex(addresses, -1) {
				from, to := max(found[3], found[5]), found[1]-len("@")
				if addresses[from:to] != example && !yield(from, to) {
					return
				}
			}
		}
		if from := len(addresses); from < len(text) {
			to := len(text)
			if quote := strings.IndexAny(key, `"'`); quote >= 0 {
				to = from + len(keyBegins) + quote
			}
			yield(from, to)
		}
	}
}

// WithoutCredentials returns text with what looks like the credentials of an
// address redacted. Whatever is quoted of a file in a message goes through it.
func WithoutCredentials(text string) string {
	var b strings.Builder
	shown := 0
	for from, to := range Credentials(text) {
		b.WriteString(text[shown:from])
		b.WriteString(Redacted)
		shown = to
	}
	if shown == 0 {
		return text
	}
	return b.String() + text[shown:]
}
