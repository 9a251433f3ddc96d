package redis

// Asking is how many round trips are under way for a site's mutexes.
func Asking(s *MutexSite) int {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	return s.wire.flights
}
