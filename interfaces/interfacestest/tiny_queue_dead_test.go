package interfacestest_test

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

func (s *tinyQueueSite) checkInspected(name string) error {
	if s.has("lets anything be inspected") {
		return nil
	}
	return s.checkName(name)
}

func (s *tinyQueueSite) GetDepth(_ context.Context, name string) (interfaces.QueueDepth, error) {
	var depth interfaces.QueueDepth
	if err := s.checkInspected(name); err != nil || s.has("counts nothing") {
		return depth, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queue(name)
	for _, m := range q.messages {
		switch {
		case m.owner != nil:
			depth.InFlight++
		case time.Now().Before(m.due):
			depth.Delayed++
		default:
			depth.Waiting++
		}
	}
	depth.Dead = len(q.dead)
	return depth, nil
}

func (s *tinyQueueSite) ListDead(_ context.Context, name string) iter.Seq2[interfaces.DeadLetter, error] {
	return func(yield func(interfaces.DeadLetter, error) bool) {
		if err := s.checkInspected(name); err != nil {
			yield(interfaces.DeadLetter{}, err)
			return
		}
		s.mu.Lock()
		dead := slices.Clone(s.queue(name).dead)
		s.mu.Unlock()
		for _, d := range dead {
			if !yield(d, nil) {
				return
			}
		}
	}
}

func (s *tinyQueueSite) RestoreDead(_ context.Context, name string, ids ...string) (int, error) {
	if err := s.checkInspected(name); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queue(name)
	found := q.find(ids)
	if len(q.messages)+len(found) > tinyLength && !s.has("restores more than there is room for") {
		return 0, interfaces.ErrFull
	}
	if !s.has("restores and keeps") {
		q.bury(ids)
	}
	for _, d := range found {
		m := &tinyMessage{Message: d.Message}
		m.ID = s.newID()
		if !s.has("restores with attempts") {
			m.Attempt = 0
		}
		q.messages = append(q.messages, m)
	}
	return len(found), nil
}

func (s *tinyQueueSite) DiscardDead(_ context.Context, name string, ids ...string) (int, error) {
	if err := s.checkInspected(name); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queue(name)
	found := q.find(ids)
	q.bury(ids)
	if s.has("discards everything") {
		q.dead = nil
	}
	return len(found), nil
}

// find gives the dead letters of ids.
func (q *tinyQueue) find(ids []string) []interfaces.DeadLetter {
	var found []interfaces.DeadLetter
	for _, d := range q.dead {
		if slices.Contains(ids, d.ID) {
			found = append(found, d)
		}
	}
	return found
}

// bury removes the dead letters of ids.
func (q *tinyQueue) bury(ids []string) {
	q.dead = slices.DeleteFunc(slices.Clone(q.dead), func(d interfaces.DeadLetter) bool {
		return slices.Contains(ids, d.ID)
	})
}
