package interfaces

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/fivcglue/fivcglue-go/internal/scalar"
)

// ConfigValue reads the value of key as a T: a string, a bool, a number, a
// time.Duration (5s, 250ms, or a number of seconds), or anything that
// unmarshals text. A key that is not there gives fallback.
//
// A value that is no T is a *ConfigValueError, and fallback is returned beside
// it. What a text means is the same as in the file of a site.
func ConfigValue[T any](session IConfigSession, key string, fallback T) (T, error) {
	text, ok := session.GetValue(key)
	if !ok {
		return fallback, nil
	}
	var value T
	// Whether the text stood in quotes is not known any more. null has no
	// value, so what is there is a text, be it empty.
	if err := scalar.Set(reflect.ValueOf(&value).Elem(), text, true); err != nil {
		failure := &ConfigValueError{Key: key, Err: err}
		if located, ok := session.(ConfigLocator); ok {
			failure.Session, failure.Origin = located.Locate(key)
		}
		return fallback, failure
	}
	return value, nil
}

// ConfigLocator may be implemented by an IConfigSession that knows where its
// values were written.
type ConfigLocator interface {
	// Locate returns the name of the session, and where the value of key was
	// written, such as "settings.yml:3:9". The origin is empty if that is
	// unknown or there is no such key.
	Locate(key string) (session, origin string)
}

// ConfigValueError says which value of a configuration is not of the type that
// the program needs. It does not show the value, which may be a secret.
type ConfigValueError struct {
	Session string
	Key     string
	Origin  string // where the value was written, "" if that is not known
	Err     error  // what the value must be
}

func (e *ConfigValueError) Error() string {
	var b strings.Builder
	if e.Origin != "" {
		fmt.Fprintf(&b, "%s: ", e.Origin)
	}
	if e.Session != "" {
		fmt.Fprintf(&b, "session %q: ", e.Session)
	}
	fmt.Fprintf(&b, "key %q: %v", e.Key, e.Err)
	return b.String()
}

// Unwrap returns what the value must be.
func (e *ConfigValueError) Unwrap() error { return e.Err }
