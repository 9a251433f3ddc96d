package redis_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// driver has what go-redis would write to the standard error, to the last lines
// of it.
var driver = &driverLog{}

type driverLog struct{ logs }

func (d *driverLog) Printf(_ context.Context, format string, args ...any) {
	d.keep(fmt.Sprintf(format, args...), nil)
	d.mu.Lock()
	defer d.mu.Unlock()
	if most := 10_000; len(d.lines) > most {
		d.lines = append(d.lines[:0], d.lines[most/2:]...)
	}
}

func TestMain(m *testing.M) {
	// Caches without a site say there that a server is down; tests stop many.
	slog.SetDefault(slog.New(slog.DiscardHandler))
	goredis.SetLogger(driver)
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
