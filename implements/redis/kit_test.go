package redis_test

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
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

// newSiteCache returns a cache of site that ends with the test.
func newSiteCache(t testing.TB, site *component.Site, c redis.CacheConfig) *redis.Cache {
	t.Helper()
	cache, err := redis.NewCache(t.Context(), site, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cache.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return cache
}

// loggingSite returns a site whose messages are kept.
func loggingSite(t testing.TB) (*component.Site, *logs) {
	t.Helper()
	site, l := component.NewSite(), &logs{}
	if err := component.Register[interfaces.ILoggerSite](site, "", l); err != nil {
		t.Fatal(err)
	}
	return site, l
}

// logs is an ILoggerSite that keeps all messages.
type logs struct {
	mu    sync.Mutex
	lines []string
}

func (l *logs) GetLogger(string) interfaces.ILogger { return l }

func (l *logs) Debug(msg string, args ...any) { l.keep(msg, args) }
func (l *logs) Info(msg string, args ...any)  { l.keep(msg, args) }
func (l *logs) Warn(msg string, args ...any)  { l.keep(msg, args) }
func (l *logs) Error(msg string, args ...any) { l.keep(msg, args) }

func (l *logs) keep(msg string, args []any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprint(msg, args))
}

func (l *logs) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

func (l *logs) count(msg string) (n int) {
	for _, line := range l.all() {
		if strings.HasPrefix(line, msg) {
			n++
		}
	}
	return n
}
