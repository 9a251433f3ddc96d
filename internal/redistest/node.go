package redistest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Node is one process of a Cluster, of Sentinels or of Single. Its methods may
// be called from any goroutine that may end the test.
type Node struct {
	name    string // for messages
	binary  string
	args    []string // after the configuration file
	dir     string
	port    *port
	config  []string // all lines of redis.conf but port and dir
	proxy   *Proxy   // nil: clients connect to the process itself
	busPort *port    // nil: other nodes have no need to reach it
	bus     *Proxy   // nil: other nodes of its Cluster connect to the process itself
	client  *redis.Client
	proc    *process                        // nil while it is not running
	begin   func(ctx context.Context) error // what a started process is told first; may be nil
	frozen  bool
	apart   bool // from the other nodes of its group
}

// Addr returns the host:port that clients know the node by.
func (n *Node) Addr() string {
	if n.proxy != nil {
		return n.proxy.Addr()
	}
	return n.direct()
}

// Proxy returns what stands before the node, nil unless Options asked for
// proxies.
func (n *Node) Proxy() *Proxy { return n.proxy }

// IsData tells whether the node holds keys, as all but Sentinels do.
func (n *Node) IsData() bool { return len(n.args) == 0 }

// Role returns what the node is now: master, slave or sentinel.
func (n *Node) Role(t testing.TB) string {
	t.Helper()
	return n.Do(t, "ROLE").([]any)[0].(string)
}

// Client returns a client of this node alone that may do everything and does
// not pass through the proxy. It never tries twice. The rig closes it.
func (n *Node) Client() *redis.Client { return n.client }

// Do sends a command to the node and returns what it answers.
func (n *Node) Do(t testing.TB, args ...any) any {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	reply, err := n.client.Do(ctx, args...).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		t.Fatalf("%s: %v: %v", n.name, args[0], err)
	}
	return reply
}

// Kill ends the process at once, as a crash would. Its address refuses
// connections from then on.
func (n *Node) Kill(t testing.TB) {
	t.Helper()
	if n.proc == nil {
		t.Fatalf("%s is not running", n.name)
	}
	n.kill()
}

// Start starts a node that was killed, on the same addresses and in the same
// folder, and waits until it answers. What it held in memory is lost.
func (n *Node) Start(t testing.TB) {
	t.Helper()
	if n.proc != nil {
		t.Fatalf("%s is running already", n.name)
	}
	if err := n.run(); err != nil {
		t.Fatal(err)
	}
}

// Freeze has the process stand still: connections are accepted by the system
// and nothing answers, neither clients nor other nodes.
func (n *Node) Freeze(t testing.TB) {
	t.Helper()
	if n.proc == nil {
		t.Fatalf("%s is not running", n.name)
	}
	if err := n.proc.freeze(); err != nil {
		t.Fatalf("freezing %s: %v", n.name, err)
	}
	n.frozen = true
}

// Thaw ends Freeze and waits until the node answers.
func (n *Node) Thaw(t testing.TB) {
	t.Helper()
	if err := n.thaw(); err != nil {
		t.Fatalf("thawing %s: %v", n.name, err)
	}
}

// up tells whether the process runs, answers, and is with the other nodes.
func (n *Node) up() bool { return n.proc != nil && !n.frozen && !n.apart }

// part holds the node's connections of replicas and Sentinels.
func (n *Node) part() {
	n.apart = true
	n.proxy.Part(func(opening []byte) bool {
		return bytes.Contains(opening, []byte("REPLCONF")) || bytes.Contains(opening, []byte("sentinel-"))
	})
}

// rejoin ends what part and Cluster.Isolate have begun.
func (n *Node) rejoin() {
	n.apart = false
	for _, proxy := range []*Proxy{n.proxy, n.bus} {
		if proxy != nil {
			proxy.Rejoin()
		}
	}
}

func (n *Node) direct() string { return n.port.addr() }

func (n *Node) thaw() error {
	if n.proc == nil || !n.frozen {
		return nil
	}
	if err := n.proc.thaw(); err != nil {
		return err
	}
	n.frozen = false
	return n.ready()
}

func (n *Node) kill() {
	if n.proc == nil {
		return
	}
	if n.proxy != nil {
		n.proxy.Refuse()
	}
	n.proc.kill()
	n.proc = nil
	n.frozen = false
	if n.proxy != nil {
		n.proxy.Cut()
	}
}

func (n *Node) flush() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return n.client.FlushAll(ctx).Err()
}

// flushAll empties a master and waits until its replica is empty, too: that
// may think it is up to date while the master has not begun to tell it what is
// new.
func (n *Node) flushAll() error {
	if err := n.flush(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return until(ctx, func() error {
		replicas, err := n.client.Wait(ctx, 1, time.Second).Result()
		if err == nil && replicas < 1 {
			err = fmt.Errorf("no replica of %s is up to date", n.name)
		}
		return err
	})
}

func (n *Node) close() {
	n.kill()
	if n.client != nil {
		_ = n.client.Close() // nothing of it is left to be lost
	}
	for _, proxy := range []*Proxy{n.proxy, n.bus} {
		if proxy != nil {
			proxy.close()
		}
	}
	for _, port := range []*port{n.port, n.busPort} {
		if port != nil {
			port.free()
		}
	}
}

// run starts the process and waits until it answers.
func (n *Node) run() error {
	if err := os.MkdirAll(n.dir, 0o700); err != nil {
		return err
	}
	file := filepath.Join(n.dir, "redis.conf")

	// A Sentinel keeps what it knows in its file.
	if _, err := os.Stat(file); err != nil {
		text := strings.Join(n.config, "\n") + "\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
	}

	proc, err := startProcess(n.binary, append([]string{file}, n.args...)...)
	if err != nil {
		return fmt.Errorf("starting %s: %w", n.name, err)
	}
	n.proc = proc

	if err := n.ready(); err != nil {
		n.kill()
		return fmt.Errorf("starting %s: %w", n.name, err)
	}
	if n.proxy != nil {
		n.proxy.Accept()
	}
	return nil
}

// ready waits until the process that was started answers on its port, which
// may be another's.
func (n *Node) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	want := fmt.Sprintf("process_id:%d\r\n", n.proc.pid())
	err := until(ctx, func() error {
		select {
		case <-n.proc.ended:
			return &endedError{log: n.proc.output()}
		default:
		}

		// go-redis would log each refusal.
		conn, err := net.DialTimeout("tcp", n.direct(), time.Second)
		if err != nil {
			return err
		}
		conn.Close()
		info, err := n.client.Info(ctx, "server").Result()
		if err != nil {
			return err
		}
		if !strings.Contains(info, want) {
			return &endedError{log: "another server listens on its port"}
		}
		return nil
	})
	if err != nil || n.begin == nil {
		return err
	}
	return n.begin(ctx)
}

// endedError says that waiting longer is of no use.
type endedError struct{ log string }

func (e *endedError) Error() string { return "it ended: " + e.log }

// until asks again and again, with a breath in between, until there is no
// error or it is no use to go on.
func until(ctx context.Context, ask func() error) error {
	var last error
	for {
		err := ask()
		var ended *endedError
		if err == nil || errors.As(err, &ended) {
			return err
		}

		// Why it was refused says more than that the time has run out.
		if ctx.Err() == nil || last == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), last)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// newAdmin returns the client with which the rig itself talks to a node.
func newAdmin(addr string, security *tls.Config, username, password string) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: addr, TLSConfig: security, Username: username, Password: password,
		Protocol: 2, MaxRetries: -1, DialerRetries: 1, DialTimeout: time.Second,
		ReadTimeout: patience, ContextTimeoutEnabled: true, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}
