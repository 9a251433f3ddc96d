package redis

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/fivcglue/fivcglue-go/component"
)

// Groups are the keys for more servers than one: a Redis Cluster, or a master
// with replicas that Sentinels watch.
type Groups struct {
	// Mode is single, sentinel or cluster. Without it a MasterName makes it
	// sentinel, several Addrs make it cluster, and else it is single.
	Mode string `mapstructure:"mode" doc:"single server, sentinel group or cluster; without it master_name means sentinel, and several addrs mean cluster" enum:"single,sentinel,cluster"`

	// Addrs are those of some nodes of a Cluster, or of the Sentinels: what
	// else there is they tell. They stand in place of host and port.
	Addrs []string `mapstructure:"addrs" doc:"some nodes of the cluster, or the sentinels, as host:port, in place of host and port"`

	MasterName       string           `mapstructure:"master_name"       doc:"what the sentinels call the master"`
	SentinelUsername string           `mapstructure:"sentinel_username" doc:"user at the sentinels, whose users are not those of the master"`
	SentinelPassword component.Secret `mapstructure:"sentinel_password" doc:"password at the sentinels; an empty one is none"`

	MaxRedirects   int  `mapstructure:"max_redirects"    doc:"how often a call follows the answer that another node of the cluster has the key; 0 is 3" min:"0" max:"100"`
	ReadOnly       bool `mapstructure:"read_only"        doc:"whether replicas of a cluster are read from, which lag behind their masters"`
	RouteByLatency bool `mapstructure:"route_by_latency" doc:"as read_only, from the node that answers fastest"`
	RouteRandomly  bool `mapstructure:"route_randomly"   doc:"as read_only, from any node"`
}

// The values of Groups.Mode.
const (
	modeSingle   = "single"
	modeSentinel = "sentinel"
	modeCluster  = "cluster"
)

// mode returns what c means to reach.
func (c Config) mode() string {
	switch {
	case c.Mode != "":
		return c.Mode
	case c.MasterName != "":
		return modeSentinel
	case len(c.Addrs) > 1 && c.way() == byAddrs:
		return modeCluster
	default:
		return modeSingle
	}
}

// groups checks what is said of groups of servers against each other.
func (v *validation) groups(c Config) {
	mode := c.mode()
	v.check(slices.Contains([]string{modeSingle, modeSentinel, modeCluster}, mode), "mode",
		"%q is none of single, sentinel and cluster", mode)
	for i, addr := range c.Addrs {
		v.check(isHostPort(addr), fmt.Sprintf("addrs[%d]", i), "is not host:port")
	}
	v.check(mode != modeSingle || len(c.Addrs) <= 1, "addrs", "has %d elements, but mode is single", len(c.Addrs))
	if mode == modeSentinel {
		v.check(c.MasterName != "", "master_name", "is missing: sentinels ask for the name of the master")
	}
	if mode == modeCluster {
		v.check(c.database() == 0, c.databaseKey(), "database %d cannot be: a cluster has only database 0", c.database())
	}
	if mode != modeSingle {
		v.check(c.way() != byPath, "unix_socket_path", "cannot be beside mode %s, whose servers are reached by host and port", mode)
	}

	v.only(mode, modeSentinel, []given{
		{"master_name", c.MasterName != ""},
		{"sentinel_username", c.SentinelUsername != ""}, {"sentinel_password", !c.SentinelPassword.IsEmpty()},
	})
	v.only(mode, modeCluster, []given{
		{"max_redirects", c.MaxRedirects > 0}, {"read_only", c.ReadOnly},
		{"route_by_latency", c.RouteByLatency}, {"route_randomly", c.RouteRandomly},
	})
	v.check(!c.RouteByLatency || !c.RouteRandomly, "route_randomly", "cannot be beside route_by_latency")
}

// given is a key and whether the config has it.
type given struct {
	key   string
	given bool
}

// only refuses keys that mean something in another mode.
func (v *validation) only(mode, wanted string, keys []given) {
	for _, k := range keys {
		v.check(!k.given || mode == wanted, k.key, "means something in mode %s only, and mode is %s", wanted, mode)
	}
}

// database returns the database that c asks for, as a key or in its URL.
func (c Config) database() int {
	if c.way() != byURL {
		return c.DB
	}
	target, err := parseURL(c.URL.Reveal())
	if err != nil {
		return 0
	}
	return target.db
}

func (c Config) databaseKey() string {
	if c.way() == byURL {
		return "url"
	}
	return "db"
}

func isHostPort(addr string) bool {
	host, port, err := net.SplitHostPort(strings.TrimSpace(addr))
	if err != nil || host == "" || strings.ContainsAny(host, "@/ \t\r\n") {
		return false
	}
	number, err := strconv.Atoi(port)
	return err == nil && number >= 1 && number <= 65535
}
