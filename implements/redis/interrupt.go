package redis

import (
	"context"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// A call to go-redis comes back when the server has answered or a time-out is
// over, not when its context is cancelled. To make it come back, whoever
// cancels has to reach the connection that the call is waiting on, and go-redis
// does not say which that is. It does tell the connection the deadline of the
// call's context, though, before it writes and before it reads. So the deadline
// carries a mark: a time.Location of its own for each call, which the
// connection knows the call by. Once it does, cancelling the call sets the
// connection's deadline to the past.
//
// To wait for the call in another goroutine instead costs as much again as the
// whole round trip, and leaves the call with what its caller may change.

// deadlineSlack is how much longer than the configured time-outs those of the
// client are: go-redis takes the earlier of the two deadlines, by a clock that
// is up to 50 ms behind, and has to take that with the mark.
const deadlineSlack = 100 * time.Millisecond

// run makes a call, which comes back soon after ctx ends.
func (l *link) run(ctx context.Context, call func(ctx context.Context, client goredis.UniversalClient) error) error {
	return l.runOn(ctx, l.client, call)
}

// runOn is run with another client of the link's.
func (l *link) runOn(
	ctx context.Context, client goredis.UniversalClient,
	call func(ctx context.Context, client goredis.UniversalClient) error,
) error {
	if ctx.Done() == nil {
		return call(ctx, client)
	}
	i := l.calls.begin(ctx)
	stop := context.AfterFunc(ctx, i.interrupt)
	err := call(i, client)
	if stop() {
		l.calls.end(i)
	} else {
		l.calls.drop(i) // interrupt may be at work on it for some time
	}
	return err
}

// interruptible is the context of one call at a time. Its deadlines carry its
// mark, and none is later than a time-out.
type interruptible struct {
	context.Context

	limit     time.Duration
	mark      *time.Location
	interrupt func() // cut, which as a value costs an allocation

	ended atomic.Bool
	conn  atomic.Pointer[wire] // the last that was told of a deadline

	// A call of a cluster waits on several connections at a time.
	mu    sync.Mutex
	conns []*wire // those before the last
}

// Deadline says when to give up what is being written or read now.
func (i *interruptible) Deadline() (time.Time, bool) {
	limit := time.Now().Add(i.limit)
	if deadline, ok := i.Context.Deadline(); ok && deadline.Before(limit) {
		limit = deadline
	}
	return limit.In(i.mark), true
}

// cut ends what the call does on its connection, or will do on another.
func (i *interruptible) cut() {
	i.ended.Store(true)
	if conn := i.conn.Load(); conn != nil {
		conn.cut(i)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, conn := range i.conns {
		conn.cut(i)
	}
}

// told notes a connection that was told of a deadline, before ended is read,
// which cut sets before it reads what was noted.
func (i *interruptible) told(w *wire) {
	for {
		before := i.conn.Load()
		if before == w {
			return
		}
		if before != nil {
			i.keep(before)
		}
		if i.conn.CompareAndSwap(before, w) {
			return
		}
	}
}

func (i *interruptible) keep(w *wire) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !slices.Contains(i.conns, w) {
		i.conns = append(i.conns, w)
	}
}

// interruptibles finds calls by their marks. Those that are over serve again.
type interruptibles struct {
	limit  time.Duration
	marked sync.Map // *time.Location: *interruptible

	mu   sync.Mutex
	free []*interruptible
}

func (s *interruptibles) begin(ctx context.Context) *interruptible {
	s.mu.Lock()
	var i *interruptible
	if last := len(s.free) - 1; last >= 0 {
		i, s.free[last] = s.free[last], nil
		s.free = s.free[:last]
	}
	s.mu.Unlock()
	if i == nil {
		i = &interruptible{limit: s.limit, mark: new(time.Location)}
		i.interrupt = i.cut
		s.marked.Store(i.mark, i)
	}
	i.Context = ctx
	return i
}

func (s *interruptibles) end(i *interruptible) {
	i.Context = nil
	i.conn.Store(nil)
	clear(i.conns) // nobody else knows of i any more
	i.conns = i.conns[:0]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, i)
}

func (s *interruptibles) drop(i *interruptible) { s.marked.Delete(i.mark) }

func (s *interruptibles) byMark(deadline time.Time) *interruptible {
	mark := deadline.Location()
	if mark == time.UTC || mark == time.Local {
		return nil
	}
	found, ok := s.marked.Load(mark)
	if !ok {
		return nil
	}
	return found.(*interruptible)
}

// wire is a connection that can be cut while a call waits on it.
type wire struct {
	net.Conn

	calls *interruptibles

	mu   sync.Mutex
	call *interruptible // whose deadline the connection has
}

// past is a deadline that is over.
var past = time.Unix(1, 0)

func (w *wire) SetDeadline(t time.Time) error      { return w.set(t, w.Conn.SetDeadline) }
func (w *wire) SetReadDeadline(t time.Time) error  { return w.set(t, w.Conn.SetReadDeadline) }
func (w *wire) SetWriteDeadline(t time.Time) error { return w.set(t, w.Conn.SetWriteDeadline) }

// plainWire is a wire without TLS. TLS has bytes of its own on a connection
// that is idle.
type plainWire struct{ *wire }

// SyscallConn lets go-redis find out whether an idle connection was closed by
// the server.
func (w plainWire) SyscallConn() (syscall.RawConn, error) {
	conn, ok := w.Conn.(syscall.Conn)
	if !ok {
		return nil, syscall.ENOTSUP
	}
	return conn.SyscallConn()
}

func (w *wire) set(t time.Time, set func(time.Time) error) error {
	call := w.calls.byMark(t)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.call = call
	if call != nil {
		call.told(w)
		if call.ended.Load() {
			t = past
		}
	}
	return set(t)
}

// cut ends what call does on the connection, unless it is another's by now.
func (w *wire) cut(call *interruptible) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.call == call {
		_ = w.Conn.SetDeadline(past) // a connection that is closed needs none
	}
}
