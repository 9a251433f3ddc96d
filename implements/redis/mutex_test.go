package redis_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func tryAcquire(t testing.TB, mutex interfaces.IMutex, expire time.Duration) interfaces.ILease {
	t.Helper()
	lease, err := mutex.TryAcquire(t.Context(), expire)
	if err != nil {
		t.Fatalf("TryAcquire: %v", err)
	}
	return lease
}

func release(t testing.TB, lease interfaces.ILease) {
	t.Helper()
	if err := lease.Release(t.Context()); err != nil {
		t.Errorf("Release: %v", err)
	}
}

// wantNothingLeft waits until the server has nothing of mutexes but fences.
func wantNothingLeft(t testing.TB, server *redistest.Server) {
	t.Helper()
	var left []string
	eventually(t, "nothing is left on the server", func() bool {
		left = nil
		for key := range strings.SplitSeq(server.Do("KEYS", "*mutex:*"), "\n") {
			if key != "" && !strings.HasSuffix(key, ":fence") {
				left = append(left, key)
			}
		}
		return len(left) == 0
	})
}

// waiting starts an Acquire and returns when it stands in the queue at place n,
// counted from 1.
func waiting(t testing.TB, server *redistest.Server, name string, n int, acquire func() (interfaces.ILease, error)) <-chan acquired {
	t.Helper()
	got := make(chan acquired, 1)
	go func() {
		lease, err := acquire()
		got <- acquired{lease, err, time.Now()}
	}()
	eventually(t, "the waiter stands in the queue", func() bool {
		return server.Do("ZCARD", "{mutex:"+name+"}:queue") == strconv.Itoa(n)
	})
	return got
}

type acquired struct {
	lease interfaces.ILease
	err   error
	at    time.Time
}

func TestMutexTakesTwoRoundTrips(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	proxy := redistest.NewProxy(t, server.Addr())
	mutex := getMutex(t, newMutexSite(t, proxy.Addr()), "m")
	both := func() {
		lease, err := mutex.Acquire(t.Context(), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		release(t, lease)
	}
	both() // it connects, and the server learns the scripts

	eventually(t, "the connection is quiet", func() bool {
		before := proxy.RoundTrips()
		time.Sleep(20 * time.Millisecond)
		return before == proxy.RoundTrips()
	})
	const times = 10
	before := proxy.RoundTrips()
	for range times {
		both()
	}
	if got := proxy.RoundTrips() - before; got != 2*times {
		t.Errorf("%d times acquire and release took %d round trips, want %d", times, got, 2*times)
	}
}

func TestMutexSurvivesScriptFlush(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	mutex := getMutex(t, newMutexSite(t, server.Addr()), "m")
	for range 3 {
		lease := tryAcquire(t, mutex, time.Minute)
		server.Do("SCRIPT", "FLUSH")
		if err := lease.Extend(t.Context(), time.Minute); err != nil {
			t.Errorf("Extend: %v", err)
		}
		server.Do("SCRIPT", "FLUSH")
		release(t, lease)
		server.Do("SCRIPT", "FLUSH")
	}
	wantNothingLeft(t, server)
}

// The original asks with SET NX and gives back with a script that compares.
func TestMutexExcludesTheOriginal(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	site := newMutexSite(t, server.Addr(), func(c *redis.MutexSiteConfig) { c.PollInterval = 50 * time.Millisecond })
	mutex := getMutex(t, site, "jobs/nightly")
	lease := tryAcquire(t, mutex, time.Minute)
	if got := server.Do("SET", "mutex:jobs/nightly", "140234", "EX", "30", "NX"); got != "(nil)" {
		t.Errorf("SET NX of a mutex that is held: %s", got)
	}
	release(t, lease)
	if got := server.Do("SET", "mutex:jobs/nightly", "140234", "EX", "30", "NX"); got != "OK" {
		t.Fatalf("SET NX of a mutex that is free: %s", got)
	}
	if _, err := mutex.TryAcquire(t.Context(), time.Minute); !errors.Is(err, interfaces.ErrHeld) {
		t.Errorf("TryAcquire: %v, want ErrHeld", err)
	}

	// It tells nobody that it is done.
	got := waiting(t, server, "jobs/nightly", 1, func() (interfaces.ILease, error) {
		return mutex.Acquire(t.Context(), time.Minute)
	})
	server.Do("DEL", "mutex:jobs/nightly")

	if a := <-got; a.err != nil {
		t.Errorf("Acquire: %v", a.err)
	} else {
		release(t, a.lease)
	}
}

func TestMutexKeyOfAnotherType(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	mutex := getMutex(t, newMutexSite(t, server.Addr()), "m")
	for _, command := range [][]string{
		{"RPUSH", "mutex:m", "x"}, {"RPUSH", "{mutex:m}:fence", "x"},
	} {
		server.Flush()
		server.Do(command...)
		if _, err := mutex.TryAcquire(t.Context(), time.Minute); !errors.Is(err, interfaces.ErrInvalid) {
			t.Errorf("after %v TryAcquire: %v, want ErrInvalid", command, err)
		}
	}
}

// The holder's key goes without a word, and somebody who does not wait asks
// before those who do have noticed.
func TestMutexTryAcquireDoesNotOvertake(t *testing.T) {
	redistest.Each(t, func(t *testing.T, b redistest.Backend) {
		client := goredis.NewClient(&goredis.Options{Addr: b.Addr})
		defer client.Close()
		mutex := getMutex(t, newMutexSite(t, b.Addr, func(c *redis.MutexSiteConfig) { c.PollInterval = time.Minute }), "m")
		if err := client.Set(t.Context(), "mutex:m", "140234", 0).Err(); err != nil { // without a time
			t.Fatal(err)
		}
		got := make(chan acquired, 1)
		go func() {
			lease, err := mutex.Acquire(t.Context(), time.Minute)
			got <- acquired{lease: lease, err: err}
		}()
		eventually(t, "it waits and has subscribed", func() bool {
			channels, err := client.PubSubChannels(t.Context(), "mutex:wake:*").Result()
			return err == nil && len(channels) == 1 && client.ZCard(t.Context(), "{mutex:m}:queue").Val() == 1
		})
		if err := client.Del(t.Context(), "mutex:m").Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := mutex.TryAcquire(t.Context(), time.Minute); !errors.Is(err, interfaces.ErrHeld) {
			t.Errorf("TryAcquire of a mutex that another waits for: %v, want ErrHeld", err)
		}
		select {
		case a := <-got:
			if a.err != nil {
				t.Fatal(a.err)
			}
			release(t, a.lease)
		case <-time.After(patience):
			t.Fatal("the one who waited was not told that it is its turn")
		}
	})
}

// What the scripts keep beside the mutex has to be in its slot, or they do not
// run on a cluster.
func TestMutexKeysShareASlot(t *testing.T) {
	if got := slot("123456789"); got != 0x31C3 {
		t.Fatalf("the checksum of 123456789 is %#x, want 0x31C3", got)
	}
	server := redistest.New(t, redistest.Options{})
	site := newMutexSite(t, server.Addr())

	for _, name := range []string{"m", "orders/17", "mutex:m", "ключ", " ", "a:b:c"} {
		server.Flush()
		lease := tryAcquire(t, getMutex(t, site, name), time.Minute)
		got := waiting(t, server, name, 1, func() (interfaces.ILease, error) {
			return getMutex(t, site, name).Acquire(t.Context(), time.Minute)
		})

		keys := strings.Split(server.Do("KEYS", "*"), "\n")
		if len(keys) != 4 {
			t.Errorf("mutex %q has the keys %q, want four", name, keys)
		}

		for _, key := range keys {
			if slot(key) != slot("mutex:"+name) {
				t.Errorf("key %q is in slot %d, mutex %q in %d", key, slot(key), name, slot("mutex:"+name))
			}
		}
		release(t, lease)
		if a := <-got; a.err == nil {
			release(t, a.lease)
		}
	}
}

// slot is the slot of a cluster that a key is in, by the specification.
func slot(key string) uint16 {
	if open := strings.IndexByte(key, '{'); open >= 0 {
		if n := strings.IndexByte(key[open+1:], '}'); n > 0 {
			key = key[open+1 : open+1+n]
		}
	}
	var crc uint16
	for _, b := range []byte(key) {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc % 16384
}

func TestMutexFenceIsTheServersTimeOrMore(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	mutex := getMutex(t, newMutexSite(t, server.Addr()), "m")
	micros := func() int64 {
		seconds, rest, _ := strings.Cut(server.Do("TIME"), "\n")
		s, _ := strconv.ParseInt(seconds, 10, 64)
		u, _ := strconv.ParseInt(rest, 10, 64)
		return s*1_000_000 + u
	}
	fence := func() int64 {
		lease := tryAcquire(t, mutex, time.Minute)
		release(t, lease)
		return lease.Fence()
	}

	before := micros()
	if got := fence(); got < before || got > micros() {
		t.Errorf("the first fence is %d, want the time, %d to %d", got, before, micros())
	}

	// A server before this one had a clock that was ahead.
	const by = 5 * time.Minute
	ahead := micros() + by.Microseconds()
	server.Do("SET", "{mutex:m}:fence", strconv.FormatInt(ahead, 10))
	for i := range int64(3) {
		if got := fence(); got != ahead+1+i {
			t.Errorf("fence %d, want the last one and 1, %d", got, ahead+1+i)
		}
	}

	// The last fence is kept until the time is larger by far.
	left, _ := strconv.ParseInt(server.Do("PTTL", "{mutex:m}:fence"), 10, 64)
	if ms := time.Duration(left) * time.Millisecond; ms < time.Hour+by-time.Minute || ms > time.Hour+by+time.Minute {
		t.Errorf("the last fence, %v ahead of the time, is kept for %v, want an hour more than that", by, ms)
	}
	server.Do("SET", "{mutex:m}:fence", "not a number")
	if got, now := fence(), micros(); got < before || got > now {
		t.Errorf("fence %d after one that is no number, want the time, %d to %d", got, before, now)
	}
}

func TestMutexWaitersShareASubscription(t *testing.T) {
	const waiters = 20
	server := redistest.New(t, redistest.Options{})
	site := newMutexSite(t, server.Addr())
	var leases []interfaces.ILease
	got := make([]<-chan acquired, waiters)

	for i := range waiters {
		name := fmt.Sprint("m", i%4)
		mutex := getMutex(t, site, name)
		if i < 4 {
			leases = append(leases, tryAcquire(t, mutex, time.Minute))
		}
		got[i] = waiting(t, server, name, i/4+1, func() (interfaces.ILease, error) {
			return mutex.Acquire(t.Context(), time.Minute)
		})
	}
	eventually(t, "the site has subscribed", func() bool {
		return strings.Contains(server.Do("PUBSUB", "CHANNELS"), "mutex:wake:")
	})
	if list := server.Do("CLIENT", "LIST", "TYPE", "PUBSUB"); strings.Count(list, " addr=") != 1 {
		t.Errorf("%d waiters have these subscriptions, want one:\n%s", waiters, list)
	}
	for _, lease := range leases {
		release(t, lease)
	}

	for _, g := range got {
		if a := <-g; a.err != nil {
			t.Errorf("Acquire: %v", a.err)
		} else {
			release(t, a.lease)
		}
	}
	wantNothingLeft(t, server)
}

// 64 goroutines on two clients, and a checker that sees any two inside at once.
func TestMutexCrowdOnTwoClients(t *testing.T) {
	const (
		callers = 64
		rounds  = 5
	)
	server := redistest.New(t, redistest.Options{})
	sites := []*redis.MutexSite{newMutexSite(t, server.Addr()), newMutexSite(t, server.Addr())}

	var (
		work    sync.WaitGroup
		inside  atomic.Int32
		entered atomic.Int32
		last    atomic.Int64
	)

	for i := range callers {
		mutex := getMutex(t, sites[i%2], "m")
		work.Go(func() {
			for range rounds {
				err := interfaces.WithLock(t.Context(), mutex, 10*time.Second, func(ctx context.Context) error {
					if inside.Add(1) != 1 {
						t.Error("two are inside at once")
					}
					fence, _ := interfaces.FenceFrom(ctx)
					if before := last.Swap(fence); fence <= before {
						t.Errorf("fence %d after %d", fence, before)
					}
					entered.Add(1)
					inside.Add(-1)
					return nil
				})
				if err != nil {
					t.Errorf("WithLock: %v", err)
					return
				}
			}
		})
	}
	work.Wait()
	if got := entered.Load(); got != callers*rounds {
		t.Errorf("%d times somebody was inside, want %d", got, callers*rounds)
	}
	wantNothingLeft(t, server)
}

func TestMutexSiteConfig(t *testing.T) {
	for name, change := range map[string]func(*redis.MutexSiteConfig){
		"poll_interval": func(c *redis.MutexSiteConfig) { c.PollInterval = time.Millisecond },
		"port":          func(c *redis.MutexSiteConfig) { c.Port = -1 },
	} {
		config := redis.DefaultMutexSiteConfig()
		change(&config)
		var key component.KeyError
		if _, err := redis.NewMutexSite(t.Context(), nil, config); !errors.As(err, &key) || key.Key != name {
			t.Errorf("a wrong %s: %v", name, err)
		}
	}
	if err := redis.DefaultMutexSiteConfig().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

// What docs/MUTEXES.md says that a user needs, and what becomes of waiting
// without the channel.
func TestMutexOfARestrictedUser(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	user := strings.Fields("on >word ~mutex:* ~{mutex:* &mutex:wake:* -@all +evalsha +eval +get +mget +set +append +del" +
		" +pexpire +pttl +time +zadd +zrem +zrange +zrank +zscore +publish +subscribe +ping")
	for name, rest := range map[string][]string{"with channel": nil, "without channel": {"resetchannels"}} {
		t.Run(name, func(t *testing.T) {
			server.Do(append(append([]string{"ACL", "SETUSER", "app", "reset"}, user...), rest...)...)
			site := newMutexSite(t, server.Addr(), func(c *redis.MutexSiteConfig) {
				c.Username, c.Password = "app", component.NewSecret("word")
				c.PollInterval = 50 * time.Millisecond
			})
			mutex := getMutex(t, site, "m")
			var lease interfaces.ILease

			eventually(t, "the site is connected", func() bool {
				var err error
				lease, err = mutex.TryAcquire(t.Context(), time.Minute)
				return err == nil
			})
			got := waiting(t, server, "m", 1, func() (interfaces.ILease, error) {
				return mutex.Acquire(t.Context(), time.Minute)
			})
			for _, expire := range []time.Duration{time.Minute, 30 * time.Second, time.Hour} {
				if err := lease.Extend(t.Context(), expire); err != nil {
					t.Errorf("Extend: %v", err)
				}
			}
			server.Do("PEXPIRE", "{mutex:m}:fence", "1000")
			if err := site.CheckHealth(t.Context()); err != nil {
				t.Errorf("CheckHealth: %v", err)
			}
			release(t, lease)

			if a := <-got; a.err != nil {
				t.Errorf("Acquire: %v", a.err)
			} else {
				release(t, a.lease)
			}
			// A fence of another server, and nobody who waits.
			server.Do("SET", "{mutex:m}:fence", "9000000000000000")
			release(t, tryAcquire(t, mutex, time.Minute))
			wantNothingLeft(t, server)
		})
	}
}
