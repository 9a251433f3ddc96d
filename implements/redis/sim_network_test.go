package redis

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// simNetwork is the network of one client: in memory, with latency, and with
// faults. All that it waits for is time or channels, as testing/synctest needs
// it.
type simNetwork struct {
	server *simServer
	pumps  sync.WaitGroup

	mu      sync.Mutex
	choice  *rand.Rand
	links   map[*simLink]struct{}
	gate    chan struct{} // closed while bytes may pass
	refuses bool
	loses   bool
	extra   time.Duration
}

// newSimNetwork's links are gone before the test's bubble ends: what is still on
// its way would be a goroutine that nothing can wake.
func newSimNetwork(t *testing.T, server *simServer, choice *rand.Rand) *simNetwork {
	gate := make(chan struct{})
	close(gate)
	n := &simNetwork{server: server, choice: choice, links: map[*simLink]struct{}{}, gate: gate}
	t.Cleanup(func() {
		n.heal()
		n.cut()
		n.pumps.Wait()
	})
	return n
}

// connect returns a connection over the network. There is nobody that looks
// after the server: each call finds out for itself.
func (n *simNetwork) connect(t *testing.T, config Config) *connection {
	t.Helper()
	s, err := config.settings()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	calls := &interruptibles{limit: s.ReadTimeout}
	client := func() goredis.UniversalClient {
		options := s.options(ctx, calls)
		options.Dialer = tied(func(context.Context, string, string) (net.Conn, error) { return n.dial() })
		return goredis.NewUniversalClient(options)
	}
	l := &link{
		settings: s, client: client(), blocking: client(), logger: slog.New(slog.DiscardHandler),
		ctx: ctx, cancel: cancel, suspect: make(chan struct{}, 1), calls: calls,
	}
	return &connection{link: l, release: l.Close}
}

func (n *simNetwork) dial() (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.refuses {
		return noConn{dialError{&net.OpError{Op: "dial", Err: io.ErrUnexpectedEOF}}}, nil
	}
	client, near := net.Pipe()
	far, server := net.Pipe()
	l := &simLink{network: n, near: near, far: far, done: make(chan struct{})}
	n.links[l] = struct{}{}
	n.server.mini.Server().ServeConn(server)
	n.pumps.Go(func() { l.pump(near, far, false) })
	n.pumps.Go(func() { l.pump(far, near, true) })
	return client, nil
}

// freeze holds all bytes until heal.
func (n *simNetwork) freeze() {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-n.gate:
		n.gate = make(chan struct{})
	default:
	}
}

// cut ends all connections, and refuses others until heal.
func (n *simNetwork) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refuses = true
	for l := range n.links {
		l.end()
	}
}

// loseReplies has requests arrive and ends the connection for an answer.
func (n *simNetwork) loseReplies() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.loses = true
}

func (n *simNetwork) slow(extra time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.extra = extra
}

// heal ends all faults. What was held arrives now, late as it is.
func (n *simNetwork) heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refuses, n.loses, n.extra = false, false, 0
	select {
	case <-n.gate:
	default:
		close(n.gate)
	}
}

// pass waits as long as bytes are on their way, and reports whether they
// arrive.
func (n *simNetwork) pass(l *simLink, reply bool) bool {
	n.mu.Lock()
	gate := n.gate
	latency := time.Duration(50+n.choice.IntN(2000))*time.Microsecond + n.extra
	n.mu.Unlock()

	// A request arrives also when its sender has hung up meanwhile.
	hungUp := l.done
	if !reply {
		hungUp = nil
	}
	select {
	case <-gate:
	case <-hungUp:
		return false
	}
	time.Sleep(latency)
	n.mu.Lock()
	defer n.mu.Unlock()
	return !(reply && n.loses)
}

// simLink is one connection: two pipes and what is between them.
type simLink struct {
	network   *simNetwork
	near, far net.Conn
	once      sync.Once
	done      chan struct{}
}

// end hangs up, at the client's side at once and at the server's when all that
// was sent has arrived.
func (l *simLink) end() {
	l.once.Do(func() {
		close(l.done)
		l.near.Close()
	})
}

func (l *simLink) pump(from, to net.Conn, reply bool) {
	defer func() {
		from.Close()
		l.end()
		if !reply {
			l.far.Close()
			l.network.mu.Lock()
			delete(l.network.links, l)
			l.network.mu.Unlock()
		}
	}()

	// What is sent is taken at once, as by a kernel's buffer: a server that had
	// to wait for its client would hold up all others.
	sent := make(chan []byte, 4096)
	l.network.pumps.Go(func() {
		defer close(sent)
		for {
			buffer := make([]byte, 1<<14)
			size, err := from.Read(buffer)
			if err != nil {
				return
			}
			sent <- buffer[:size]
		}
	})

	for bytes := range sent {
		if !l.network.pass(l, reply) {
			return
		}
		if _, err := to.Write(bytes); err != nil {
			return
		}
	}
}
