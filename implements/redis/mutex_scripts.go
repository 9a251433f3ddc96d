package redis

import (
	"context"
	"crypto/sha1" //nolint:gosec // that is how the server names scripts
	_ "embed"
	"encoding/hex"
	"fmt"

	goredis "github.com/redis/go-redis/v9"
)

//go:embed scripts/mutex_queue.lua
var mutexQueueLua string

//go:embed scripts/mutex_acquire.lua
var mutexAcquireLua string

//go:embed scripts/mutex_take.lua
var mutexTakeLua string

//go:embed scripts/mutex_free.lua
var mutexFreeLua string

//go:embed scripts/mutex_release.lua
var mutexReleaseLua string

//go:embed scripts/mutex_extend.lua
var mutexExtendLua string

// mutexScripts are what a site asks with.
type mutexScripts struct{ acquire, release, extend *mutexScript }

// A node of a cluster counts only those receivers who are connected to itself.
var (
	mutexScriptsOne     = newMutexScripts(true)
	mutexScriptsCluster = newMutexScripts(false)
)

func newMutexScripts(counted bool) *mutexScripts {
	queue := fmt.Sprintf("local counted = %t\n", counted) + mutexQueueLua
	return &mutexScripts{
		acquire: newMutexScript(mutexTakeLua + queue + mutexAcquireLua),
		release: newMutexScript(mutexFreeLua + queue + mutexReleaseLua),
		extend:  newMutexScript(mutexExtendLua),
	}
}

// mutexScript is a script and the name that a server has for it once it has
// seen it.
type mutexScript struct{ text, sha string }

func newMutexScript(text string) *mutexScript {
	sum := sha1.Sum([]byte(text)) //nolint:gosec // as above
	return &mutexScript{text: text, sha: hex.EncodeToString(sum[:])}
}

// call adds a call by name to a pipeline, or makes it.
func (s *mutexScript) call(ctx context.Context, to goredis.Cmdable, keys []string, args []any) *goredis.Cmd {
	return to.EvalSha(ctx, s.sha, keys, args...)
}

// teach does as call, for a server that does not know the script, or not any
// more.
func (s *mutexScript) teach(ctx context.Context, to goredis.Cmdable, keys []string, args []any) *goredis.Cmd {
	return to.Eval(ctx, s.text, keys, args...)
}

// run makes a call, and teaches the server the script if need be.
func (s *mutexScript) run(ctx context.Context, client goredis.UniversalClient, keys []string, args ...any) error {
	err := s.call(ctx, client, keys, args).Err()
	if goredis.HasErrorPrefix(err, "NOSCRIPT") {
		err = s.teach(ctx, client, keys, args).Err()
	}
	return err
}
