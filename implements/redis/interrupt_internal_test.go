package redis

import (
	"context"
	"net"
	"testing"
	"time"
)

// deadlines is a connection that keeps the deadlines that it is told.
type deadlines struct {
	net.Conn

	read, write time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error  { d.read = t; return nil }
func (d *deadlines) SetWriteDeadline(t time.Time) error { d.write = t; return nil }
func (d *deadlines) SetDeadline(t time.Time) error      { d.read, d.write = t, t; return nil }

// tell does as go-redis does with the context of a call.
func tell(ctx context.Context, t *testing.T, w *wire) {
	t.Helper()
	deadline, ok := ctx.Deadline()
	if !ok {
		t.Fatal("the context of a call has no deadline")
	}
	if err := w.SetReadDeadline(deadline); err != nil {
		t.Fatal(err)
	}
}

func TestInterruptReachesTheConnectionOfTheCall(t *testing.T) {
	calls := &interruptibles{limit: time.Minute}
	conn := &deadlines{}
	w := &wire{Conn: conn, calls: calls}
	call := calls.begin(t.Context())
	tell(call, t, w)
	if left := time.Until(conn.read); left < time.Second || left > time.Minute {
		t.Fatalf("the connection has %v left, want the limit", left)
	}
	call.interrupt()
	if !conn.read.Equal(past) || !conn.write.Equal(past) {
		t.Errorf("deadlines after the call was interrupted: %v, %v", conn.read, conn.write)
	}
	tell(call, t, w)
	if !conn.read.Equal(past) {
		t.Errorf("deadline that the interrupted call has set since: %v", conn.read)
	}
}

func TestInterruptSparesWhoeverHasTheConnectionNow(t *testing.T) {
	calls := &interruptibles{limit: time.Minute}
	for name, next := range map[string]func(w *wire) error{
		"another call": func(w *wire) error {
			deadline, _ := calls.begin(context.Background()).Deadline()
			return w.SetReadDeadline(deadline)
		},
		"a call that cannot be interrupted": func(w *wire) error { return w.SetReadDeadline(time.Now().Add(time.Minute)) },
		"nobody":                            func(w *wire) error { return w.SetDeadline(time.Time{}) },
	} {
		conn := &deadlines{}
		w := &wire{Conn: conn, calls: calls}
		call := calls.begin(t.Context())
		tell(call, t, w)
		if err := next(w); err != nil {
			t.Fatal(err)
		}
		call.interrupt()
		if conn.read.Equal(past) {
			t.Errorf("%s has the connection, and its deadline is over", name)
		}
	}
}

func TestInterruptibleKeepsTheCallersDeadline(t *testing.T) {
	calls := &interruptibles{limit: time.Minute}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	want, _ := ctx.Deadline()
	if got, _ := calls.begin(ctx).Deadline(); !got.Equal(want) {
		t.Errorf("Deadline() = %v, want %v", got, want)
	}
}

func TestInterruptiblesServeAgain(t *testing.T) {
	calls := &interruptibles{limit: time.Minute}
	first := calls.begin(t.Context())
	calls.end(first)
	if second := calls.begin(t.Context()); second != first {
		t.Error("one that is over was not used again")
	}
	calls.drop(first)
	deadline, _ := first.Deadline()
	if calls.byMark(deadline) != nil {
		t.Error("one that was dropped is still found")
	}
	for _, other := range []time.Time{{}, time.Now(), time.Now().UTC(), time.Now().In(time.FixedZone("", 1))} {
		if calls.byMark(other) != nil {
			t.Errorf("%v has the mark of a call", other)
		}
	}
}
