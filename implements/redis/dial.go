package redis

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// dialer opens connections for a client until ctx ends.
//
// It returns a connection even when there is none, for go-redis to find that
// out when it uses it. A pool that is told of failures writes each of them to
// the standard error, and after some does not dial any more but by a clock of
// its own; here it is the connection that says what is logged, and when the
// server is asked again.
func (s settings) dialer(ctx context.Context, calls *interruptibles) dialFunc {
	return s.secureDialer(ctx, calls, nil)
}

// dialFunc opens a connection.
type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// secureDialer does as dialer, with TLS if there is a config.
func (s settings) secureDialer(ctx context.Context, calls *interruptibles, secure *tls.Config) dialFunc {
	keepAlive := net.KeepAliveConfig{Enable: s.SocketKeepalive, Idle: 30 * time.Second, Interval: 5 * time.Second, Count: 3}
	dialer := net.Dialer{Timeout: s.DialTimeout, KeepAliveConfig: keepAlive}
	if !s.SocketKeepalive {
		dialer.KeepAlive = -1
	}

	return func(dialing context.Context, network, addr string) (net.Conn, error) {
		dialing, cancel := context.WithCancel(dialing)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		conn, err := dialer.DialContext(dialing, network, addr)
		if err != nil {
			return noConn{dialError{err}}, nil
		}
		if secure == nil {
			return plainWire{&wire{Conn: conn, calls: calls}}, nil
		}
		dialing, cancel = context.WithTimeout(dialing, s.DialTimeout)
		defer cancel()
		conn, err = shakeHands(dialing, conn, secure, addr)
		if err != nil {
			return noConn{dialError{err}}, nil
		}
		return &wire{Conn: conn, calls: calls}, nil
	}
}

// tied returns a dialer whose connections end with the context that tie was
// given. go-redis subscribes, and does so again by itself when a connection is
// lost, with calls that nothing else can end before a time-out is over.
func tied(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		until, ok := ctx.Value(tieKey{}).(context.Context)
		if err != nil || !ok {
			return conn, err
		}
		return &tiedConn{conn, context.AfterFunc(until, func() { _ = conn.Close() })}, nil
	}
}

// tie returns a context for what has to do with one subscription.
func tie(ctx context.Context) context.Context { return context.WithValue(ctx, tieKey{}, ctx) }

type tieKey struct{}

type tiedConn struct {
	net.Conn

	untie func() bool
}

func (c *tiedConn) Close() error {
	c.untie()
	return c.Conn.Close()
}

// shakeHands makes a TLS connection of conn, or closes it.
func shakeHands(ctx context.Context, conn net.Conn, secure *tls.Config, addr string) (net.Conn, error) {
	if secure.ServerName == "" {
		secure = secure.Clone()
		secure.ServerName, _, _ = net.SplitHostPort(addr)
	}
	shaken := tls.Client(conn, secure)
	if err := shaken.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // nothing was sent on it that could be lost
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: conn.RemoteAddr(), Err: err}
	}
	return shaken, nil
}

// dialError keeps a failure to connect recognisable: go-redis takes the
// outermost layer off the errors of a handshake.
type dialError struct{ err error }

func (e dialError) Error() string { return e.err.Error() }

func (e dialError) Unwrap() error { return e.err }

// noConn is a connection that could not be made; using it gives the reason.
type noConn struct{ err error }

func (c noConn) Read([]byte) (int, error)         { return 0, c.err }
func (c noConn) Write([]byte) (int, error)        { return 0, c.err }
func (c noConn) Close() error                     { return nil }
func (c noConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c noConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c noConn) SetDeadline(time.Time) error      { return nil }
func (c noConn) SetReadDeadline(time.Time) error  { return nil }
func (c noConn) SetWriteDeadline(time.Time) error { return nil }
