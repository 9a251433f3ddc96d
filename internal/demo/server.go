package demo

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// server is the Redis server of the demonstration.
type server struct {
	url         string
	description string
	embedded    *miniredis.Miniredis // nil: it is somebody's, and not ours to stop
}

// openServer starts a server in this process, unless addr names one.
func openServer(addr string) (*server, error) {
	if addr != "" {
		address, err := serverURL(addr)
		if err != nil {
			return nil, err
		}
		return &server{url: address.String(), description: address.Host}, nil
	}
	embedded := miniredis.NewMiniRedis()
	embedded.ClockTTL(true) // else nothing ever expires
	if err := embedded.Start(); err != nil {
		return nil, fmt.Errorf("start a Redis server within this process: %w", err)
	}
	return &server{
		url:         "redis://" + embedded.Addr() + "/0",
		description: "within this process; --addr host:port uses yours",
		embedded:    embedded,
	}, nil
}

// serverURL reads host:port or a URL. Its errors do not repeat what was given,
// which may hold a password.
func serverURL(addr string) (*url.URL, error) {
	if !strings.Contains(addr, "://") {
		addr = "redis://" + addr + "/0"
	}
	address, err := url.Parse(addr)
	if err != nil || address.Hostname() == "" {
		return nil, errors.New("--addr is neither host:port nor a redis:// URL")
	}
	return address, nil
}

func (s *server) ofTheUser() bool { return s.embedded == nil }

func (s *server) stoppable() bool { return s.embedded != nil }

func (s *server) close() {
	if s.embedded != nil {
		s.embedded.Close()
	}
}

// outage stops the server, shows that it is told apart from a miss, and starts
// it again.
func (s *show) outage(ctx context.Context) error {
	s.step("the server stops, and starts again")
	s.server.embedded.Close()
	err := s.call(ctx, call{text: "Get user:123 without a server", do: get("user:123")})
	if err != nil {
		return err
	}
	if err := s.server.embedded.Restart(); err != nil {
		return fmt.Errorf("start the Redis server again: %w", err)
	}
	return s.call(ctx, call{text: "Get user:123 until it is there", want: jane, do: recovered("user:123"), waits: true})
}

// recovered asks for a key until its cache can be asked, ten seconds long.
func recovered(key string) func(context.Context, on) (string, error) {
	return func(ctx context.Context, cache on) (string, error) {
		limit, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		for {
			value, err := get(key)(ctx, cache)
			if !errors.Is(err, interfaces.ErrUnavailable) || sleep(limit, 5*time.Millisecond) != nil {
				return value, err
			}
		}
	}
}
