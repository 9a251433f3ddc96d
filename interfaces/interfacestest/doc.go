// Package interfacestest tests implementations of the contracts in package
// interfaces. Whoever writes a backend runs the kit of its contract over it,
// and knows that a program which works with one backend works with another.
//
// A kit is a list of checks, each of which holds one promise of the contract.
// There are two ways to run it: TestCache and its like make one subtest per
// check; CheckCache and its like return one *Failure per promise that was not
// kept, joined with errors.Join, for use where no subtest can be made, as
// within testing/synctest.
//
// The whole conformance test of a cache backend:
//
//	func TestCacheConforms(t *testing.T) {
//		interfacestest.TestCache(t, func(t *testing.T) interfacestest.CacheHarness {
//			cache, err := mycache.New()
//			if err != nil {
//				t.Fatal(err)
//			}
//			return interfacestest.CacheHarness{Cache: cache}
//		})
//	}
//
// What a kit cannot do by itself, it does through optional hooks of the
// harness: move the clock, cut off the backend, store something behind the
// implementation's back. A check that needs a hook which is not there is
// skipped and says so; with no hook at all, a kit waits for real time to pass,
// a few seconds in all.
package interfacestest
