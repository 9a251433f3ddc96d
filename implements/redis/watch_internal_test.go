package redis

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// A server that hangs does not hold up whoever closes: a probe may have minutes.
func TestProbeEndsWithTheLink(t *testing.T) {
	proxy := redistest.NewProxy(t, redistest.Mini(t).Addr())
	proxy.Freeze()
	config := DefaultConfig()
	config.Addrs = []string{proxy.Addr()}
	config.ReadTimeout = time.Hour
	s, err := config.settings()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l := &link{
		settings: s, logger: slog.New(slog.DiscardHandler), ctx: ctx, cancel: cancel,
		calls: &interruptibles{limit: s.ReadTimeout}, suspect: make(chan struct{}, 1),
	}
	options := s.probeOptions(ctx, l.calls)
	dialled := make(chan struct{}, 1)
	dial := options.Dialer
	options.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		dialled <- struct{}{}
		return conn, err
	}
	client := goredis.NewClient(options.Simple())
	t.Cleanup(func() { _ = client.Close() })

	const failed = 20 // attempts before, so that this one has an hour
	done := make(chan error, 1)
	go func() { done <- l.probe(client, failed) }()
	<-dialled
	cancel()
	select {
	case err := <-done:
		if err == nil {
			t.Error("a server that hangs is in order")
		}
	case <-time.After(time.Minute):
		t.Fatal("the probe went on after the link had ended")
	}
}
