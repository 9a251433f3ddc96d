package telemetry_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/telemetry"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// stub is a cache that does nothing and answers with err.
type stub struct {
	err   error
	stats interfaces.CacheStats
}

func (s *stub) GetValue(context.Context, string) ([]byte, error)              { return nil, s.err }
func (s *stub) SetValue(context.Context, string, []byte, time.Duration) error { return s.err }
func (s *stub) AddValue(context.Context, string, []byte, time.Duration) (bool, error) {
	return false, s.err
}
func (s *stub) DeleteValues(context.Context, ...string) (int, error)              { return 0, s.err }
func (s *stub) GetValues(context.Context, ...string) (map[string][]byte, error)   { return nil, s.err }
func (s *stub) SetValues(context.Context, map[string][]byte, time.Duration) error { return s.err }
func (s *stub) GetExpire(context.Context, string) (time.Duration, error)          { return 0, s.err }
func (s *stub) DeletePattern(context.Context, string) (int, error)                { return 0, s.err }
func (s *stub) Stats() interfaces.CacheStats                                      { return s.stats }

func (s *stub) ScanKeys(context.Context, string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { yield("", s.err) }
}

func (s *stub) Connections() (used, idle int) { return 4, 2 }

func (s *stub) Servers() iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) { _ = yield("a:1", true) && yield("b:2", false) }
}

// losing has mutexes whose leases are lost, which only releasing them shows.
type losing struct{ interfaces.IMutexSite }

func (s losing) GetMutex(name string) (interfaces.IMutex, error) {
	mutex, err := s.IMutexSite.GetMutex(name)
	return losingMutex{mutex}, err
}

type losingMutex struct{ interfaces.IMutex }

func (m losingMutex) Acquire(ctx context.Context, expire time.Duration) (interfaces.ILease, error) {
	lease, err := m.IMutex.Acquire(ctx, expire)
	return losingLease{lease}, err
}

type losingLease struct{ interfaces.ILease }

func (l losingLease) Release(ctx context.Context) error {
	return errors.Join(l.ILease.Release(ctx), interfaces.ErrLost)
}

func newCache(t *testing.T, inner interfaces.ICache) *telemetry.Cache {
	t.Helper()
	return newCacheOf(t, inner, telemetry.DefaultCacheConfig().System)
}

func newCacheOf(t *testing.T, inner interfaces.ICache, system string) *telemetry.Cache {
	t.Helper()
	config := telemetry.DefaultCacheConfig()
	config.Cache, config.System = component.RefTo(inner), system
	cache, err := telemetry.NewCache(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	return cache
}
