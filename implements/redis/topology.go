package redis

import (
	"context"
	"net"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// sentinelSettings is what is said to Sentinels.
type sentinelSettings struct{ master, username, password string }

// clusterSettings is what goes for a Cluster alone.
type clusterSettings struct {
	redirects                     int
	replicas, byLatency, randomly bool
}

// clusterReload is how often a Cluster is asked who has which keys, beside when
// there is reason to. go-redis by itself would ask once a minute, and not when
// a node is lost. Recovery does not rest on it: tests have it be an hour.
var clusterReload = 10 * time.Second

// joinAddrs makes one comparable value of several addresses.
func joinAddrs(addrs []string) string {
	trimmed := make([]string, len(addrs))
	for i, addr := range addrs {
		trimmed[i] = strings.TrimSpace(addr)
	}
	return strings.Join(trimmed, ",")
}

// addrs returns the addresses that were configured.
func (s settings) addrs() []string {
	if s.network == "unix" {
		return []string{s.addr}
	}
	return strings.Split(s.addr, ",")
}

// open makes a client of the kind that the settings ask for. main is the one
// that calls are made with, whose commands must not be sent twice by go-redis.
func (l *link) open(o *goredis.UniversalOptions, main bool) goredis.UniversalClient {
	dial := tied(l.settings.secureDialer(l.ctx, l.calls, l.secure))
	switch l.settings.mode {
	case modeCluster:
		o.Dialer = l.nodes.guard(dial, main)
		return goredis.NewClusterClient(l.clusterOptions(o))
	case modeSentinel:
		o.Dialer = l.nodes.guardSome(dial, l.settings.addrs())
		o.MasterName = l.settings.sentinel.master
		o.SentinelUsername, o.SentinelPassword = l.settings.sentinel.username, l.settings.sentinel.password
		client := goredis.NewFailoverClient(o.Failover())
		client.AddHook(patientPool{})
		return client
	default:
		o.Dialer = dial
		return goredis.NewClient(o.Simple())
	}
}

// patientPool keeps from the pool of a client that there is no master known to
// connect to, as dialer does that a server cannot be reached.
type patientPool struct{}

// DialHook implements goredis.Hook.
func (patientPool) DialHook(next goredis.DialHook) goredis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := next(ctx, network, addr)
		if err != nil {
			return noConn{dialError{err}}, nil //nolint:nilerr // as with connections that could not be made
		}
		return conn, nil
	}
}

// ProcessHook implements goredis.Hook.
func (patientPool) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook { return next }

// ProcessPipelineHook implements goredis.Hook.
func (patientPool) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return next
}

func (l *link) clusterOptions(o *goredis.UniversalOptions) *goredis.ClusterOptions {
	c := l.settings.cluster
	o.MaxRedirects = c.redirects
	o.ReadOnly, o.RouteByLatency, o.RouteRandomly = c.replicas, c.byLatency, c.randomly
	options := o.Cluster()
	options.ClusterStateReloadInterval = clusterReload
	options.MinRetryBackoff, options.MaxRetryBackoff = -1, -1 // to wait is our affair

	// No command of ours is for several nodes; to find that out go-redis would
	// ask a node for the description of all commands.
	options.DisableRoutingPolicies = true
	return options
}
