package redis

import "time"

// SetClusterReload says how often a Cluster is asked who has which keys where
// there is no reason to. It is for before there are clients.
func SetClusterReload(d time.Duration) { clusterReload = d }

// SetFirstProbe says how long a server may take to answer before it is taken
// for out of order. It is for before there are clients.
func SetFirstProbe(d time.Duration) { firstProbe = d }
