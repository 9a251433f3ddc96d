package redis_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func TestWrongUserOfAGroup(t *testing.T) {
	const wrong = "wr0ng-pa55word"
	group := redistest.SharedSentinels(t, sentinelOptions)
	single := redistest.SharedSingle(t, secureOptions)
	for name, config := range map[string]redis.Config{
		"password":              changed(secureConfig(single), func(c *redis.Config) { c.Password = component.NewSecret(wrong) }),
		"user":                  changed(secureConfig(single), func(c *redis.Config) { c.Username = "nobody" }),
		"password behind":       changed(sentinelConfig(group), func(c *redis.Config) { c.Password = component.NewSecret(wrong) }),
		"password at sentinels": changed(sentinelConfig(group), func(c *redis.Config) { c.SentinelPassword = component.NewSecret(wrong) }),
	} {
		t.Run(name, func(t *testing.T) {
			cache := groupCache(t, config)
			for call, err := range map[string]error{
				"SetValue":    cache.SetValue(t.Context(), "k", nil, time.Hour),
				"CheckHealth": cache.CheckHealth(t.Context()),
			} {
				if !errors.Is(err, interfaces.ErrInvalid) || errors.Is(err, interfaces.ErrUnavailable) {
					t.Errorf("%s: %v", call, err)
				}
				if strings.Contains(fmt.Sprint(err), wrong) {
					t.Errorf("%s repeats the password: %v", call, err)
				}
			}
		})
	}

	t.Run("rules", func(t *testing.T) {
		node := single.Node()
		node.Do(t, "ACL", "SETUSER", "app", "resetkeys", "~app:*")
		defer node.Do(t, "ACL", "SETUSER", "app", "~*")
		cache := groupCache(t, secureConfig(single))
		if err := cache.SetValue(t.Context(), "other:k", nil, time.Hour); !errors.Is(err, interfaces.ErrInvalid) || !strings.Contains(err.Error(), "NOPERM") {
			t.Errorf("SetValue of a key that the user may not touch: %v", err)
		}
		if err := errors.Join(cache.SetValue(t.Context(), "app:k", nil, time.Hour), cache.CheckHealth(t.Context())); err != nil {
			t.Errorf("SetValue of a key of the user's: %v", err)
		}
		node.Do(t, "ACL", "SETUSER", "app", "-@read")
		defer node.Do(t, "ACL", "SETUSER", "app", "+@all")
		if err := cache.CheckHealth(t.Context()); !errors.Is(err, interfaces.ErrInvalid) || !strings.Contains(err.Error(), "NOPERM") {
			t.Errorf("CheckHealth of a user that may not read: %v", err)
		}
	})
}

func TestCertificates(t *testing.T) {
	single := redistest.SharedSingle(t, secureOptions)
	others, err := redistest.NewCertificates(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	good := secureConfig(single)

	for name, test := range map[string]struct {
		config redis.Config
		want   string // empty: it works
	}{
		"as it should be": {good, ""},
		"rediss": {changed(good, func(c *redis.Config) {
			c.URL = component.NewSecret(fmt.Sprintf("rediss://%s:%s@%s/1", c.Username, c.Password.Reveal(), c.Addrs[0]))
			c.Enabled, c.Addrs, c.Username, c.Password = false, nil, "", component.Secret{}
		}), ""},
		"names of redis-py": {changed(good, func(c *redis.Config) {
			c.SSL, c.SSLCACerts, c.SSLCertfile, c.SSLKeyfile, c.SSLCertReqs = true, c.CA, c.Cert, c.Key, "required"
			c.TLS = redis.TLS{}
		}), ""},
		"anybody's":           {changed(good, func(c *redis.Config) { c.CA, c.Insecure = "", true }), ""},
		"server name":         {changed(good, func(c *redis.Config) { c.ServerName = "localhost" }), ""},
		"another server name": {changed(good, func(c *redis.Config) { c.ServerName = "example.com" }), "example.com"},
		"another authority":   {changed(good, func(c *redis.Config) { c.CA = others.CA }), "unknown authority"},
		"no certificate":      {changed(good, func(c *redis.Config) { c.Cert, c.Key = "", "" }), "backend unavailable"},
		"no TLS":              {changed(good, func(c *redis.Config) { c.TLS = redis.TLS{} }), ""},
	} {
		t.Run(name, func(t *testing.T) {
			cache := groupCache(t, test.config)
			err := cache.SetValue(t.Context(), "k", []byte("v"), time.Hour)
			switch {
			case name == "no TLS":
				if !errors.Is(err, interfaces.ErrUnavailable) {
					t.Errorf("SetValue: %v", err)
				}
			case test.want == "" && err != nil:
				t.Errorf("SetValue: %v", err)
			case test.want != "" && (!errors.Is(err, interfaces.ErrUnavailable) || !strings.Contains(err.Error(), test.want)):
				t.Errorf("SetValue: %v, want something of %q", err, test.want)
			}
		})
	}

	for key, config := range map[string]redis.Config{
		"tls_ca":   changed(good, func(c *redis.Config) { c.CA = others.ClientKey }),
		"tls_cert": changed(good, func(c *redis.Config) { c.Cert = others.ClientCert }),
	} {
		c := redis.DefaultCacheConfig()
		c.Config = config
		_, err := redis.NewCache(t.Context(), nil, c)
		var at component.KeyError
		if !errors.As(err, &at) || at.Key != key {
			t.Errorf("NewCache with a wrong %s: %v", key, err)
		}
	}
}
