package redistest

import (
	"fmt"
	"net"
	"sync"
	"testing"
	"time"
)

// Proxy stands between a client and a server and does to their traffic what
// the test says. Its methods may be called at any time, from any goroutine.
type Proxy struct {
	target string
	port   *port
	work   sync.WaitGroup

	mu       sync.Mutex
	listener net.Listener // nil while it refuses
	links    map[*link]struct{}
	gate     chan struct{} // closed while bytes may pass
	closed   bool
	delay    time.Duration
	lose     func(request []byte) bool // nil: every reply passes
	apart    func(opening []byte) bool // nil: every connection is served
	lost     int
	accepted int
	trips    int
}

// NewProxy starts a proxy to the server at target (host:port) and ends it with
// the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	p, err := newProxy(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p
}

// Addr returns the host:port for the client.
func (p *Proxy) Addr() string { return p.port.addr() }

// Cut ends all connections. New ones are accepted.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.cut()
	}
}

// Refuse has new connections refused, as by a host on which nothing listens.
// Those that there are stay; see Cut.
func (p *Proxy) Refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		p.listener.Close()
		p.listener = nil
	}
}

// Accept ends Refuse. It panics when a program that is no test of ours has
// taken the port.
func (p *Proxy) Accept() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil || p.closed {
		return
	}
	listener, err := net.Listen("tcp", p.Addr())
	if err != nil {
		panic(fmt.Sprintf("proxy: %v", err))
	}
	p.serve(listener)
}

// Freeze holds all bytes, those of new connections too, as a server does that
// has hung.
func (p *Proxy) Freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open() {
		p.gate = make(chan struct{})
	}
}

// Thaw ends Freeze and lets pass what was held.
func (p *Proxy) Thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.open() {
		close(p.gate)
	}
}

// Part holds all bytes of the connections that match, now and later, as when the
// network between them and the server is gone, and goes on serving the others.
// What a connection is known by is how its client began: the first KiB of what
// it has sent, as far as that has come.
func (p *Proxy) Part(match func(opening []byte) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.apart = match
}

// Rejoin ends Part. What was held is lost: its connections are cut.
func (p *Proxy) Rejoin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		if l.apart() {
			l.cut()
		}
	}
	p.apart = nil
}

// Delay holds each reply for d.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// LoseReplies has the server answer the requests that match, and then cuts the
// connection in place of passing the answer on. A request is what the client
// sent in one go: a command, or a pipeline of them. A nil match ends it.
func (p *Proxy) LoseReplies(match func(request []byte) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose = match
}

// LoseReply does as LoseReplies, once.
func (p *Proxy) LoseReply(match func(request []byte) bool) {
	var once sync.Once
	p.LoseReplies(func(request []byte) (matched bool) {
		if match(request) {
			once.Do(func() { matched = true })
		}
		return matched
	})
}

// Lost returns how many replies were lost by LoseReplies and LoseReply.
func (p *Proxy) Lost() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost
}

// Accepted returns how many connections were accepted.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// RoundTrips returns how often a client began to send after it had got a
// reply or had connected, on all connections together; what a client says by
// itself to open a connection counts too.
func (p *Proxy) RoundTrips() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trips
}

// newProxy starts a proxy that lives until it is closed.
func newProxy(target string) (*Proxy, error) {
	open := make(chan struct{})
	close(open)
	p := &Proxy{target: target, links: map[*link]struct{}{}, gate: open}
	port, listener, err := claimPort()
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p.port = port
	p.serve(listener)
	return p, nil
}

// open tells whether bytes may pass; p.mu is held.
func (p *Proxy) open() bool {
	select {
	case <-p.gate:
		return true
	default:
		return false
	}
}

// serve accepts connections until the listener is closed; p.mu is held or
// nobody knows p yet.
func (p *Proxy) serve(listener net.Listener) {
	p.listener = listener
	p.work.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			p.join(client)
		}
	})
}

func (p *Proxy) join(client net.Conn) {
	server, err := net.DialTimeout("tcp", p.target, time.Second)
	if err != nil {
		client.Close()
		return
	}
	l := &link{proxy: p, client: client, server: server, done: make(chan struct{}), answered: true}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		l.cut()
		return
	}
	p.accepted++
	p.links[l] = struct{}{}
	p.work.Go(l.requests)
	p.work.Go(l.replies)
}

func (p *Proxy) close() {
	p.Refuse()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.Cut()
	p.work.Wait()
	p.port.free()
}
