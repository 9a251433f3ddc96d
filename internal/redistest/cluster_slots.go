package redistest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Slot returns the slot of key: of what stands between its first { and the
// next }, if that is anything, else of all of it.
func Slot(key string) int {
	if begin := strings.IndexByte(key, '{'); begin >= 0 {
		if length := strings.IndexByte(key[begin+1:], '}'); length > 0 {
			key = key[begin+1 : begin+1+length]
		}
	}

	// CRC-16 as XMODEM has it.
	var sum uint16
	for i := range len(key) {
		sum ^= uint16(key[i]) << 8
		for range 8 {
			carry := sum&0x8000 != 0
			sum <<= 1
			if carry {
				sum ^= 0x1021
			}
		}
	}
	return int(sum) % clusterSlots
}

// SlotMove is one slot on its way from a master to another: meanwhile keys that
// have left are answered with ASK.
type SlotMove struct {
	cluster      *Cluster
	slot         int
	from, to     *Node
	fromID, toID string
}

// BeginMove starts to move slot to the master to. It may be called from any
// goroutine, as may the methods of what it returns.
func (c *Cluster) BeginMove(ctx context.Context, slot int, from, to *Node) (*SlotMove, error) {
	fromID, err := from.client.ClusterMyID(ctx).Result()
	if err != nil {
		return nil, err
	}
	toID, err := to.client.ClusterMyID(ctx).Result()
	if err != nil {
		return nil, err
	}
	m := &SlotMove{cluster: c, slot: slot, from: from, to: to, fromID: fromID, toID: toID}
	if err := m.set(ctx, to, "IMPORTING", fromID); err != nil {
		return nil, err
	}
	return m, m.set(ctx, from, "MIGRATING", toID)
}

// Keys moves up to n of the keys that have not left yet, and returns how many
// it has moved.
func (m *SlotMove) Keys(ctx context.Context, n int) (int, error) {
	keys, err := m.from.client.ClusterGetKeysInSlot(ctx, m.slot, n).Result()
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	args := []any{"MIGRATE", "127.0.0.1", m.to.port.number, "", 0, patience.Milliseconds(), "REPLACE"}
	if secret := m.cluster.secret; secret != "" {
		args = append(args, "AUTH2", adminName, secret)
	}
	args = append(args, "KEYS")
	for _, key := range keys {
		args = append(args, key)
	}
	return len(keys), m.from.client.Do(ctx, args...).Err()
}

// Finish moves what is left and gives the slot to its new master.
func (m *SlotMove) Finish(ctx context.Context) error {
	for {
		n, err := m.Keys(ctx, 100)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}

	// The new owner first, or for a moment nobody is; then all the others, for
	// gossip takes its time.
	for _, n := range append([]*Node{m.to, m.from}, m.cluster.nodes...) {
		if !n.up() {
			continue
		}
		err := m.set(ctx, n, "NODE", m.toID)
		if err != nil && !isReplicaRefusal(err) {
			return err
		}
	}
	return nil
}

// MoveSlots moves slots from one master to another, one after the other. It
// may be called from any goroutine.
func (c *Cluster) MoveSlots(ctx context.Context, from, to *Node, slots ...int) error {
	for _, slot := range slots {
		move, err := c.BeginMove(ctx, slot, from, to)
		if err != nil {
			return err
		}
		if err := move.Finish(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Slots returns the slots that master holds now.
func (c *Cluster) Slots(t testing.TB, master *Node) []int {
	t.Helper()
	var slots []int
	for _, m := range c.shape(t) {
		if m.node != master {
			continue
		}
		for _, r := range m.slots {
			for slot := r.first; slot <= r.last; slot++ {
				slots = append(slots, slot)
			}
		}
	}
	return slots
}

func (m *SlotMove) set(ctx context.Context, at *Node, args ...any) error {
	args = append([]any{"CLUSTER", "SETSLOT", m.slot}, args...)
	if err := at.client.Do(ctx, args...).Err(); err != nil {
		return fmt.Errorf("%s: moving slot %d: %w", at.name, m.slot, err)
	}
	return nil
}

// settleMoves finishes or takes back what a test has left half moved. Keys that
// have left stay where they are, out of reach: the rig is emptied after that.
func (c *Cluster) settleMoves(ctx context.Context) error {
	views, err := c.views(ctx)
	if err != nil {
		return err
	}

	for n, v := range views {
		e := v.at(n.Addr())
		if e == nil || !e.moving {
			continue
		}

		text, err := n.client.ClusterNodes(ctx).Result()
		if err != nil {
			return err
		}

		for field := range strings.FieldsSeq(text) {
			if !strings.HasPrefix(field, "[") {
				continue
			}
			slot, _, _ := strings.Cut(strings.TrimPrefix(field, "["), "-")

			err := n.client.Do(ctx, "CLUSTER", "SETSLOT", slot, "STABLE").Err()
			if err != nil && !isReplicaRefusal(err) {
				return err
			}
		}
	}
	return nil
}

func isReplicaRefusal(err error) bool {
	var refusal redis.Error
	return errors.As(err, &refusal) && strings.Contains(err.Error(), "only with masters")
}
