// Package benchmarks compares this project with the libraries that people
// would use in its place, and with those that it stands on. It is a module of
// its own, so that they stay out of the other's requirements.
//
//	make bench                    all comparisons, as README.md has them
//	make bench RUN=Lookup         those whose test is so named
//
// Each comparison is a test, so that `go test` proves it to work, and comes
// down to a call of compare with one contender of ours and its peers. What
// counts is the ratio within one run: the contenders take turns in short
// slices, in another order in each round, and the medians are compared.
package benchmarks
