//go:build !unix

package logging

const nonBlocking = 0

// onHangup does nothing: there is no SIGHUP here.
func onHangup(func()) (stop func()) { return func() {} }
