package redistest_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(redistest.Sharing(m)) }

func TestServerKeepsDataOverStop(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	server.Do("SET", "k", "v")
	addr := server.Addr()
	server.Stop()
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Fatal("a stopped server accepts connections")
	}
	server.Start()
	if got := server.Do("GET", "k"); got != "v" || server.Addr() != addr {
		t.Errorf("after Stop and Start at %s: GET = %q, want v at %s", server.Addr(), got, addr)
	}
}

func TestServerLosesDataOverKillUnlessAppendOnly(t *testing.T) {
	for name, options := range map[string]redistest.Options{
		"(nil)": {},
		"v":     {AppendOnly: true},
	} {
		server := redistest.New(t, options)
		server.Do("SET", "k", "v")
		server.Kill()
		server.Start()
		if got := server.Do("GET", "k"); got != name {
			t.Errorf("%+v: GET after Kill = %q, want %q", options, got, name)
		}
	}
}

func TestServerFreezeAndThaw(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	conn := dial(t, server.Addr())
	server.Freeze()
	if _, err := ping(conn, 50*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("PING of a frozen server: %v, want a time-out", err)
	}
	server.Thaw()
	if reply, err := read(conn, 5*time.Second); reply != "+PONG\r\n" {
		t.Errorf("after Thaw: %q, %v", reply, err)
	}
}

func TestServerEndsWhileFrozen(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	server.Freeze()
	server.Stop()
	server.Start()
	server.Freeze() // the cleanup has to end it all the same
}

func TestServerPassword(t *testing.T) {
	server := redistest.New(t, redistest.Options{Password: `p"w 1`})
	if reply, err := ping(dial(t, server.Addr()), 5*time.Second); !strings.HasPrefix(reply, "-NOAUTH") {
		t.Errorf("PING without the password: %q, %v", reply, err)
	}
	server.SetPassword("")
	if reply, err := ping(dial(t, server.Addr()), 5*time.Second); reply != "+PONG\r\n" {
		t.Errorf("PING when none is asked for: %q, %v", reply, err)
	}
}

func TestServerConfigLines(t *testing.T) {
	server := redistest.New(t, redistest.Options{Config: []string{"maxmemory 3mb"}})
	if got := server.Do("CONFIG", "GET", "maxmemory"); got != "maxmemory\n3145728" {
		t.Errorf("maxmemory = %q", got)
	}
}

func TestMiniExpiresByItself(t *testing.T) {
	mini := redistest.Mini(t)
	mini.Set("k", "v")
	mini.SetTTL("k", 5*time.Millisecond)
	for deadline := time.Now().Add(5 * time.Second); mini.Exists("k"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the key did not expire")
		}
	}
}

func TestEachRunsBoth(t *testing.T) {
	redistest.Binary(t)
	var ran []string
	redistest.Each(t, func(t *testing.T, b redistest.Backend) {
		ran = append(ran, t.Name())
		if reply, err := ping(dial(t, b.Addr), 5*time.Second); reply != "+PONG\r\n" {
			t.Errorf("PING: %q, %v", reply, err)
		}
	})
	if want := t.Name() + "/miniredis " + t.Name() + "/redis-server"; strings.Join(ran, " ") != want {
		t.Errorf("ran %q, want %q", ran, want)
	}
}

func TestProxyPassesAndCounts(t *testing.T) {
	proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
	conn := dial(t, proxy.Addr())
	for range 3 {
		if reply, err := ping(conn, 5*time.Second); reply != "+PONG\r\n" {
			t.Fatalf("PING: %q, %v", reply, err)
		}
	}
	ping(dial(t, proxy.Addr()), 5*time.Second)
	if trips, accepted := proxy.RoundTrips(), proxy.Accepted(); trips != 4 || accepted != 2 {
		t.Errorf("%d round trips on %d connections, want 4 on 2", trips, accepted)
	}
}

func TestProxyCutRefuseAccept(t *testing.T) {
	proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
	conn := dial(t, proxy.Addr())
	ping(conn, 5*time.Second)
	proxy.Refuse()
	if reply, err := ping(conn, 5*time.Second); reply != "+PONG\r\n" {
		t.Errorf("PING on an old connection while new ones are refused: %q, %v", reply, err)
	}
	if _, err := net.Dial("tcp", proxy.Addr()); err == nil {
		t.Error("a connection was accepted after Refuse")
	}
	proxy.Cut()
	if _, err := read(conn, 5*time.Second); !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
		t.Errorf("reading after Cut: %v", err)
	}
	proxy.Accept()
	if reply, err := ping(dial(t, proxy.Addr()), 5*time.Second); reply != "+PONG\r\n" {
		t.Errorf("PING after Accept: %q, %v", reply, err)
	}
}

func TestProxyFreezeHoldsAndThawPasses(t *testing.T) {
	proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
	proxy.Freeze()
	conn := dial(t, proxy.Addr())
	if _, err := ping(conn, 50*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("PING while frozen: %v, want a time-out", err)
	}
	proxy.Thaw()
	if reply, err := read(conn, 5*time.Second); reply != "+PONG\r\n" {
		t.Errorf("after Thaw: %q, %v", reply, err)
	}
}

func TestProxyPartsSomeFromOthers(t *testing.T) {
	proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
	one, other := dial(t, proxy.Addr()), dial(t, proxy.Addr())
	io.WriteString(one, "*2\r\n$4\r\nECHO\r\n$3\r\none\r\n")
	read(one, 5*time.Second)
	proxy.Part(func(opening []byte) bool { return bytes.Contains(opening, []byte("one")) })
	if _, err := ping(one, 50*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("PING of the one that is parted: %v, want a time-out", err)
	}
	if reply, err := ping(other, 5*time.Second); reply != "+PONG\r\n" {
		t.Errorf("PING of another: %q, %v", reply, err)
	}
	proxy.Rejoin()
	if _, err := read(one, 5*time.Second); !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
		t.Errorf("reading what was held: %v", err)
	}
	if reply, err := ping(dial(t, proxy.Addr()), 5*time.Second); reply != "+PONG\r\n" {
		t.Errorf("PING after Rejoin: %q, %v", reply, err)
	}
}

func TestProxyDelay(t *testing.T) {
	proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
	proxy.Delay(30 * time.Millisecond)
	began := time.Now()
	ping(dial(t, proxy.Addr()), 5*time.Second)
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("the reply took %v, want 30ms at least", took)
	}
}

func TestProxyLosesAReplyAfterTheServerActed(t *testing.T) {
	mini := redistest.Mini(t)
	proxy := redistest.NewProxy(t, mini.Addr())
	proxy.LoseReply(func(request []byte) bool { return bytes.Contains(request, []byte("INCR")) })
	conn := dial(t, proxy.Addr())
	if reply, err := ping(conn, 5*time.Second); reply != "+PONG\r\n" {
		t.Fatalf("a request that does not match: %q, %v", reply, err)
	}
	io.WriteString(conn, "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n")
	if reply, err := read(conn, 5*time.Second); err == nil {
		t.Errorf("the reply %q came through", reply)
	}
	if n, _ := mini.Get("n"); n != "1" || proxy.Lost() != 1 {
		t.Errorf("n = %q after %d lost replies, want 1 after 1", n, proxy.Lost())
	}
	conn = dial(t, proxy.Addr())
	io.WriteString(conn, "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n")
	if reply, err := read(conn, 5*time.Second); reply != ":2\r\n" {
		t.Errorf("the next INCR: %q, %v", reply, err)
	}
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func ping(conn net.Conn, patience time.Duration) (string, error) {
	if _, err := io.WriteString(conn, "*1\r\n$4\r\nPING\r\n"); err != nil {
		return "", err
	}
	return read(conn, patience)
}

func read(conn net.Conn, patience time.Duration) (string, error) {
	conn.SetReadDeadline(time.Now().Add(patience))
	return bufio.NewReader(conn).ReadString('\n')
}
