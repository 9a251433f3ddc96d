package redis_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func TestEqualSettingsOfOneSiteShareAClient(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	site := component.NewSite()
	caches := make([]*redis.Cache, 5)
	for i := range caches {
		caches[i] = newSiteCache(t, site, config(t, server.Addr(), func(c *redis.CacheConfig) {
			c.ClientName = "shared"
			c.KeyPrefix = "prefix:" + strconv.Itoa(i) // is the cache's own
		}))
		wantWorking(t, caches[i])
	}

	// One connection for calls, and one to ask whether the server is there.
	eventually(t, "2 connections of 5 caches with equal settings", func() bool {
		return connections(server, "shared") == 2
	})
	other := newSiteCache(t, site, config(t, server.Addr(), func(c *redis.CacheConfig) {
		c.ClientName, c.DB = "other", 1
	}))
	wantWorking(t, other)
	wantWorking(t, newCache(t, server.Addr(), func(c *redis.CacheConfig) { c.ClientName = "other" }))
	eventually(t, "4 connections of 2 caches, one with other settings and one without a site", func() bool {
		return connections(server, "other") == 4
	})

	for i, cache := range caches {
		if err := cache.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := cache.Close(t.Context()); err != nil {
			t.Errorf("second Close: %v", err)
		}
		if _, err := cache.GetValue(t.Context(), "k"); !errors.Is(err, interfaces.ErrClosed) {
			t.Errorf("GetValue after Close: %v", err)
		}
		if i < len(caches)-1 {
			wantWorking(t, caches[len(caches)-1])
		}
	}
	eventually(t, "the end of the shared connections", func() bool { return connections(server, "shared") == 0 })
	wantWorking(t, other)
}

func TestCloseEndsCallsInFlight(t *testing.T) {
	proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
	cache := newCache(t, proxy.Addr(), func(c *redis.CacheConfig) {
		c.ReadTimeout, c.WriteTimeout, c.DialTimeout = time.Minute, time.Minute, time.Minute
	})
	wantWorking(t, cache)
	proxy.Freeze()

	calls := []func() error{
		func() error { _, err := cache.GetValue(context.Background(), "k"); return err },
		func() error { _, err := cache.GetValue(t.Context(), "k"); return err },
		func() error { _, err := cache.GetValue(t.Context(), "k"); return err },
		func() error { _, err := cache.GetValue(context.Background(), "k"); return err },
		func() error { return cache.SetValue(t.Context(), "k", nil, time.Hour) },
		func() error { return cache.SetValue(context.Background(), "k", nil, time.Hour) },
	}
	var running, done sync.WaitGroup
	running.Add(len(calls))

	for _, call := range calls {
		done.Go(func() {
			running.Done()
			if err := call(); !errors.Is(err, interfaces.ErrClosed) && !errors.Is(err, interfaces.ErrUnavailable) {
				t.Errorf("a call in flight: %v", err)
			}
		})
	}
	running.Wait()
	time.Sleep(20 * time.Millisecond) // most of them are waiting for the server by now; none has to
	began := time.Now()
	if err := cache.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
	done.Wait()
	if took := time.Since(began); took > patience {
		t.Errorf("Close and the calls in flight took %v", took)
	}
}

func TestCloseWhileConnecting(t *testing.T) {
	proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
	proxy.Freeze()
	for range 10 {
		cache := newCache(t, proxy.Addr())
		if err := cache.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

// connections counts the connections that have a name.
func connections(server *redistest.Server, name string) int {
	return strings.Count(server.Do("CLIENT", "LIST"), " name="+name+" ")
}
