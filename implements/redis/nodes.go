package redis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// nodes has a breaker for each server of a group: while one is known to be out
// of order, what would be sent to it fails at once and all else goes on. Each
// is looked after by the connections themselves, which see every failure.
type nodes struct {
	link *link

	mu    sync.Mutex
	known map[string]*node
}

// node is what is known of one server.
type node struct {
	addr    string
	outage  atomic.Pointer[outage] // nil while it is in order, as far as is known
	watched atomic.Bool            // somebody asks whether it is in order
}

// nodeError is an error of a connection to a node. go-redis must not see what
// it is: of some it concludes that a command may be sent again, which it may
// not if the node has seen it.
type nodeError struct {
	addr    string
	err     error
	refused bool // by the breaker, so that nothing was sent
	kind    failure
}

func (e *nodeError) Error() string {
	if e.refused {
		return fmt.Sprintf("node %s is known to be out of order: %v", e.addr, e.err)
	}
	return fmt.Sprintf("node %s: %v", e.addr, e.err)
}

// classify tells what it means for the call and for the server. What the
// breaker has refused is not worth another attempt.
func (e *nodeError) classify() failure {
	switch {
	case !e.refused:
		return classify(e.err)
	case e.kind == locked:
		return invalid
	default:
		return unable
	}
}

// guard returns a dialer whose connections keep to the breaker of their node.
// hide says that go-redis must not see what their errors are.
func (n *nodes) guard(dial dialFunc, hide bool) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		of := n.at(addr)
		if refusal := of.refusal(); refusal != nil {
			return noConn{refusal}, nil //nolint:nilerr // as with connections that could not be made
		}
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		g := &guarded{Conn: conn, nodes: n, node: of, hide: hide}
		if _, ok := conn.(syscall.Conn); ok {
			return plainGuarded{g}, nil
		}
		return g, nil
	}
}

// guardSome does as guard for the nodes at addrs, and not for others. A node
// of these has to answer soon: go-redis asks all Sentinels at once, but waits
// for the slowest.
func (n *nodes) guardSome(dial dialFunc, addrs []string) dialFunc {
	guard := n.guard(dial, false)
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if !slices.Contains(addrs, addr) {
			return dial(ctx, network, addr)
		}
		ctx, cancel := context.WithTimeout(ctx, sentinelPatience)
		defer cancel()
		conn, err := guard(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return hurried{conn, []string{n.link.settings.sentinel.password, n.link.settings.password}}, nil
	}
}

// sentinelPatience is how long a Sentinel may take to answer: there are others.
const sentinelPatience = time.Second

// hurried is a connection to a Sentinel. That no deadline is set means that it
// may take for ever, as with messages.
type hurried struct {
	net.Conn

	secrets []string
}

// Read masks passwords in errors, which repeat what a Sentinel has not
// understood: go-redis writes those to the standard error.
func (h hurried) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	for line := range bytes.Lines(b[:n]) {
		if line[0] != '-' {
			continue
		}
		for _, secret := range h.secrets {
			if secret != "" {
				copy(line, bytes.ReplaceAll(line, []byte(secret), bytes.Repeat([]byte("*"), len(secret))))
			}
		}
	}
	return n, err
}

func (h hurried) SetDeadline(t time.Time) error      { return h.Conn.SetDeadline(sooner(t)) }
func (h hurried) SetReadDeadline(t time.Time) error  { return h.Conn.SetReadDeadline(sooner(t)) }
func (h hurried) SetWriteDeadline(t time.Time) error { return h.Conn.SetWriteDeadline(sooner(t)) }

func sooner(t time.Time) time.Time {
	if most := time.Now().Add(sentinelPatience); t.After(most) {
		return most
	}
	return t
}

// at returns the node at addr.
func (n *nodes) at(addr string) *node {
	n.mu.Lock()
	defer n.mu.Unlock()
	of := n.known[addr]
	if of == nil {
		of = &node{addr: addr}
		n.known[addr] = of
	}
	return of
}

// doubt has a node asked whether it is in order, if nobody does so already.
func (n *nodes) doubt(of *node) {
	if of.watched.Swap(true) {
		return
	}
	if !n.link.spawn(func() { n.watch(of) }) {
		of.watched.Store(false)
	}
}

// doubtAll has all nodes asked.
func (n *nodes) doubtAll() {
	for _, addr := range n.link.settings.addrs() {
		n.at(addr)
	}
	for _, of := range n.all() {
		n.doubt(of)
	}
}

func (n *nodes) all() []*node {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Collect(maps.Values(n.known))
}

// watch asks a node until it answers or is of the group no more.
func (n *nodes) watch(of *node) {
	client := goredis.NewClient(n.probeOptions(of.addr))
	defer func() { _ = client.Close() }() // nothing was written to it that could be lost
	for failed := 0; ; {
		err := n.link.probe(client, failed)
		if n.link.ctx.Err() != nil {
			return
		}

		kind := classify(err)
		if !kind.suspicious() {
			n.up(of)
			n.rest(doubtPause)
			of.watched.Store(false)
			return
		}
		failed++
		n.down(of, kind, err)

		if failed >= maxNodeProbes && !n.member(of.addr) {
			n.forget(of)
			return
		}

		most := lastPause
		if kind == locked {
			most = lastLockedWait
		}
		n.rest(doubled(firstPause, most, failed))
	}
}

// maxNodeProbes is after how many attempts a node that does not answer is
// forgotten, unless the group still counts on it.
const maxNodeProbes = 10

func (n *nodes) probeOptions(addr string) *goredis.Options {
	o := n.link.settings.probeOptions(n.link.ctx, n.link.calls)
	o.Addrs = []string{addr}
	o.Dialer = n.link.settings.secureDialer(n.link.ctx, n.link.calls, n.link.secure)
	o.DB = 0
	if n.link.settings.mode == modeSentinel {
		o.Username, o.Password = n.link.settings.sentinel.username, n.link.settings.sentinel.password
	}
	return o.Simple()
}

func (n *nodes) rest(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-n.link.ctx.Done():
	}
}

func (n *nodes) down(of *node, kind failure, err error) {
	before := of.outage.Load()
	now := &outage{kind: kind, err: n.link.settings.scrub(err), since: time.Now()}
	if before != nil {
		now.since = before.since
	}
	of.outage.Store(now)
	n.link.reload()
	switch {
	case before != nil && (before.kind == locked) == (kind == locked):
	case kind == locked:
		n.link.logger.Warn("redis refuses the credentials", "server", of.addr, "error", now.err)
	default:
		n.link.logger.Warn("redis is not available", "server", of.addr, "error", now.err)
	}
}

func (n *nodes) up(of *node) {
	before := of.outage.Swap(nil)
	if before == nil {
		return
	}
	n.link.reload()
	n.link.logger.Info("redis is available", "server", of.addr, "after", time.Since(before.since).Round(time.Millisecond))
}

// forget drops a node that the group has replaced.
func (n *nodes) forget(of *node) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.known, of.addr)
	n.link.logger.Info("a redis node is no longer part of its cluster", "server", of.addr)
}

// member tells whether the group counts on the node at addr, as far as can be
// found out.
func (n *nodes) member(addr string) bool {
	if n.link.settings.mode != modeCluster || slices.Contains(n.link.settings.addrs(), addr) {
		return true
	}
	ctx, cancel := context.WithTimeout(n.link.ctx, n.link.settings.ReadTimeout)
	defer cancel()
	var found atomic.Bool
	err := n.link.client.(*goredis.ClusterClient).ForEachShard(ctx, func(_ context.Context, client *goredis.Client) error {
		if client.Options().Addr == addr {
			found.Store(true)
		}
		return nil
	})
	return err != nil || found.Load()
}

// refusal is why nothing is to be sent to a node, nil if there is no reason.
func (of *node) refusal() error {
	o := of.outage.Load()
	if o == nil {
		return nil
	}
	return &nodeError{addr: of.addr, err: o.err, refused: true, kind: o.kind}
}

// guarded is a connection to a node.
type guarded struct {
	net.Conn

	nodes *nodes
	node  *node
	hide  bool
}

func (g *guarded) Write(b []byte) (int, error) {
	if refusal := g.node.refusal(); refusal != nil {
		return 0, refusal
	}
	written, err := g.Conn.Write(b)
	return written, g.note(err)
}

func (g *guarded) Read(b []byte) (int, error) {
	read, err := g.Conn.Read(b)
	return read, g.note(err)
}

// note has the node asked whether it is in order when there is an error.
func (g *guarded) note(err error) error {
	if err == nil {
		return nil
	}
	if !errors.Is(err, net.ErrClosed) {
		g.nodes.doubt(g.node)
	}
	if !g.hide {
		return err
	}
	return &nodeError{addr: g.node.addr, err: err}
}

// plainGuarded is a guarded connection without TLS; see plainWire.
type plainGuarded struct{ *guarded }

func (g plainGuarded) SyscallConn() (syscall.RawConn, error) {
	return g.Conn.(syscall.Conn).SyscallConn()
}
