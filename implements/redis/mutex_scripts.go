package redis

import (
	"context"
	"crypto/sha1" //nolint:gosec // that is how the server names scripts
	_ "embed"
	"encoding/hex"

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

var (
	mutexAcquire = newMutexScript(mutexTakeLua + "\n" + mutexQueueLua + mutexAcquireLua)
	mutexRelease = newMutexScript(mutexFreeLua + mutexQueueLua + mutexReleaseLua)
	mutexExtend  = newMutexScript(mutexExtendLua)
)

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
