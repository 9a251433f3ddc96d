package redis

import "time"

// ForgetConsumersAfter changes how long a consumer that died is remembered.
func ForgetConsumersAfter(s *QueueSite, d time.Duration) { s.forget = d }
