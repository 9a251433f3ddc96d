package redis

import "time"

// SetClusterReload says how often a Cluster is asked who has which keys where
// there is no reason to. It is for before there are clients.
func SetClusterReload(d time.Duration) { clusterReload = d }
