// Package componenttest has what the tests of a program need that asks a site
// for its components.
package componenttest

import (
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
)

// Replace puts a fake into an entry of a site for the rest of the test, and
// then puts back what was there. Lookups and references give the fake. The
// test ends at once if there is no such entry or fake is nil.
//
// Fakes are put back in reverse, so one entry may be replaced more than once.
func Replace[T any](t testing.TB, site *component.Site, name string, fake T) {
	t.Helper()
	previous, err := component.Replace(site, name, fake)
	if err != nil {
		t.Fatalf("put a fake into an entry: %v", err)
	}
	t.Cleanup(func() {
		// A test that closes its site has nothing left to put back.
		_, _ = component.Replace(site, name, previous)
	})
}
