package memory

// ring is a first-in-first-out buffer that grows and shrinks with what it
// holds.
type ring[T any] struct {
	slots []T // a power of two of them, or none
	head  int // where the oldest is
	size  int
}

const minRing = 16

func (r *ring[T]) push(v T) {
	if r.size == len(r.slots) {
		r.resize(max(minRing, 2*len(r.slots)))
	}
	r.slots[(r.head+r.size)&(len(r.slots)-1)] = v
	r.size++
}

func (r *ring[T]) pop() (v T, ok bool) {
	if r.size == 0 {
		return v, false
	}
	var zero T
	v, r.slots[r.head] = r.slots[r.head], zero
	r.head = (r.head + 1) & (len(r.slots) - 1)
	r.size--
	if len(r.slots) > minRing && r.size < len(r.slots)/8 {
		r.resize(len(r.slots) / 4)
	}
	return v, true
}

func (r *ring[T]) resize(n int) {
	slots := make([]T, n)
	copied := copy(slots, r.slots[r.head:min(r.head+r.size, len(r.slots))])
	copy(slots[copied:], r.slots[:r.size-copied])
	r.slots, r.head = slots, 0
}
