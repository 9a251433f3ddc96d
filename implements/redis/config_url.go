package redis

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/fivcglue/fivcglue-go/component"
)

// target is what a URL says.
type target struct {
	network, addr      string
	host               string
	port, db           int
	username, password string
	secure             bool // over TLS
}

// parseURL reads redis://user:password@host:port/db, the same with rediss://, and
// unix://path?db=1. Its
// errors do not repeat the URL, which holds a password.
func parseURL(text string) (target, error) {
	fail := func(problem string) (target, error) {
		return target{}, component.KeyError{Key: "url", Err: errors.New(problem)}
	}
	u, err := url.Parse(text)
	if err != nil {
		return fail("is not a URL such as redis://user:password@host:6379/0; in a password write : / ? # @ % as %3A %2F %3F %23 %40 %25")
	}
	t := target{username: u.User.Username()}
	t.password, _ = u.User.Password()
	query := u.Query()
	db := query.Get("db")
	query.Del("db")
	if len(query) > 0 {
		return fail("has parameters; db is the only one, the others are keys of their own beside url")
	}

	switch u.Scheme {
	case "redis", "rediss":
		t.secure = u.Scheme == "rediss"
		t.network, t.host, t.port = "tcp", u.Hostname(), 6379
		if t.host == "" {
			t.host = "localhost"
		}

		if u.Port() != "" {
			if t.port, err = strconv.Atoi(u.Port()); err != nil || t.port < 1 || t.port > 65535 {
				return fail("has a port that is not between 1 and 65535")
			}
		}
		t.addr = net.JoinHostPort(t.host, strconv.Itoa(t.port))

		if path := strings.Trim(u.Path, "/"); path != "" {
			if db != "" {
				return fail("has the database twice, in its path and as db")
			}
			db = path
		}
	case "unix":
		t.network, t.addr = "unix", u.Path
		if t.addr == "" || u.Host != "" {
			return fail("needs an absolute path after unix://, as in unix:///run/redis.sock")
		}
	default:
		return fail("begins with neither redis://, rediss:// nor unix://")
	}

	if db != "" {
		if t.db, err = strconv.Atoi(db); err != nil || t.db < 0 {
			return fail("has a database that is not a number from 0")
		}
	}
	return t, nil
}
