// Package interfaces holds the contracts that components implement and
// programs ask a site for: caches, configuration, loggers, mutexes and queues.
//
// Every implementation behaves alike; what that means is written at each
// contract and held by the conformance kits of package interfacestest. Errors
// are told apart with errors.Is and the sentinels of this package.
//
// Unless a contract says otherwise, a component is safe for concurrent use,
// copies the bytes that it takes and gives, and answers a call whose context
// has ended with that context's error.
package interfaces
