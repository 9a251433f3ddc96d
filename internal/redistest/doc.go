// Package redistest gives tests a Redis to work against: a redis-server of
// their own that they may stop, freeze and start again, an in-process
// miniredis, and a proxy that loses, holds and delays what goes over the wire.
//
// NewCluster, NewSentinels and NewSingle start several nodes that belong
// together, or one, with TLS and users by choice; SharedCluster and its like
// start them once for all tests of a package.
//
// Everything listens on loopback only, keeps its files in the test's temporary
// folder and ends with the test. A server ends with the test's process too,
// however that ends, where the system can promise it (Linux).
//
// Where no redis-server is installed the tests that need one are skipped,
// unless FIVCGLUE_REQUIRE_REDIS=1 is set: then they fail.
package redistest

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// RequireEnv is the environment variable that turns a missing redis-server
// from a reason to skip into a failure, when it is 1.
const RequireEnv = "FIVCGLUE_REQUIRE_REDIS"

// Binary returns the path of redis-server, or skips or fails the test.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err == nil {
		return path
	}
	if os.Getenv(RequireEnv) == "1" {
		t.Fatalf("redis-server is not installed, and %s=1 asks for it: %v", RequireEnv, err)
	}
	t.Skip("redis-server is not installed: this test needs a real one")
	return ""
}

// Mini starts a miniredis whose keys expire as time passes, and closes it with
// the test.
func Mini(t testing.TB) *miniredis.Miniredis {
	t.Helper()
	mini := miniredis.RunT(t)
	mini.ClockTTL(true)
	return mini
}

// Backend is what Each runs a test against.
type Backend struct {
	Addr string // host:port

	// Advance has keys age by d: at once where the clock can be moved, by
	// waiting otherwise.
	Advance func(d time.Duration)
}

// Each runs test twice, as a subtest on miniredis and as one on a redis-server
// of its own.
func Each(t *testing.T, test func(t *testing.T, b Backend)) {
	t.Helper()
	t.Run("miniredis", func(t *testing.T) {
		mini := Mini(t)
		test(t, Backend{Addr: mini.Addr(), Advance: mini.FastForward})
	})
	t.Run("redis-server", func(t *testing.T) {
		server := New(t, Options{})
		test(t, Backend{Addr: server.Addr(), Advance: time.Sleep})
	})
}
