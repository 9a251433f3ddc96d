// Package readme holds the tests of what README.md shows.
package readme
