package redistest

import (
	"net"
	"testing"
)

// A server that is stopped, and a proxy that refuses, finds its port as it has
// left it.
func TestPortsAreOnesOwnUntilTheyAreFreed(t *testing.T) {
	p, err := claimFreePort()
	if err != nil {
		t.Fatal(err)
	}
	if mark, err := net.ListenPacket("udp", p.addr()); err == nil {
		mark.Close()
		t.Error("a port is claimed twice")
	}
	if listener, err := net.Listen("tcp", p.addr()); err != nil {
		t.Errorf("whoever has claimed a port cannot listen on it: %v", err)
	} else {
		listener.Close()
	}
	p.free()
	mark, err := net.ListenPacket("udp", p.addr())
	if err != nil {
		t.Fatalf("a port that was freed: %v", err)
	}
	mark.Close()
}
