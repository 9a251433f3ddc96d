package redis_test

import (
	"context"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// userOf makes the user that a guide describes, who may do no more, and returns
// what logs in as that.
func userOf(t *testing.T, server *redistest.Server, guide string, patterns ...string) func(*redis.Config) {
	t.Helper()
	server.Do(append([]string{"ACL", "SETUSER", "user"}, rulesOf(t, guide, patterns...)...)...)
	return func(c *redis.Config) { c.Username, c.Password = "user", component.NewSecret("pw") }
}

// rulesOf are the rules of the user that a guide describes.
func rulesOf(t *testing.T, guide string, patterns ...string) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + guide)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)A user with an ACL needs (.*?)the commands\\s`([a-z| ]+)`").FindSubmatch(text)
	if found == nil {
		t.Fatalf("docs/%s does not say what a user needs", guide)
	}
	rules := []string{"reset", "on", ">pw"}
	for _, pattern := range patterns {
		if !strings.Contains(string(found[1]), pattern) {
			t.Errorf("docs/%s does not say that a user needs %s", guide, pattern)
		}
		rules = append(rules, pattern)
	}
	for command := range strings.FieldsSeq(string(found[2])) {
		rules = append(rules, "+"+command)
	}
	return rules
}

// wantNothingRefused fails if the server has refused the user anything.
func wantNothingRefused(t *testing.T, server *redistest.Server) {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	defer client.Close()
	wantNothingRefusedAt(t, client)
}

func wantNothingRefusedAt(t *testing.T, client *goredis.Client) {
	t.Helper()
	log, err := client.ACLLog(t.Context(), 100).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range log {
		if !strings.HasPrefix(entry.Object, "client") { // what go-redis says of itself
			t.Errorf("%s was refused: %s %s", entry.Username, entry.Reason, entry.Object)
		}
	}
}

func TestRightsOfQueuesAreThoseOfTheGuide(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	config := queueConfig(t, server.Addr())
	config.MaxAttempts = 2
	userOf(t, server, "QUEUES.md", "~{queue:*")(&config.Config)
	site := openQueue(t, config)
	redis.ForgetConsumersAfter(site, time.Millisecond)
	if err := site.CheckHealth(t.Context()); err != nil {
		t.Errorf("CheckHealth: %v", err)
	}
	got, stop := consume(t, site, "q", func(_ context.Context, m interfaces.Message) error {
		if string(m.Body) == "good" {
			return nil
		}
		return errors.New("no")
	})
	produceTo(t, site, "q", "good", "bad")
	producer, err := site.GetProducer("q")
	if err != nil {
		t.Fatal(err)
	}
	if err := producer.(interfaces.IDelayedProducer).ProduceAfter(t.Context(), time.Millisecond, []byte("good")); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		nextOf(t, got, "a message or an attempt")
	}
	eventually(t, "a dead letter", func() bool { return depthOf(t, site, "q") == interfaces.QueueDepth{Dead: 1} })
	for d, err := range site.ListDead(t.Context(), "q") {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := site.RestoreDead(t.Context(), "q", d.ID); err != nil {
			t.Errorf("RestoreDead: %v", err)
		}
	}
	for range 2 {
		nextOf(t, got, "an attempt")
	}
	eventually(t, "a dead letter", func() bool { return depthOf(t, site, "q") == interfaces.QueueDepth{Dead: 1} })
	if _, err := site.DiscardDead(t.Context(), "q", "none"); err != nil {
		t.Errorf("DiscardDead: %v", err)
	}
	stop()
	wantNothingRefused(t, server)
}

func TestRightsOfMutexesAreThoseOfTheGuide(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	as := userOf(t, server, "MUTEXES.md", "~mutex:*", "~{mutex:*", "&mutex:wake:*")
	site := newMutexSite(t, server.Addr(), func(c *redis.MutexSiteConfig) { as(&c.Config) })
	if err := site.CheckHealth(t.Context()); err != nil {
		t.Errorf("CheckHealth: %v", err)
	}
	mutex := getMutex(t, site, "m")
	first, err := mutex.Acquire(t.Context(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mutex.TryAcquire(t.Context(), time.Hour); !errors.Is(err, interfaces.ErrHeld) {
		t.Errorf("TryAcquire: %v, want ErrHeld", err)
	}
	second := make(chan error)
	go func() {
		second <- interfaces.WithLock(t.Context(), mutex, time.Hour, func(context.Context) error { return nil })
	}()
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	defer client.Close()
	eventually(t, "somebody waiting", func() bool { return client.ZCard(t.Context(), "{mutex:m}:queue").Val() == 1 })
	if err := errors.Join(first.Extend(t.Context(), 2*time.Hour), first.Release(t.Context()), <-second); err != nil {
		t.Error(err)
	}
	wantNothingRefused(t, server)
}

func TestRightsOfQueuesInAGroupAreThoseOfTheGuide(t *testing.T) {
	text, err := os.ReadFile("../../docs/QUEUES.md")
	if err != nil {
		t.Fatal(err)
	}
	ofQueues := rulesOf(t, "QUEUES.md", "~{queue:*")
	const inCluster = "cluster|slots"
	watching := []string{"&+switch-master", "&+replica-reconf-done"}
	asking := []string{"sentinel|get-master-addr-by-name", "sentinel|sentinels", "subscribe", "ping"}
	for _, right := range append([]string{inCluster, strings.Join(watching, " ")}, strings.Join(asking, " ")) {
		if !strings.Contains(string(text), "`"+right+"`") {
			t.Errorf("docs/QUEUES.md does not say that a user needs %s", right)
		}
	}
	atSentinels := append([]string{"reset", "on", ">pw"}, watching...)
	for _, command := range asking {
		atSentinels = append(atSentinels, "+"+command)
	}

	makeUser := func(t *testing.T, rules []string, nodes ...*redistest.Node) {
		args := []any{"ACL", "SETUSER", "user"}
		for _, rule := range rules {
			args = append(args, rule)
		}
		for _, node := range nodes {
			node.Do(t, args...)
			node.Do(t, "ACL", "LOG", "RESET")
		}
		t.Cleanup(func() {
			for _, node := range nodes {
				node.Do(t, "ACL", "DELUSER", "user")
			}
		})
	}
	try := func(t *testing.T, group redis.Config, nodes ...*redistest.Node) {
		config := queueConfig(t, "127.0.0.1:1")
		config.Config = group
		config.Username, config.Password = "user", component.NewSecret("pw")
		site := openQueue(t, config)
		if err := site.CheckHealth(t.Context()); err != nil {
			t.Errorf("CheckHealth: %v", err)
		}
		got, stop := consume(t, site, "q", func(_ context.Context, m interfaces.Message) error {
			if m.Attempt == 1 {
				return errors.New("no")
			}
			return nil
		})
		produceTo(t, site, "q", "m")
		for range 2 {
			nextOf(t, got, "an attempt")
		}
		eventually(t, "it is acknowledged", func() bool { return depthOf(t, site, "q") == interfaces.QueueDepth{} })
		stop()
		for _, node := range nodes {
			wantNothingRefusedAt(t, node.Client())
		}
	}
	t.Run("cluster", func(t *testing.T) {
		cluster := redistest.SharedCluster(t, clusterOptions)
		makeUser(t, append(slices.Clip(ofQueues), "+"+inCluster), cluster.Nodes()...)
		try(t, clusterConfig(cluster), cluster.Nodes()...)
	})
	t.Run("sentinels", func(t *testing.T) {
		group := redistest.SharedSentinels(t, sentinelOptions)
		makeUser(t, ofQueues, group.Data()...)
		makeUser(t, atSentinels, group.Watchers()...)
		config := sentinelConfig(group)
		config.SentinelUsername, config.SentinelPassword = "user", component.NewSecret("pw")
		try(t, config, append(slices.Clip(group.Data()), group.Watchers()...)...)
	})
}
