package redis

import (
	"context"
	"net"
	"strconv"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// settings is a Config boiled down to what a connection is made from. Those
// that are equal give the same connection. It holds the password as it is and
// must not be printed.
type settings struct {
	network  string // tcp or unix
	addr     string // host:port, several of them with commas, or a path
	db       int
	username string
	password string

	mode     string // one of those of Groups
	secure   TLS
	sentinel sentinelSettings
	cluster  clusterSettings

	Tuning
}

// settings returns what c means, or the errors of Validate.
func (c Config) settings() (settings, error) {
	if err := c.Validate(); err != nil {
		return settings{}, err
	}
	s := settings{
		network: "tcp", addr: net.JoinHostPort(c.Host, strconv.Itoa(c.Port)), db: c.DB,
		username: c.Username, password: c.Password.Reveal(), Tuning: c.Tuning,
		mode: c.mode(), secure: c.secure(),
		sentinel: sentinelSettings{master: c.MasterName, username: c.SentinelUsername, password: c.SentinelPassword.Reveal()},
		cluster: clusterSettings{
			redirects: c.MaxRedirects, replicas: c.ReadOnly, byLatency: c.RouteByLatency, randomly: c.RouteRandomly,
		},
	}

	switch c.way() {
	case byAddrs:
		s.addr = joinAddrs(c.Addrs)
	case byPath:
		s.network, s.addr = "unix", c.UnixSocketPath
	case byURL:
		target, err := parseURL(c.URL.Reveal())
		if err != nil {
			return settings{}, err
		}
		s.network, s.addr, s.db = target.network, target.addr, target.db
		s.username, s.password = target.username, target.password
		s.secure.Enabled = s.secure.Enabled || target.secure
	}
	if c.SocketConnectTimeout > 0 {
		s.DialTimeout = c.SocketConnectTimeout
	}
	if c.SocketTimeout > 0 {
		s.ReadTimeout, s.WriteTimeout = c.SocketTimeout, c.SocketTimeout
	}
	if c.MaxConnections > 0 {
		s.PoolSize = c.MaxConnections
	}
	return s, nil
}

// place names the server in messages.
func (s settings) place() string {
	place := s.addr
	if s.mode == modeSentinel {
		place = s.sentinel.master + " of " + place
	}
	if s.db != 0 {
		place += "/" + strconv.Itoa(s.db)
	}
	return place
}

// options returns the options of a client that does not retry by itself: it
// could not tell what may be done twice. ctx ends what is being dialled.
func (s settings) options(ctx context.Context, calls *interruptibles) *goredis.UniversalOptions {
	return &goredis.UniversalOptions{
		Addrs: s.addrs(), DB: s.db, Username: s.username, Password: s.password,
		ClientName: s.ClientName, Protocol: s.Protocol,
		DisableIdentity: s.DisableIdentity, IdentitySuffix: s.IdentitySuffix,
		Dialer: s.dialer(ctx, calls), DialTimeout: s.DialTimeout, DialerRetries: 1,
		ReadTimeout: s.ReadTimeout + deadlineSlack, WriteTimeout: s.WriteTimeout + deadlineSlack,
		ContextTimeoutEnabled: true, MaxRetries: -1,
		PoolSize: s.PoolSize, PoolTimeout: s.PoolTimeout, PoolFIFO: s.PoolFIFO,
		MinIdleConns: s.MinIdleConns, MaxIdleConns: s.MaxIdleConns, MaxActiveConns: s.MaxActiveConns,
		MaxConcurrentDials: s.MaxConcurrentDials, ConnMaxIdleTime: s.ConnMaxIdleTime,
		ConnMaxLifetime: s.ConnMaxLifetime, ConnMaxLifetimeJitter: s.ConnMaxLifetimeJitter,
		ReadBufferSize: s.ReadBufferSize, WriteBufferSize: s.WriteBufferSize,
		PipelinePoolSize:       s.PipelinePoolSize,
		PipelineReadBufferSize: s.PipelineReadBufferSize, PipelineWriteBufferSize: s.PipelineWriteBufferSize,
		// It would look the server's name up before there is a client.
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// probeOptions are those of the client that asks whether the server is there.
// It has one connection of its own, so that it waits for nobody.
func (s settings) probeOptions(ctx context.Context, calls *interruptibles) *goredis.UniversalOptions {
	o := s.options(ctx, calls)
	o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns, o.MaxConcurrentDials = 1, 0, 1, 0, 1
	o.ReadBufferSize, o.WriteBufferSize, o.PipelinePoolSize = 4096, 4096, -1
	return o
}

// blockingOptions are those of the client for calls that wait at the server.
// Each of them holds a connection for as long, so there may be many.
func (s settings) blockingOptions(ctx context.Context, calls *interruptibles) *goredis.UniversalOptions {
	const connections = 10_000
	o := s.options(ctx, calls)
	o.PoolSize, o.MinIdleConns, o.MaxActiveConns, o.PipelinePoolSize = connections, 0, 0, -1
	return o
}
