package redis

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/internal/sitelog"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/nearest"
	"github.com/fivcglue/fivcglue-go/internal/scalar"
)

// sessionName is the session of a site's IConfig that holds the settings of
// its Redis connections.
const sessionName = "redis"

// way is how a config names the server.
type way int

const (
	byHost way = iota
	byPath
	byURL
	byAddrs
)

// way returns how c names the server: what an item says goes before what the
// session below it says, and either may say it in a way of its own.
func (c Config) way() way {
	base := c.base()
	switch {
	case c.changedURL(base):
		return byURL
	case c.changedAddrs(base):
		return byAddrs
	case c.UnixSocketPath != "" && c.UnixSocketPath != base.UnixSocketPath:
		return byPath
	case c.Host != base.Host, c.Port != base.Port:
		return byHost
	case len(c.Addrs) > 0:
		return byAddrs
	case c.UnixSocketPath != "":
		return byPath
	default:
		return byHost
	}
}

func (c Config) changedURL(base Config) bool {
	return !c.URL.IsEmpty() && c.URL.Reveal() != base.URL.Reveal()
}

func (c Config) changedAddrs(base Config) bool {
	return len(c.Addrs) > 0 && !slices.Equal(c.Addrs, base.Addrs)
}

// base is what the item's keys were decoded over.
func (c Config) base() Config {
	if c.given != nil {
		return *c.given
	}
	return DefaultConfig()
}

// prepare puts the settings of the site's session redis over the defaults, if
// the site has an unnamed IConfig.
func (c *Config) prepare(_ context.Context, site *component.Site) error {
	configs, ok := component.Query[interfaces.IConfig](site, "")
	if !ok {
		return nil
	}
	session := configs.GetSession(sessionName)
	unknown, err := c.read(session)
	if err != nil {
		return fmt.Errorf("session %q of the site's IConfig: %w", sessionName, err)
	}
	if len(unknown) > 0 {
		sitelog.For(site, topic).Warn("the session redis has keys that mean nothing here", "keys", unknown)
	}
	base := *c
	c.given = &base
	return nil
}

// read takes over the values of a session and returns the keys that it does
// not know, as messages have them.
func (c *Config) read(session interfaces.IConfigSession) (unknown []string, err error) {
	var problems []error
	var known []string
	eachField(c, func(key string, _ reflect.StructField, value reflect.Value) {
		known = append(known, key)
		text, ok := session.GetValue(key)
		if !ok {
			return
		}
		if list, ok := value.Addr().Interface().(*[]string); ok {
			*list = splitList(text)
			return
		}
		if err := scalar.Set(value, text, false); err != nil {
			problems = append(problems, component.KeyError{Key: key, Err: err})
		}
	})
	if problems = append(problems, apart(c.settle())...); len(problems) > 0 {
		return nil, locate(session, problems)
	}

	for _, key := range session.ListKeys() {
		if slices.Contains(known, key) {
			continue
		}
		if near := nearest.To(key, known); near != "" {
			key = fmt.Sprintf("%s (did you mean %s?)", key, near)
		}
		unknown = append(unknown, key)
	}
	return unknown, nil
}

// apart returns what errors.Join has joined in err, if anything.
func apart(err error) []error {
	switch joined, ok := err.(interface{ Unwrap() []error }); {
	case err == nil:
		return nil
	case ok:
		return joined.Unwrap()
	default:
		return []error{err}
	}
}

// sessionErrors are what is wrong with a session, in one line: they stand in a
// sentence about a component, whose place is not theirs.
type sessionErrors []error

func (e sessionErrors) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

func (e sessionErrors) Unwrap() []error { return e }

// locate makes one error of problems, each with its place if session knows it.
func locate(session interfaces.IConfigSession, problems []error) error {
	located, ok := session.(interfaces.ConfigLocator)
	if !ok {
		return sessionErrors(problems)
	}
	for i, err := range problems {
		var key component.KeyError
		if !errors.As(err, &key) {
			continue
		}
		name, _, _ := strings.Cut(key.Key, "[") // a list is one text here
		if _, origin := located.Locate(name); origin != "" {
			problems[i] = fmt.Errorf("%s: %w", origin, err)
		}
	}
	return sessionErrors(problems)
}

// splitList reads a list as a session has it, in one text with commas.
func splitList(text string) []string {
	var list []string
	for element := range strings.SplitSeq(text, ",") {
		if element = strings.TrimSpace(element); element != "" {
			list = append(list, element)
		}
	}
	return list
}

// settle checks what the session says by itself and turns it into what an
// item's keys can be put over: a URL and the names of redis-py become what
// they stand for, so that they do not clash with what an item says instead.
func (c *Config) settle() error {
	if err := c.Validate(); err != nil {
		return err
	}
	if !c.URL.IsEmpty() {
		t, err := parseURL(c.URL.Reveal())
		if err != nil {
			return err
		}
		c.URL = component.Secret{}
		c.DB, c.Username, c.Password = t.db, t.username, component.NewSecret(t.password)
		c.Enabled = c.Enabled || t.secure

		if t.network == "unix" {
			c.UnixSocketPath = t.addr
		} else {
			c.Host, c.Port = t.host, t.port
		}
	}
	if c.SocketConnectTimeout > 0 {
		c.DialTimeout, c.SocketConnectTimeout = c.SocketConnectTimeout, 0
	}
	if c.SocketTimeout > 0 {
		c.ReadTimeout, c.WriteTimeout, c.SocketTimeout = c.SocketTimeout, c.SocketTimeout, 0
	}
	c.TLS = c.secure()
	c.SSL, c.SSLCACerts, c.SSLCertfile, c.SSLKeyfile, c.SSLCertReqs = false, "", "", "", ""
	if c.MaxConnections > 0 {
		c.PoolSize, c.MaxConnections = c.MaxConnections, 0
	}
	return nil
}
