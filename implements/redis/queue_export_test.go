package redis

import "time"

// ForgetConsumersAfter changes how long a consumer that died is remembered.
func ForgetConsumersAfter(s *QueueSite, d time.Duration) { s.forget = d }

// Waiting is how many calls of Produce wait for the one before them.
func Waiting(s *QueueSite, name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if box := s.outboxes[name]; box != nil {
		return len(box.waiting)
	}
	return 0
}
