package component

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a string that does not print: fmt with any verb, encoding/json,
// yaml and log/slog write [redacted] in its place. Where it stands in an
// unexported field, which fmt prints without asking, an address shows. The
// zero Secret is empty. To compare two, compare what Reveal returns.
type Secret struct{ value *string }

// NewSecret returns a Secret that holds value.
func NewSecret(value string) Secret { return Secret{&value} }

// Reveal returns what the secret holds.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsEmpty reports whether the secret holds nothing.
func (s Secret) IsEmpty() bool { return s.Reveal() == "" }

func (s Secret) String() string { return redacted }

// Format writes [redacted], whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue has log/slog write [redacted].
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText has encoders write [redacted].
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText sets what the secret holds. The text [redacted] is refused:
// it comes from a printed Secret and is nobody's password.
func (s *Secret) UnmarshalText(text []byte) error {
	if string(text) == redacted {
		return errors.New("is the placeholder of a secret that was printed, not the secret")
	}
	*s = NewSecret(string(text))
	return nil
}
