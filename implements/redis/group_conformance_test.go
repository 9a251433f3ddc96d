package redis_test

import (
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// The groups of servers that tests of this package share. Connections pass
// proxies, by which tests break them.
var (
	clusterOptions  = redistest.RigOptions{Proxies: true}
	sentinelOptions = redistest.RigOptions{Proxies: true, Username: "app", Password: "pa55word"}
	secureOptions   = redistest.RigOptions{Proxies: true, TLS: true, ClientCert: true, Username: "app", Password: "pa55word"}
)

// group is a group of servers, as a config and as a test see it.
type group struct {
	config redis.Config
	nodes  []*redistest.Node
	client func() goredis.UniversalClient // of somebody else
}

func clusterGroup(t *testing.T) group {
	t.Helper()
	cluster := redistest.SharedCluster(t, clusterOptions)
	client := foreignCluster(t, cluster)
	return group{config: clusterConfig(cluster), nodes: cluster.Nodes(), client: func() goredis.UniversalClient { return client }}
}

func sentinelGroup(t *testing.T) group {
	t.Helper()
	sentinels := redistest.SharedSentinels(t, sentinelOptions)
	g := sentinelGroupOf(sentinels)
	g.client = func() goredis.UniversalClient { return sentinels.Master(t).Client() } // it may change in a test
	return g
}

func sentinelGroupOf(s *redistest.Sentinels) group {
	return group{config: sentinelConfig(s), nodes: append(s.Watchers(), s.Data()...)}
}

func secureGroup(t *testing.T) group {
	t.Helper()
	single := redistest.SharedSingle(t, secureOptions)
	client := single.Node().Client()
	return group{
		config: secureConfig(single), nodes: []*redistest.Node{single.Node()},
		client: func() goredis.UniversalClient { return client },
	}
}

// eachGroup runs test on a Cluster, on a master with Sentinels, and on a server
// with TLS and users.
func eachGroup(t *testing.T, test func(t *testing.T, g group)) {
	t.Helper()
	for name, start := range map[string]func(t *testing.T) group{
		"cluster": clusterGroup, "sentinel": sentinelGroup, "TLS and ACL": secureGroup,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait most of the time, and share nothing
			test(t, start(t))
		})
	}
}

func TestCacheConformsOnGroups(t *testing.T) {
	eachGroup(t, func(t *testing.T, g group) {
		interfacestest.TestCache(t, func(t *testing.T) interfacestest.CacheHarness {
			config := redis.DefaultCacheConfig()
			config.Config = g.config
			return interfacestest.CacheHarness{
				Cache:        newSiteCache(t, nil, config),
				Break:        g.refuse,
				Hang:         g.freeze,
				StoreForeign: func(key string) error { return g.client().RPush(t.Context(), key, "element").Err() },
				StoreForever: func(key string, value []byte) error { return g.client().Set(t.Context(), key, value, 0).Err() },
			}
		})
	})
}

func (g group) refuse() (repair func()) {
	for _, node := range g.nodes {
		node.Proxy().Refuse()
		node.Proxy().Cut()
	}
	return func() {
		for _, node := range g.nodes {
			node.Proxy().Accept()
		}
	}
}

func (g group) freeze() (repair func()) {
	for _, node := range g.nodes {
		node.Proxy().Freeze()
	}
	return func() {
		for _, node := range g.nodes {
			node.Proxy().Thaw()
		}
	}
}

func clusterConfig(cluster *redistest.Cluster) redis.Config {
	c := redis.DefaultConfig()
	c.Addrs = cluster.Addrs()[:3]
	secure(&c, cluster.Options(), cluster.Certificates())
	return c
}

func sentinelConfig(sentinels *redistest.Sentinels) redis.Config {
	c := redis.DefaultConfig()
	c.Addrs, c.MasterName = sentinels.Addrs(), redistest.MasterName
	secure(&c, sentinels.Options(), sentinels.Certificates())
	c.SentinelUsername, c.SentinelPassword = c.Username, c.Password
	return c
}

func secureConfig(single *redistest.Single) redis.Config {
	c := redis.DefaultConfig()
	c.Addrs = []string{single.Addr()}
	secure(&c, single.Options(), single.Certificates())
	return c
}

// secure has c use TLS and the user that options say.
func secure(c *redis.Config, options redistest.RigOptions, files *redistest.Certificates) {
	c.Username, c.Password = options.Username, component.NewSecret(options.Password)
	if files != nil {
		c.Enabled, c.CA, c.Cert, c.Key = true, files.CA, files.ClientCert, files.ClientKey
	}
}

// foreignCluster is a client that is not ours.
func foreignCluster(t *testing.T, cluster *redistest.Cluster) *goredis.ClusterClient {
	t.Helper()
	client := goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: cluster.Addrs()})
	t.Cleanup(func() { client.Close() })
	return client
}

func groupCache(t *testing.T, config redis.Config, change ...func(*redis.CacheConfig)) *redis.Cache {
	t.Helper()
	c := redis.DefaultCacheConfig()
	c.Config = config
	for _, f := range change {
		f(&c)
	}
	return newSiteCache(t, nil, c)
}

func changed(c redis.Config, change func(*redis.Config)) redis.Config {
	change(&c)
	return c
}
