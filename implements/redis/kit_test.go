package redis_test

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/redis"
)

// patience is how long a test waits for what should happen soon.
const patience = 10 * time.Second

// config returns the configuration for the server at addr, with changes.
func config(t testing.TB, addr string, change ...func(*redis.CacheConfig)) redis.CacheConfig {
	t.Helper()

	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}

	c := redis.DefaultCacheConfig()
	c.Host = host

	if c.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}

	for _, f := range change {
		f(&c)
	}

	return c
}

// eventually asks until it is told true.
func eventually(t testing.TB, what string, ask func() bool) {
	t.Helper()

	for deadline := time.Now().Add(patience); !ask(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}
