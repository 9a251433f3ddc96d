package redis

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"os"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// queueGroup is the consumer group of every queue.
const queueGroup = "fivcglue"

// queueKeys are the keys of one queue.
type queueKeys struct {
	stream    string // waiting and in flight: fields b (body) and, unless the ID says it, t (produced, ms)
	retry     string // sorted set by due time: ID:attempts of messages of the stream that wait for the next attempt
	delayed   string // sorted set by due time: IDs in later
	later     string // hash: produced (ms), body
	dead      string // sorted set by time of death: IDs in letters
	letters   string // hash: attempts, produced, died, size of reason, reason, body
	unstarted string // hash by consumer: the last message that it was known to have begun with
	memory    string // prefix; by producing site, the last call and its answer
}

func keysOf(name string) queueKeys {
	tag := "{queue:" + name + "}:"
	return queueKeys{
		stream: tag + "stream", retry: tag + "retry", delayed: tag + "delayed", later: tag + "later",
		dead: tag + "dead", letters: tag + "letters", unstarted: tag + "unstarted", memory: tag + "producer:",
	}
}

// inspected are those that queue_depth.lua counts.
func (k queueKeys) inspected() []string { return []string{k.stream, k.retry, k.delayed, k.dead} }

var (
	//go:embed scripts/queue_produce.lua
	queueProduceLua string
	//go:embed scripts/queue_claim.lua
	queueClaimLua string
	//go:embed scripts/queue_fail.lua
	queueFailLua string
	//go:embed scripts/queue_keep.lua
	queueKeepLua string
	//go:embed scripts/queue_leave.lua
	queueLeaveLua string
	//go:embed scripts/queue_depth.lua
	queueDepthLua string
	//go:embed scripts/queue_restore.lua
	queueRestoreLua string
	//go:embed scripts/queue_discard.lua
	queueDiscardLua string
)

var (
	queueProduce = goredis.NewScript(queueProduceLua)
	queueClaim   = goredis.NewScript(queueClaimLua)
	queueFail    = goredis.NewScript(queueFailLua)
	queueKeep    = goredis.NewScript(queueKeepLua)
	queueLeave   = goredis.NewScript(queueLeaveLua)
	queueDepth   = goredis.NewScript(queueDepthLua)
	queueRestore = goredis.NewScript(queueRestoreLua)
	queueDiscard = goredis.NewScript(queueDiscardLua)
)

// run runs a script on a queue's keys and returns what it answered.
func (s *QueueSite) run(ctx context.Context, op string, idempotent bool, script *goredis.Script, keys []string, args ...any) (any, error) {
	answer := new(any)
	err := s.conn.do(ctx, op, idempotent, func(ctx context.Context, client goredis.UniversalClient) error {
		got, err := script.Run(ctx, client, keys, args...).Result()
		if err == nil {
			*answer = got
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return *answer, nil
}

// newID returns a name that nobody else has or had: the host and the process
// are for a person who looks at the server.
func newID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "host"
	}
	host, _, _ = strings.Cut(host, ".")
	return fmt.Sprintf("%.32s-%d-%s", host, os.Getpid(), rand.Text())
}
