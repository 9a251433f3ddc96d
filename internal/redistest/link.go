package redistest

import (
	"bytes"
	"net"
	"sync"
	"time"
)

// link is one connection of a client through a proxy.
type link struct {
	proxy          *Proxy
	client, server net.Conn
	done           chan struct{} // closed by cut
	once           sync.Once

	// Both are guarded by the proxy's lock.
	answered bool   // the server spoke last, or nobody yet
	losing   bool   // the next reply is to be lost
	opening  []byte // how the client began, up to openingSize
}

// openingSize is how much of what a client sends Proxy.Part gets to see.
const openingSize = 1 << 10

// cut ends the connection on both sides.
func (l *link) cut() {
	l.once.Do(func() {
		close(l.done)
		l.client.Close()
		l.server.Close()
	})
}

// requests carries what the client sends.
func (l *link) requests() {
	defer l.leave()
	pump(l.client, func(request []byte) bool {
		if !l.pass(l.request(request)) {
			return false
		}
		_, err := l.server.Write(request)
		return err == nil
	})
}

// replies carries what the server sends.
func (l *link) replies() {
	defer l.leave()
	pump(l.server, func(reply []byte) bool {
		gate, delay, lose := l.reply()
		if lose || !l.pass(gate) || !l.wait(delay) {
			return false
		}
		_, err := l.client.Write(reply)
		return err == nil
	})
}

func (l *link) leave() {
	l.cut()
	l.proxy.mu.Lock()
	defer l.proxy.mu.Unlock()
	delete(l.proxy.links, l)
}

// request notes what the client sent and returns the gate that it has to pass.
func (l *link) request(request []byte) <-chan struct{} {
	p := l.proxy
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.answered {
		p.trips++
	}
	l.answered = false
	l.opening = append(l.opening, request[:min(len(request), openingSize-len(l.opening))]...)
	if p.lose != nil && p.lose(bytes.Clone(request)) {
		l.losing = true
		p.lost++
	}
	return l.gate()
}

// reply notes that the server answered and says what becomes of that.
func (l *link) reply() (gate <-chan struct{}, delay time.Duration, lose bool) {
	p := l.proxy
	p.mu.Lock()
	defer p.mu.Unlock()
	l.answered = true
	return l.gate(), p.delay, l.losing
}

// gate returns what bytes have to wait for, nil being for ever; the proxy's
// lock is held.
func (l *link) gate() <-chan struct{} {
	if l.apart() {
		return nil
	}
	return l.proxy.gate
}

func (l *link) apart() bool { return l.proxy.apart != nil && l.proxy.apart(l.opening) }

// pass waits at the gate and reports whether the connection is still there.
func (l *link) pass(gate <-chan struct{}) bool {
	select {
	case <-gate:
		return true
	case <-l.done:
		return false
	}
}

func (l *link) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.done:
		return false
	}
}

// pump hands on what arrives until there is no more or hand says stop.
func pump(from net.Conn, hand func([]byte) bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !hand(buffer[:n]) {
			return
		}
		if err != nil {
			return
		}
	}
}
