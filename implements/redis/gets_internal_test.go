package redis

import (
	"errors"
	"testing"
)

// Who has waited for a turn until there was an outage is not kept waiting for
// the server as well.
func TestWaitingGetsAreRefusedDuringAnOutage(t *testing.T) {
	reason := errors.New("connection refused")
	g := &gets{link: &link{}}
	g.link.outage.Store(&outage{kind: unsent, err: reason})
	var asked []*get

	for range maxGets + 1 {
		q := &get{key: "k", done: make(chan struct{}, 1)}
		asked = append(asked, q)
	}
	g.waiting, g.flights = append(g.waiting, asked...), 1
	g.fly()

	for i, q := range asked {
		select {
		case <-q.done:
			if !errors.Is(q.err, reason) {
				t.Fatalf("question %d: %v", i, q.err)
			}
		default:
			t.Fatalf("question %d was not answered", i)
		}
	}
	if g.flights != 0 || len(g.waiting) != 0 {
		t.Errorf("%d flights and %d questions are left", g.flights, len(g.waiting))
	}
}
