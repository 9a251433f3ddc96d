package redis_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/redis"
)

func TestConfigValidate(t *testing.T) {
	const secret = "s3cret"
	for _, test := range []struct {
		name   string
		change func(c *redis.CacheConfig)
		want   []string // keys at fault, in order, each with a word of its message
	}{
		{"defaults", func(*redis.CacheConfig) {}, nil},
		{"host and port", func(c *redis.CacheConfig) { c.Host, c.Port, c.DB = "redis.example.com", 6380, 15 }, nil},
		{"ipv6", func(c *redis.CacheConfig) { c.Host = "::1" }, nil},
		{"empty password", func(c *redis.CacheConfig) { c.Password = component.NewSecret("") }, nil},
		{"port 0", func(c *redis.CacheConfig) { c.Port = 0 }, []string{"port: 0 is less than 1"}},
		{"port -1", func(c *redis.CacheConfig) { c.Port = -1 }, []string{"port: -1 is less than 1"}},
		{"port 70000", func(c *redis.CacheConfig) { c.Port = 70000 }, []string{"port: 70000 is more than 65535"}},
		{"no host", func(c *redis.CacheConfig) { c.Host = "" }, []string{"host: is empty"}},
		{"negative db", func(c *redis.CacheConfig) { c.DB = -1 }, []string{"db: -1 is less than 0"}},
		{"negative duration", func(c *redis.CacheConfig) { c.ReadTimeout = -time.Second }, []string{"read_timeout: -1s is negative"}},
		{"no time-out", func(c *redis.CacheConfig) { c.DialTimeout = 0 }, []string{"dial_timeout: 0s is less than 1ms"}},
		{"nanoseconds", func(c *redis.CacheConfig) { c.WriteTimeout = 5 }, []string{"write_timeout: 5ns is less than 1ms"}},
		{"negative idle time", func(c *redis.CacheConfig) { c.ConnMaxIdleTime = -1 }, []string{"conn_max_idle_time: -1ns is negative"}},
		{"negative pool", func(c *redis.CacheConfig) { c.PoolSize = -1 }, []string{"pool_size: -1 is less than 0"}},
		{"protocol 4", func(c *redis.CacheConfig) { c.Protocol = 4 }, []string{"protocol: 4 is more than 3"}},
		{"back-off", func(c *redis.CacheConfig) { c.MinRetryBackoff = time.Minute }, []string{"max_retry_backoff: 512ms is less than the min_retry_backoff"}},
		{"long prefix", func(c *redis.CacheConfig) { c.KeyPrefix = strings.Repeat("p", 1025) }, []string{"key_prefix: has 1025 bytes"}},
		{"several at once", func(c *redis.CacheConfig) { c.Port, c.DB, c.MaxRetries = 0, -1, -1 }, []string{"port: ", "db: ", "max_retries: "}},

		{"url", func(c *redis.CacheConfig) { c.URL = component.NewSecret("redis://user:" + secret + "@host:1/2") }, nil},
		{"url of a socket", func(c *redis.CacheConfig) {
			c.URL = component.NewSecret("unix://user:" + secret + "@/run/redis.sock?db=1")
		}, nil},
		{"url and host", func(c *redis.CacheConfig) { c.URL, c.Host = component.NewSecret("redis://h"), "other" }, []string{"host: stands beside url"}},
		{"url and all", func(c *redis.CacheConfig) {
			c.URL, c.Host, c.Port, c.DB = component.NewSecret("redis://h"), "other", 1, 1
			c.Username, c.Password, c.UnixSocketPath = "u", component.NewSecret(secret), "/x"
		}, []string{"host: ", "port: ", "db: ", "username: ", "password: ", "unix_socket_path: "}},
		{"no url", func(c *redis.CacheConfig) { c.URL = component.NewSecret("redis://:" + secret + "%zz@h") }, []string{"url: is not a URL"}},
		{"scheme", func(c *redis.CacheConfig) { c.URL = component.NewSecret("http://:" + secret + "@h") }, []string{"url: begins with neither"}},
		{"url with a bad port", func(c *redis.CacheConfig) { c.URL = component.NewSecret("redis://:" + secret + "@h:70000") }, []string{"url: has a port"}},
		{"url with a bad database", func(c *redis.CacheConfig) { c.URL = component.NewSecret("redis://:" + secret + "@h/x") }, []string{"url: has a database"}},
		{"url with two databases", func(c *redis.CacheConfig) { c.URL = component.NewSecret("redis://h/1?db=2") }, []string{"url: has the database twice"}},
		{"url with parameters", func(c *redis.CacheConfig) { c.URL = component.NewSecret("redis://h?password=" + secret) }, []string{"url: has parameters"}},
		{"url without a path", func(c *redis.CacheConfig) { c.URL = component.NewSecret("unix://redis.sock") }, []string{"url: needs an absolute path"}},

		{"socket", func(c *redis.CacheConfig) { c.UnixSocketPath = "/run/redis.sock" }, nil},
		{"socket and host", func(c *redis.CacheConfig) { c.UnixSocketPath, c.Host = "/run/redis.sock", "other" }, []string{"host: stands beside unix_socket_path"}},

		{"redis-py's names", func(c *redis.CacheConfig) {
			c.SocketConnectTimeout, c.SocketTimeout, c.MaxConnections = time.Second, time.Second, 5
		}, nil},
		{"the same twice", func(c *redis.CacheConfig) {
			c.SocketConnectTimeout, c.DialTimeout = time.Second, time.Minute
			c.MaxConnections, c.PoolSize = 1, 2
		}, []string{"socket_connect_timeout: means the same as dial_timeout", "max_connections: means the same as pool_size"}},
		{"negative socket_timeout", func(c *redis.CacheConfig) { c.SocketTimeout = -time.Second }, []string{"socket_timeout: -1s is negative"}},
		{"decode_responses", func(c *redis.CacheConfig) { c.DecodeResponses = true }, []string{"decode_responses: values are bytes"}},

		{"TLS twice", func(c *redis.CacheConfig) { c.SSL, c.SSLCACerts, c.CA = true, "ca.pem", "ca.pem" }, []string{"ssl_ca_certs: means the same as tls_ca, which is given too"}},
		{"TLS that is off", func(c *redis.CacheConfig) { c.ServerName = "n" }, []string{"tls: is off, but there are keys that say how it should be: say tls: true, or rediss:// in url"}},
		{"certificate without key", func(c *redis.CacheConfig) { c.Enabled, c.Cert = true, "c.pem" }, []string{"tls_cert: a certificate and its key go together"}},
		{"certificate in place of its file", func(c *redis.CacheConfig) {
			c.Enabled, c.Cert, c.Key = true, "c.pem", "-----BEGIN PRIVATE KEY-----\n"+secret
		}, []string{"tls_key: is the name of a file, not what stands in it"}},
		{"certificates not asked for", func(c *redis.CacheConfig) { c.SSL, c.SSLCertReqs = true, "maybe" }, []string{`ssl_cert_reqs: "maybe" is none of none, optional and required`}},
		{"any name", func(c *redis.CacheConfig) { c.SSL, c.SSLCheckHostname = true, false }, []string{"ssl_check_hostname: a certificate for another name can be from anybody: say tls_server_name, which name it is for"}},
		{"TLS on a path", func(c *redis.CacheConfig) { c.UnixSocketPath, c.Enabled = "/r", true }, []string{"tls: cannot be on a unix socket"}},
		{"SSL on a path", func(c *redis.CacheConfig) { c.UnixSocketPath, c.SSL = "/r", true }, []string{"ssl: cannot be on a unix socket"}},
		{"database of a cluster", func(c *redis.CacheConfig) { c.Addrs, c.DB = []string{"a:1", "b:2"}, 1 }, []string{"db: database 1 cannot be: a cluster has only database 0"}},
		{"database of a cluster in url", func(c *redis.CacheConfig) { c.Mode, c.URL = "cluster", component.NewSecret("redis://h/2") }, []string{"url: database 2 cannot be: a cluster has only database 0"}},
		{"unknown mode", func(c *redis.CacheConfig) { c.Mode = "ring" }, []string{`mode: "ring" is none of single, sentinel and cluster`}},
		{"several addresses of one", func(c *redis.CacheConfig) { c.Mode, c.Addrs = "single", []string{"a:1", "b:2"} }, []string{"addrs: has 2 elements, but mode is single"}},
		{"address without port", func(c *redis.CacheConfig) { c.Addrs = []string{"a:1", "b"} }, []string{"addrs[1]: is not host:port"}},
		{"addresses that are none", func(c *redis.CacheConfig) { c.Addrs = []string{"a", "u:" + secret + "@b:1", ":1", "c:0", "d:1"} }, []string{
			"addrs[0]: is not host:port", "addrs[1]: is not host:port", "addrs[2]: is not host:port", "addrs[3]: is not host:port",
		}},
		{"URL as host", func(c *redis.CacheConfig) { c.Host = "redis://u:" + secret + "@h:6379" }, []string{"host: is not a host: a URL stands under the key url"}},
		{"password in host", func(c *redis.CacheConfig) { c.Host = "u:" + secret + "@h" }, []string{"host: is not a host: a URL stands under the key url"}},
		{"path as host", func(c *redis.CacheConfig) { c.Host = "/run/redis.sock" }, []string{"host: is not a host: the path of a socket stands under the key unix_socket_path"}},
		{"port in host", func(c *redis.CacheConfig) { c.Host = "h:6379" }, []string{"host: is a host with a port, which stands under the key port"}},
		{"brackets in host", func(c *redis.CacheConfig) { c.Host = "[::1]" }, []string{"host: is neither the name of a host nor an address"}},
		{"space in host", func(c *redis.CacheConfig) { c.Host = "my host" }, []string{"host: is neither the name of a host nor an address"}},
		{"address of IPv6 as host", func(c *redis.CacheConfig) { c.Host = "::1" }, nil},
		{"addrs and host", func(c *redis.CacheConfig) { c.Addrs, c.Host = []string{"a:1", "b:2"}, "h" }, []string{"host: stands beside addrs, which name the servers by themselves"}},
		{"addrs and url", func(c *redis.CacheConfig) { c.Addrs, c.URL = []string{"a:1"}, component.NewSecret("redis://h") }, []string{"addrs: stands beside url, which names the server by itself"}},
		{"sentinels without a name", func(c *redis.CacheConfig) { c.Mode, c.Addrs = "sentinel", []string{"a:1"} }, []string{"master_name: is missing: sentinels ask for the name of the master"}},
		{"master name of a cluster", func(c *redis.CacheConfig) { c.Mode, c.MasterName, c.Addrs = "cluster", "m", []string{"a:1"} }, []string{"master_name: means something in mode sentinel only, and mode is cluster"}},
		{"password of sentinels", func(c *redis.CacheConfig) { c.SentinelPassword = component.NewSecret("p") }, []string{"sentinel_password: means something in mode sentinel only, and mode is single"}},
		{"replicas of one server", func(c *redis.CacheConfig) { c.ReadOnly = true }, []string{"read_only: means something in mode cluster only, and mode is single"}},
		{"two routes", func(c *redis.CacheConfig) { c.Mode, c.RouteByLatency, c.RouteRandomly = "cluster", true, true }, []string{"route_randomly: cannot be beside route_by_latency"}},
		{"cluster on a path", func(c *redis.CacheConfig) { c.Mode, c.UnixSocketPath = "cluster", "/r" }, []string{"unix_socket_path: cannot be beside mode cluster, whose servers are reached by host and port"}},
		{"Sentinel", func(c *redis.CacheConfig) {
			c.MasterName, c.SentinelPassword, c.DB = "main", component.NewSecret(secret), 1
		}, nil},
		{"Cluster", func(c *redis.CacheConfig) { c.Mode = "cluster" }, nil},
		{"Cluster with TLS in url", func(c *redis.CacheConfig) {
			c.Mode, c.URL, c.ServerName = "cluster", component.NewSecret("rediss://h"), "n"
		}, nil},
		{"a single server", func(c *redis.CacheConfig) { c.Mode = "single" }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := redis.DefaultCacheConfig()
			test.change(&c)
			err := c.Validate()
			got := keyErrors(err)
			if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
				t.Errorf("Validate() = %q, want %q", got, test.want)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("Validate() repeats the secret: %v", err)
			}
			if cache, newErr := redis.NewCache(t.Context(), nil, c); (newErr == nil) != (err == nil) {
				t.Errorf("NewCache: %v, but Validate: %v", newErr, err)
			} else if cache != nil {
				if err := cache.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// keyErrors lists what was joined in an error of Validate.
func keyErrors(err error) (texts []string) {
	if key := (component.KeyError{}); err != nil {
		joined, ok := err.(interface{ Unwrap() []error })
		switch {
		case ok:
			for _, err := range joined.Unwrap() {
				texts = append(texts, keyErrors(err)...)
			}
		case errors.As(err, &key):
			texts = []string{key.Error()}
		default:
			texts = []string{"no KeyError: " + err.Error()}
		}
	}
	return texts
}

func TestTLSFilesThatAreNotThere(t *testing.T) {
	for key, change := range map[string]func(*redis.CacheConfig){
		"tls_ca":   func(c *redis.CacheConfig) { c.CA = "none.pem" },
		"tls_cert": func(c *redis.CacheConfig) { c.Cert, c.Key = "none.pem", "none.pem" },

		"ssl_ca_certs": func(c *redis.CacheConfig) { c.SSLCACerts = "none.pem" },
		"ssl_certfile": func(c *redis.CacheConfig) { c.SSLCertfile, c.SSLKeyfile = "none.pem", "none.pem" },
		"ssl_keyfile":  func(c *redis.CacheConfig) { c.Cert, c.SSLKeyfile = "config_test.go", "none.pem" },
	} {
		c := redis.DefaultCacheConfig()
		c.Enabled = true
		change(&c)
		_, err := redis.NewCache(t.Context(), nil, c)
		want := key + `: the file "none.pem" cannot be read: no such file or directory`
		if err == nil || err.Error() != want {
			t.Errorf("NewCache = %v, want %s", err, want)
		}
	}
}
