package redis_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// atOnce is far more than what a call may take when a server is known to be
// down, for a machine that is busy, and less than any time-out.
const atOnce = 3 * time.Second

func TestServerThatIsDownDoesNotHoldUpNewCache(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	server.Stop()
	began := time.Now()
	cache := newCache(t, server.Addr())
	if took := time.Since(began); took > atOnce {
		t.Errorf("NewCache took %v", took)
	}
	if err := cache.CheckHealth(t.Context()); !errors.Is(err, interfaces.ErrUnavailable) {
		t.Errorf("CheckHealth while the server is down: %v", err)
	}
	wantFast(t, cache, interfaces.ErrUnavailable)
	server.Start()
	eventually(t, "the server being noticed", func() bool { return cache.CheckHealth(t.Context()) == nil })
	wantWorking(t, cache)
}

func TestRecoveryIsNoticedWithoutACall(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	site, logs := loggingSite(t)
	newSiteCache(t, site, config(t, server.Addr(), func(c *redis.CacheConfig) {
		c.HealthCheckInterval = 10 * time.Millisecond
	}))
	server.Stop()
	eventually(t, "a warning that it is not available", func() bool { return logs.count("redis is not available") == 1 })
	server.Start()
	eventually(t, "word that it is available", func() bool { return logs.count("redis is available") == 1 })
	for range 20 { // and no more is said for as long as nothing changes
		time.Sleep(5 * time.Millisecond)
	}
	if all := logs.all(); len(all) != 2 {
		t.Errorf("logged %d messages, want 2:\n%s", len(all), strings.Join(all, "\n"))
	}
}

func TestFrozenServerCostsNoMoreThanTheDeadline(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	cache := newCache(t, server.Addr())
	wantWorking(t, cache)
	server.Freeze()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := cache.GetValue(ctx, "k")
	if took := time.Since(began); took > atOnce {
		t.Errorf("GetValue with a deadline of 50ms took %v", took)
	}
	if !errors.Is(err, interfaces.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("GetValue of a frozen server: %v", err)
	}

	// That one deadline has it asked; from then on it is known to be down.
	wantFast(t, cache, interfaces.ErrUnavailable)
	server.Thaw()
	eventually(t, "the end of the outage", func() bool { return cache.CheckHealth(t.Context()) == nil })
	wantWorking(t, cache)
}

func TestServerThatAcceptsAndNeverAnswers(t *testing.T) {
	proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
	proxy.Freeze()
	cache := newCache(t, proxy.Addr(), func(c *redis.CacheConfig) { c.ReadTimeout = 200 * time.Millisecond })
	_, err := cache.GetValue(context.Background(), "k") // no deadline but read_timeout
	if !errors.Is(err, interfaces.ErrUnavailable) {
		t.Errorf("GetValue: %v", err)
	}
	proxy.Thaw()
	eventually(t, "the server being noticed", func() bool { return cache.CheckHealth(t.Context()) == nil })
}

// A caller in a hurry finds out nothing about the server.
func TestShortDeadlineOfACallerIsNoOutage(t *testing.T) {
	proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
	site, logs := loggingSite(t)
	cache := newSiteCache(t, site, config(t, proxy.Addr()))
	wantWorking(t, cache)
	proxy.Delay(30 * time.Millisecond)
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
		if _, err := cache.GetValue(ctx, "k"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("GetValue within 2ms of a server that takes 30ms: %v", err)
		}
		cancel()
		if _, err := cache.GetValue(t.Context(), "k"); err != nil {
			t.Errorf("GetValue with all the time in the world: %v", err)
		}
	}
	if all := logs.all(); len(all) != 0 {
		t.Errorf("logged: %s", strings.Join(all, "\n"))
	}
}

func TestCancelComesBackAtOnce(t *testing.T) {
	proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
	for _, concurrent := range []bool{false, true} {
		cache := newCache(t, proxy.Addr(), func(c *redis.CacheConfig) {
			c.ReadTimeout, c.WriteTimeout, c.DialTimeout = time.Minute, time.Minute, time.Minute
		})
		wantWorking(t, cache)
		proxy.Freeze()

		if concurrent { // two flights are under way, so that those who come later wait for their turn
			for range 3 {
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() {
					defer close(done)
					_, _ = cache.GetValue(ctx, "k")
				}()
				t.Cleanup(func() { cancel(); <-done })
			}
		}

		for _, call := range []struct {
			name string
			do   func(ctx context.Context) error
		}{
			{"GetValue", func(ctx context.Context) error { _, err := cache.GetValue(ctx, "k"); return err }},
			{"SetValue", func(ctx context.Context) error { return cache.SetValue(ctx, "k", nil, time.Hour) }},
			{"GetValues", func(ctx context.Context) error { _, err := cache.GetValues(ctx, "k"); return err }},
			{"SetValues", func(ctx context.Context) error {
				return cache.SetValues(ctx, map[string][]byte{"a": nil, "b": nil}, time.Hour)
			}},
			{"CheckHealth", cache.CheckHealth},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(20*time.Millisecond, cancel)
			began := time.Now()
			err := call.do(ctx)

			// The watch may have found the server silent meanwhile.
			if !errors.Is(err, context.Canceled) && !errors.Is(err, interfaces.ErrUnavailable) {
				t.Errorf("%s, cancelled: %v", call.name, err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("%s came back %v after it was cancelled", call.name, took)
			}
		}
		proxy.Thaw()
	}
}

// What one call is cut off from must not hit the next on that connection.
func TestCancellingDoesNotHarmOthers(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	cache := newCache(t, server.Addr(), func(c *redis.CacheConfig) { c.PoolSize = 2 })
	wantWorking(t, cache)
	stop := make(chan struct{})
	done := make(chan struct{})

	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(time.Duration(i%200)*time.Microsecond, cancel)
			_ = cache.SetValue(ctx, "other", []byte("x"), time.Hour)
			cancel()
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()

	for range 1000 {
		if err := cache.SetValue(ctx, "mine", []byte("v"), time.Hour); err != nil {
			t.Errorf("SetValue that nobody cancelled: %v", err)
			break
		}
	}
	close(stop)
	<-done
}

func TestCutConnectionsAreMadeAnewWithinOneCall(t *testing.T) {
	proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
	cache := newCache(t, proxy.Addr())
	wantWorking(t, cache)
	for range 10 {
		proxy.Cut()
		if _, err := cache.GetValue(t.Context(), "k"); err != nil {
			t.Fatalf("GetValue after its connection was cut: %v", err)
		}
		time.Sleep(30 * time.Millisecond) // the server is asked in peace whether it is in order
	}
}

func TestRestartedServerIsNotNoticedByIdempotentCalls(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	cache := newCache(t, server.Addr())
	wantWorking(t, cache)
	server.Stop()
	server.Start()
	eventually(t, "the server being noticed", func() bool { return cache.CheckHealth(t.Context()) == nil })
	if value, err := cache.GetValue(t.Context(), "k"); err != nil || string(value) != "v" {
		t.Errorf("GetValue after a restart = %q, %v", value, err)
	}
}

func TestLostReply(t *testing.T) {
	request := func(word string) func([]byte) bool {
		return func(request []byte) bool { return strings.Contains(strings.ToUpper(string(request)), word) }
	}
	t.Run("a value is set again", func(t *testing.T) {
		proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
		cache := newCache(t, proxy.Addr())
		wantWorking(t, cache)
		proxy.LoseReply(request("NEW"))
		if err := cache.SetValue(t.Context(), "k", []byte("NEW"), time.Hour); err != nil || proxy.Lost() != 1 {
			t.Errorf("SetValue: %v after %d lost replies", err, proxy.Lost())
		}
	})
	t.Run("AddValue does not say false of a value that it has added", func(t *testing.T) {
		mini := redistest.Mini(t)
		proxy := redistest.NewProxy(t, mini.Addr())
		cache := newCache(t, proxy.Addr())
		wantWorking(t, cache)
		proxy.LoseReply(request("NX"))
		added, err := cache.AddValue(t.Context(), "new", []byte("v"), time.Hour)
		if !errors.Is(err, interfaces.ErrUnavailable) || added {
			t.Errorf("AddValue whose reply was lost = %v, %v", added, err)
		}
		if !mini.Exists("new") {
			t.Error("the value was not added: the test shows nothing")
		}
	})
	t.Run("DeleteValues does not say 0 of a key that it has deleted", func(t *testing.T) {
		proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
		cache := newCache(t, proxy.Addr())
		wantWorking(t, cache)
		proxy.LoseReply(request("UNLINK"))
		if n, err := cache.DeleteValues(t.Context(), "k"); !errors.Is(err, interfaces.ErrUnavailable) {
			t.Errorf("DeleteValues whose reply was lost = %d, %v", n, err)
		}
	})
	t.Run("not more often than max_retries", func(t *testing.T) {
		proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
		cache := newCache(t, proxy.Addr(), func(c *redis.CacheConfig) { c.MaxRetries = 2 })
		wantWorking(t, cache)
		proxy.LoseReplies(request("PTTL"))
		if _, err := cache.GetExpire(t.Context(), "k"); !errors.Is(err, interfaces.ErrUnavailable) || proxy.Lost() != 3 {
			t.Errorf("GetExpire: %v after %d attempts, want 3", err, proxy.Lost())
		}
	})
}

func TestWrongPassword(t *testing.T) {
	const wrong, right = "wrong-pa55word", "right-pa55word"
	server := redistest.New(t, redistest.Options{Password: right})
	proxy := redistest.NewProxy(t, server.Addr())
	site, logs := loggingSite(t)
	cache := newSiteCache(t, site, config(t, proxy.Addr(), func(c *redis.CacheConfig) {
		c.Password = component.NewSecret(wrong)
	}))

	err := cache.SetValue(t.Context(), "k", []byte("v"), time.Hour)
	if !errors.Is(err, interfaces.ErrInvalid) || errors.Is(err, interfaces.ErrUnavailable) {
		t.Errorf("SetValue with a wrong password: %v", err)
	}
	eventually(t, "several attempts to log in", func() bool { return proxy.Accepted() >= 5 })
	if n := logs.count("redis refuses the credentials"); n != 1 {
		t.Errorf("said %d times that the credentials are refused, want once", n)
	}
	wantFast(t, cache, interfaces.ErrInvalid)

	for _, text := range append(logs.all(), err.Error(), cache.CheckHealth(t.Context()).Error()) {
		if strings.Contains(text, wrong) || strings.Contains(text, right) {
			t.Errorf("a password is in %q", text)
		}
	}
	server.SetPassword(wrong)
	eventually(t, "the password being accepted", func() bool { return cache.CheckHealth(t.Context()) == nil })
	wantWorking(t, cache)
}

func TestPasswordThatIsMissingOrRefusedLater(t *testing.T) {
	server := redistest.New(t, redistest.Options{Password: "secret"})
	cache := newCache(t, server.Addr())
	if _, err := cache.GetValue(t.Context(), "k"); !errors.Is(err, interfaces.ErrInvalid) {
		t.Errorf("GetValue without the password that the server asks for: %v", err)
	}
	server.SetPassword("")
	eventually(t, "none being asked for", func() bool { return cache.CheckHealth(t.Context()) == nil })
	wantWorking(t, cache)
}

// A server that does not understand the login repeats it in its answer.
func TestPasswordInAServersAnswerIsNotPassedOn(t *testing.T) {
	const password, sentinels = "s3cret-in-answer", "s3cret-of-sentinels"
	addr := answering(t, "-ERR unknown command, with args beginning with: `"+password+"` `"+sentinels+"`\r\n")
	for mode, change := range map[string]func(c *redis.CacheConfig){
		"single": func(*redis.CacheConfig) {},
		"sentinel": func(c *redis.CacheConfig) {
			c.MasterName, c.SentinelPassword = "main", component.NewSecret(sentinels)
		},
		"cluster": func(c *redis.CacheConfig) { c.Mode = "cluster" },
	} {
		t.Run(mode, func(t *testing.T) {
			site, logs := loggingSite(t)
			cache := newSiteCache(t, site, config(t, addr, change, func(c *redis.CacheConfig) {
				c.Password = component.NewSecret(password)
			}))

			_, err := cache.GetValue(t.Context(), "k")
			if err == nil || !strings.Contains(err.Error(), "[redacted]") && !strings.Contains(err.Error(), "***") {
				t.Errorf("GetValue: %v", err)
			}
			for _, text := range slices.Concat(logs.all(), driver.all(), []string{fmt.Sprint(err)}) {
				if strings.Contains(text, password) || mode == "sentinel" && strings.Contains(text, sentinels) {
					t.Errorf("said %q", text)
				}
			}
		})
	}
}

// answering starts a server that gives always the same answer.
func answering(t *testing.T, answer string) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for buffer := make([]byte, 4096); ; {
					if _, err := conn.Read(buffer); err != nil {
						return
					}
					_, _ = conn.Write([]byte(answer))
				}
			}()
		}
	}()
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}

// The clock may be over the deadline when the wait for another attempt is.
func TestDeadlineThatRunsOutBetweenAttempts(t *testing.T) {
	proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
	cache := newCache(t, proxy.Addr(), func(c *redis.CacheConfig) {
		c.MinRetryBackoff, c.MaxRetryBackoff = time.Hour, time.Hour
	})
	wantWorking(t, cache)
	proxy.LoseReplies(func(request []byte) bool { return strings.Contains(strings.ToUpper(string(request)), "GET") })
	// On a machine that is busy it takes longer until there was an attempt.
	for allowed := 50 * time.Millisecond; proxy.Lost() == 0; allowed *= 2 {
		if allowed > patience {
			t.Fatal("no reply was lost")
		}
		ctx, cancel := context.WithTimeout(t.Context(), allowed)
		_, err := cache.GetValue(unannounced{ctx}, "k")
		cancel()
		if !errors.Is(err, interfaces.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("GetValue: %v, after %d lost replies", err, proxy.Lost())
		}
	}
}

// unannounced is a context that does not say when it will end.
type unannounced struct{ context.Context }

func (unannounced) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// wantFast makes calls that have to fail at once, once the reason is known.
func wantFast(t *testing.T, cache *redis.Cache, want error) {
	t.Helper()
	eventually(t, "a call that fails at once", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		_, err := cache.GetValue(ctx, "k")
		return errors.Is(err, want) && time.Since(began) < 50*time.Millisecond
	})
	began := time.Now()
	for range 100 {
		if _, err := cache.GetValues(context.Background(), "k"); !errors.Is(err, want) {
			t.Fatalf("GetValues: %v, want %v", err, want)
		}
	}
	if took := time.Since(began); took > atOnce {
		t.Errorf("100 calls of a server that is known to be out of order took %v", took)
	}
}

func wantWorking(t *testing.T, cache *redis.Cache) {
	t.Helper()
	if err := cache.SetValue(t.Context(), "k", []byte("v"), time.Hour); err != nil {
		t.Fatalf("SetValue: %v", err)
	}
	if value, err := cache.GetValue(t.Context(), "k"); err != nil || string(value) != "v" {
		t.Fatalf("GetValue = %q, %v", value, err)
	}
}
