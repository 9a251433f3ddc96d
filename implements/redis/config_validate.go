package redis

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
)

// minTimeout is the shortest time-out that is no mistake.
const minTimeout = time.Millisecond

// Validate joins a component.KeyError for each key that is wrong. No message
// holds a password or a URL.
func (c Config) Validate() error {
	v := &validation{}
	eachField(&c, func(key string, field reflect.StructField, value reflect.Value) {
		v.limits(key, field, value)
	})
	v.way(c)
	v.timeouts(c)
	v.redisPy(c)
	v.groups(c)
	v.tls(c)
	return errors.Join(v.problems...)
}

type validation struct {
	problems []error
	seen     map[string]bool
}

// check notes the first problem of each key.
func (v *validation) check(ok bool, key, format string, args ...any) {
	if ok || v.seen[key] {
		return
	}
	if v.seen == nil {
		v.seen = map[string]bool{}
	}
	v.seen[key] = true
	v.problems = append(v.problems, component.KeyError{Key: key, Err: fmt.Errorf(format, args...)})
}

// limits holds a field to the limits in its tags, and durations to zero at
// least.
func (v *validation) limits(key string, field reflect.StructField, value reflect.Value) {
	if d, ok := value.Interface().(time.Duration); ok {
		v.check(d >= 0, key, "%v is negative", d)
		return
	}
	if !value.CanInt() {
		return
	}
	if limit, err := strconv.ParseInt(field.Tag.Get("min"), 10, 64); err == nil {
		v.check(value.Int() >= limit, key, "%d is less than %d", value.Int(), limit)
	}
	if limit, err := strconv.ParseInt(field.Tag.Get("max"), 10, 64); err == nil {
		v.check(value.Int() <= limit, key, "%d is more than %d", value.Int(), limit)
	}
}

// way checks how the server is named.
func (v *validation) way(c Config) {
	base := c.base()
	if c.changedURL(base) {
		const message = "stands beside url, which names the server by itself"
		v.check(c.Host == base.Host, "host", message)
		v.check(c.Port == base.Port, "port", message)
		v.check(c.DB == base.DB, "db", message)
		v.check(c.Username == base.Username, "username", message)
		v.check(c.Password.Reveal() == base.Password.Reveal(), "password", message)
		v.check(c.UnixSocketPath == base.UnixSocketPath, "unix_socket_path", message)
		v.check(slices.Equal(c.Addrs, base.Addrs), "addrs", message)
		if _, err := parseURL(c.URL.Reveal()); err != nil {
			v.problems = append(v.problems, err)
		}
		return
	}

	if c.changedAddrs(base) {
		const message = "stands beside addrs, which name the servers by themselves"
		v.check(c.Host == base.Host, "host", message)
		v.check(c.Port == base.Port, "port", message)
		v.check(c.UnixSocketPath == base.UnixSocketPath, "unix_socket_path", message)
		return
	}

	if c.UnixSocketPath != "" && c.UnixSocketPath != base.UnixSocketPath {
		const message = "stands beside unix_socket_path, which names the server by itself"
		v.check(c.Host == base.Host, "host", message)
		v.check(c.Port == base.Port, "port", message)
		return
	}
	problem := hostProblem(c.Host)
	v.check(problem == "", "host", "%s", problem)
}

// hostProblem returns why a host is none, or nothing. It does not repeat what may
// be a URL with a password.
func hostProblem(host string) string {
	switch {
	case host == "":
		return "is empty"
	case strings.Contains(host, "://") || strings.Contains(host, "@"):
		return "is not a host: a URL stands under the key url"
	case strings.HasPrefix(host, "/"):
		return "is not a host: the path of a socket stands under the key unix_socket_path"
	case strings.Count(host, ":") == 1:
		return "is a host with a port, which stands under the key port"
	case strings.ContainsAny(host, "[]/ \t\r\n"):
		return "is neither the name of a host nor an address"
	default:
		return ""
	}
}

func (v *validation) timeouts(c Config) {
	least := func(key string, d time.Duration) {
		v.check(d >= minTimeout, key, "%v is less than %v", d, minTimeout)
	}
	least("dial_timeout", c.DialTimeout)
	least("read_timeout", c.ReadTimeout)
	least("write_timeout", c.WriteTimeout)
	if c.SocketConnectTimeout != 0 {
		least("socket_connect_timeout", c.SocketConnectTimeout)
	}
	if c.SocketTimeout != 0 {
		least("socket_timeout", c.SocketTimeout)
	}
	v.check(c.MaxRetryBackoff >= c.MinRetryBackoff, "max_retry_backoff",
		"%v is less than the min_retry_backoff of %v", c.MaxRetryBackoff, c.MinRetryBackoff)
}

// redisPy checks the names of redis-py against what they mean the same as.
func (v *validation) redisPy(c Config) {
	base := c.base()
	twice := func(given, changed bool, key, same string) {
		v.check(!given || !changed, key, "means the same as %s, which is given too", same)
	}
	twice(c.SocketConnectTimeout > 0, c.DialTimeout != base.DialTimeout, "socket_connect_timeout", "dial_timeout")
	twice(c.SocketTimeout > 0, c.ReadTimeout != base.ReadTimeout, "socket_timeout", "read_timeout")
	twice(c.SocketTimeout > 0, c.WriteTimeout != base.WriteTimeout, "socket_timeout", "write_timeout")
	twice(c.MaxConnections > 0, c.PoolSize != base.PoolSize, "max_connections", "pool_size")
	v.check(!c.DecodeResponses, "decode_responses", "values are bytes and are not decoded: leave it out, or say false")
	v.check(c.SSLCheckHostname || c.secure().Insecure, "ssl_check_hostname",
		"a certificate for another name can be from anybody: say tls_server_name, which name it is for")
}

// eachField calls visit for the fields of a config that are keys, those of
// embedded structs in their place.
func eachField(config any, visit func(key string, field reflect.StructField, value reflect.Value)) {
	var walk func(reflect.Value)
	walk = func(v reflect.Value) {
		for field, value := range v.Fields() {
			switch {
			case field.Anonymous:
				walk(value)
			case field.IsExported():
				visit(field.Tag.Get("mapstructure"), field, value)
			}
		}
	}
	walk(reflect.ValueOf(config).Elem())
}
