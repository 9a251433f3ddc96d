package redis_test

import (
	"flag"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func TestMain(m *testing.M) {
	// Caches without a site say there that a server is down; tests stop many.
	slog.SetDefault(slog.New(slog.DiscardHandler))
	// Tests of groups of servers wait most of the time, be it for a fail-over or
	// for each other.
	flag.Parse()
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	redis.SetClusterReload(time.Hour)    // it would hide what is not noticed otherwise
	redis.SetFirstProbe(2 * time.Second) // on two slow cores a second is soon over
	goleak.VerifyTestMain(redistest.Sharing(m))
}
