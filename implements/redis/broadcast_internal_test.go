package redis

import (
	"context"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// A consumer that was cut off long ago does not wait longer to listen again the
// next time: what is published meanwhile is lost to it.
func TestBroadcastForgetsFailures(t *testing.T) {
	mini := redistest.Mini(t)
	config := DefaultBroadcastConfig()
	config.URL = component.NewSecret("redis://" + mini.Addr())
	b, err := NewBroadcast(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := &subscription{site: b, name: "q", until: ctx, heard: make(chan string), failures: 100}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.listen()
	}()
	for heard := false; !heard; {
		mini.Publish("q", "m")
		select {
		case <-s.heard:
			heard = true
		case <-time.After(time.Millisecond):
		case <-ended:
			t.Fatal("it does not listen")
		}
	}
	cancel()
	<-ended
	if s.failures != 0 {
		t.Errorf("%d failures are remembered after it has listened", s.failures)
	}
}
