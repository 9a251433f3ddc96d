package redis

import "time"

// watchCluster has all nodes asked at the beginning, and whenever a caller has
// waited in vain without an error that names one. Those that are out of order
// have somebody who goes on asking.
func (l *link) watchCluster() {
	l.nodes.doubtAll()
	var again <-chan time.Time
	if l.settings.HealthCheckInterval > 0 {
		ticker := time.NewTicker(l.settings.HealthCheckInterval)
		defer ticker.Stop()
		again = ticker.C
	}
	for {
		select {
		case <-again:
		case <-l.suspect:
		case <-l.ctx.Done():
			return
		}
		l.nodes.doubtAll()
		l.nodes.rest(doubtPause)
	}
}
