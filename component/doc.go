// Package component is a container for the parts of a program: a [Site] maps
// entries, each an interface and a name, to components.
//
// A program asks a site for interfaces and never for implementations:
//
//	cache, err := component.Get[interfaces.ICache](site, "Redis")
//
// What a site holds is either registered by hand, with [Register], or built by
// [Site.Build] from a list of items. An [Item] names a class, which is an
// implementation that a [Registry] knows, the entries that its component is to
// serve, and the values of its config. Package builder makes such items from
// files.
//
// Building is all or nothing. Each component is built after those that it
// refers to ([Ref]) or looks up in its New; if one fails, those built before
// it are closed again and the site is as it was. The entries become visible at
// once, when everything is built and started. [Site.Close] closes in reverse.
//
// A lookup reads an immutable table behind an atomic pointer: it takes no lock
// and allocates nothing. With a Go 1.27 toolchain Get, Query, All, Register
// and Bind are methods of Site too.
package component
