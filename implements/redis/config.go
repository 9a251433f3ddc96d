package redis

import (
	"time"

	"github.com/fivcglue/fivcglue-go/component"
)

// Config says how to reach a Redis server. Start from DefaultConfig: the zero
// Config has no port and no time-outs and is not valid.
//
// The server is named in one of four ways: Host and Port, URL, UnixSocketPath,
// or Addrs, which may be several.
type Config struct {
	Host string `mapstructure:"host" doc:"name or address of the server"`
	Port int    `mapstructure:"port" doc:"port of the server" min:"1" max:"65535"`
	DB   int    `mapstructure:"db"   doc:"number of the database" min:"0"`

	Username string           `mapstructure:"username" doc:"user of the server's ACL; without it the default user"`
	Password component.Secret `mapstructure:"password" doc:"password; an empty one is none"`

	// URL is redis://user:password@host:port/db, rediss:// with TLS, or
	// unix://user:password@/path?db=1. It stands in place of the keys above,
	// not beside them.
	URL component.Secret `mapstructure:"url" doc:"redis://user:password@host:port/db, rediss:// for TLS, or unix:// and a path, in place of host, port, db, username and password"`

	UnixSocketPath string `mapstructure:"unix_socket_path" doc:"path of the server's unix socket, in place of host and port"`

	Tuning  `mapstructure:",squash"`
	PyNames `mapstructure:",squash"`
	Groups  `mapstructure:",squash"`
	TLS     `mapstructure:",squash"`

	// given is what stood here before the keys of an item were decoded over
	// it, so that an item can be told from the session below it. Nil means
	// the defaults.
	given *Config
}

// Tuning is how a client goes about its work, with the names and meanings that
// they have in go-redis unless it says otherwise here. Zero is go-redis's own
// default where a field does not have another.
type Tuning struct {
	ClientName      string `mapstructure:"client_name"      doc:"name of the connections, as CLIENT LIST shows it"`
	Protocol        int    `mapstructure:"protocol"         doc:"version of the Redis protocol, 2 or 3" min:"2" max:"3"`
	DisableIdentity bool   `mapstructure:"disable_identity" doc:"whether the server is not told the name of this library"`
	IdentitySuffix  string `mapstructure:"identity_suffix"  doc:"what is added to the name of this library as the server is told it"`

	DialTimeout  time.Duration `mapstructure:"dial_timeout"  doc:"how long connecting may take"`
	ReadTimeout  time.Duration `mapstructure:"read_timeout"  doc:"how long the server may take to answer; a caller's deadline may be shorter"`
	WriteTimeout time.Duration `mapstructure:"write_timeout" doc:"how long sending may take"`

	// MaxRetries counts attempts after the first, of what may be done twice:
	// a read, a write of a value. Others are repeated only if the server
	// cannot have seen them.
	MaxRetries      int           `mapstructure:"max_retries"       doc:"how often a call that may be done twice is tried again; 0 is never" min:"0" max:"100"`
	MinRetryBackoff time.Duration `mapstructure:"min_retry_backoff" doc:"the wait before the second attempt; it doubles with each further one, less up to a half of it at random"`
	MaxRetryBackoff time.Duration `mapstructure:"max_retry_backoff" doc:"the longest wait between attempts"`

	PoolSize              int           `mapstructure:"pool_size"                doc:"how many connections there are at most; 0 is 10 for each processor" min:"0" max:"100000"`
	PoolTimeout           time.Duration `mapstructure:"pool_timeout"             doc:"how long a call waits for a connection; 0 is a second more than read_timeout"`
	PoolFIFO              bool          `mapstructure:"pool_fifo"                doc:"whether the connection that was idle longest is used first"`
	MinIdleConns          int           `mapstructure:"min_idle_conns"           doc:"how many idle connections are kept open at least" min:"0" max:"100000"`
	MaxIdleConns          int           `mapstructure:"max_idle_conns"           doc:"how many idle connections are kept open at most; 0 is no limit" min:"0" max:"100000"`
	MaxActiveConns        int           `mapstructure:"max_active_conns"         doc:"how many connections are open at a time; 0 is no limit but pool_size" min:"0" max:"100000"`
	MaxConcurrentDials    int           `mapstructure:"max_concurrent_dials"     doc:"how many connections are being opened at a time; 0 is pool_size" min:"0" max:"100000"`
	ConnMaxIdleTime       time.Duration `mapstructure:"conn_max_idle_time"       doc:"how long a connection may be idle before it is closed; 0 is 30 minutes"`
	ConnMaxLifetime       time.Duration `mapstructure:"conn_max_lifetime"        doc:"how long a connection is used; 0 is for ever"`
	ConnMaxLifetimeJitter time.Duration `mapstructure:"conn_max_lifetime_jitter" doc:"by how much conn_max_lifetime varies from connection to connection"`

	ReadBufferSize          int `mapstructure:"read_buffer_size"           doc:"bytes that a connection reads at once; 0 is 32 KiB" min:"0" max:"1073741824"`
	WriteBufferSize         int `mapstructure:"write_buffer_size"          doc:"bytes that a connection writes at once; 0 is 32 KiB" min:"0" max:"1073741824"`
	PipelinePoolSize        int `mapstructure:"pipeline_pool_size"         doc:"how many connections are kept for batches; 0 is 10" min:"0" max:"100000"`
	PipelineReadBufferSize  int `mapstructure:"pipeline_read_buffer_size"  doc:"bytes that a connection for batches reads at once; 0 is 128 KiB" min:"0" max:"1073741824"`
	PipelineWriteBufferSize int `mapstructure:"pipeline_write_buffer_size" doc:"bytes that a connection for batches writes at once; 0 is 128 KiB" min:"0" max:"1073741824"`

	// HealthCheckInterval is a name of redis-py's with a like meaning.
	HealthCheckInterval time.Duration `mapstructure:"health_check_interval" doc:"how often a server that is in order is asked whether it still is; 0 is only when a call gives reason"`
	RetryOnTimeout      bool          `mapstructure:"retry_on_timeout"      doc:"whether a call that timed out is tried again, as others are that failed"`
	SocketKeepalive     bool          `mapstructure:"socket_keepalive"      doc:"whether the system looks after idle connections (TCP keep-alive)"`
}

// PyNames are what files of the Python original hold beside the names of
// Tuning. Each means the same as one of those, and may not stand beside it.
type PyNames struct {
	SocketConnectTimeout time.Duration `mapstructure:"socket_connect_timeout" doc:"the same as dial_timeout"`
	SocketTimeout        time.Duration `mapstructure:"socket_timeout"         doc:"the same as read_timeout and write_timeout"`
	MaxConnections       int           `mapstructure:"max_connections"        doc:"the same as pool_size" min:"0" max:"100000"`
	DecodeResponses      bool          `mapstructure:"decode_responses"       doc:"only false: values are bytes"`

	SSL              bool   `mapstructure:"ssl"                doc:"the same as tls"`
	SSLCACerts       string `mapstructure:"ssl_ca_certs"       doc:"the same as tls_ca"`
	SSLCertfile      string `mapstructure:"ssl_certfile"       doc:"the same as tls_cert"`
	SSLKeyfile       string `mapstructure:"ssl_keyfile"        doc:"the same as tls_key"`
	SSLCertReqs      string `mapstructure:"ssl_cert_reqs"      doc:"none is the same as tls_insecure_skip_verify; optional and required look at the server's certificate" enum:"none,optional,required"`
	SSLCheckHostname bool   `mapstructure:"ssl_check_hostname" doc:"only true: a certificate that is looked at has to be for the server's name"`
}

// DefaultConfig returns the configuration for a server on this machine without
// a password: localhost, port 6379, database 0, time-outs of 5 seconds.
func DefaultConfig() Config {
	return Config{
		Host: "localhost",
		Port: 6379,
		Tuning: Tuning{
			Protocol:        3,
			DialTimeout:     5 * time.Second,
			ReadTimeout:     5 * time.Second,
			WriteTimeout:    5 * time.Second,
			MaxRetries:      3,
			MinRetryBackoff: 8 * time.Millisecond,
			MaxRetryBackoff: 512 * time.Millisecond,
			SocketKeepalive: true,
		},
		PyNames: PyNames{SSLCheckHostname: true},
	}
}
