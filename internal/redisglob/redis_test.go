package redisglob_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/internal/redisglob"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// matchAll answers for each pattern with the keys that it matches, so that
// thousands of patterns cost one round trip.
const matchAll = `
local found = {}
for i, pattern in ipairs(ARGV) do
	local keys = redis.call('KEYS', pattern)
	table.sort(keys)
	found[i] = table.concat(keys, ' ')
end
return found`

// Random patterns, most of them malformed, match what they match on a server.
func TestMatchAsRedis(t *testing.T) {
	const (
		inKeys     = `ab-]^[\*`
		inPatterns = `abc-]^[\*?`
	)
	random := rand.New(rand.NewPCG(1, 2))
	text := func(alphabet string, most int) string {
		b := make([]byte, 1+random.IntN(most))
		for i := range b {
			b[i] = alphabet[random.IntN(len(alphabet))]
		}
		return string(b)
	}
	set := []string{"MSET"}
	var keys []string
	for range 300 {
		if key := text(inKeys, 4); !slices.Contains(keys, key) {
			keys = append(keys, key)
			set = append(set, key, "v")
		}
	}
	slices.Sort(keys)
	eval := []string{"EVAL", matchAll, "0"}
	for range 3000 {
		eval = append(eval, text(inPatterns, 8))
	}
	patterns := eval[3:]

	server := redistest.New(t, redistest.Options{})
	server.Do(set...)
	for i, found := range strings.Split(server.Do(eval...), "\n") {
		var want []string
		for _, key := range keys {
			if redisglob.Match(patterns[i], key) {
				want = append(want, key)
			}
		}
		if got := strings.Join(want, " "); got != found {
			t.Errorf("pattern %q matches %q, on a server %q", patterns[i], got, found)
		}
	}
}
