package redis_test

import (
	"log/slog"
	"testing"

	"github.com/fivcglue/fivcglue-go/internal/redistest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// Caches without a site say there that a server is down; tests stop many.
	slog.SetDefault(slog.New(slog.DiscardHandler))

	goleak.VerifyTestMain(redistest.Sharing(m))
}
