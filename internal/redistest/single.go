package redistest

import "testing"

// Single is one server with TLS and a user as RigOptions say.
type Single struct{ rig }

// NewSingle starts such a server for this test alone; see SharedSingle.
func NewSingle(t testing.TB, options RigOptions) *Single {
	t.Helper()
	s := build(t, func() (*Single, error) { return startSingle(t, options) })
	t.Cleanup(s.close)
	return s
}

// Node returns the server.
func (s *Single) Node() *Node { return s.nodes[0] }

// Addr returns the address for clients.
func (s *Single) Addr() string { return s.nodes[0].Addr() }

// reset gives a shared server to the next test.
func (s *Single) reset() error {
	if err := s.start(); err != nil {
		return err
	}
	return s.nodes[0].flush()
}

func startSingle(t testing.TB, options RigOptions) (*Single, error) {
	s := &Single{}
	if err := s.init(options); err != nil {
		return s, err
	}
	if _, err := s.newNode(t, "server", func(*Node) []string { return s.data() }); err != nil {
		return s, err
	}
	return s, s.start()
}
