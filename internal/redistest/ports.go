package redistest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// port is a port of loopback that is one's own until it is freed, whether
// anybody listens on it or not: a server that is stopped finds it free when it
// starts again.
//
// It is below the range from which the system serves outgoing connections and
// listeners that ask for any port. Rigs keep out of each other's way, those of
// other processes too, by listening on the same number for UDP, which nothing
// else here speaks.
type port struct {
	number int
	mark   net.PacketConn
}

// claimPort returns a port and a listener on it.
func claimPort() (*port, net.Listener, error) {
	var errs []error
	for range 50 {
		p := &port{number: 20000 + rand.IntN(12000)}
		var err error
		if p.mark, err = net.ListenPacket("udp", p.addr()); err != nil {
			errs = append(errs, err)
			continue
		}
		listener, err := net.Listen("tcp", p.addr())
		if err == nil {
			return p, listener, nil
		}
		errs = append(errs, err)
		p.free()
	}
	return nil, nil, fmt.Errorf("no free port: %w", errors.Join(errs...))
}

// claimFreePort returns a port that nobody listens on.
func claimFreePort() (*port, error) {
	p, listener, err := claimPort()
	if err == nil {
		err = listener.Close()
	}
	return p, err
}

func (p *port) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.number)) }

func (p *port) free() { _ = p.mark.Close() } // nothing was sent
