package redis

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/internal/queues"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// A process stands still for longer than visibility, and its handlers look at
// their contexts before anything else of it goes on.
func TestQueueHandlerContextLooksAtTheClock(t *testing.T) {
	settings := queues.DefaultSettings()
	r := newQueueRun(&QueueSite{settings: settings}, "q", nil)
	r.handling = t.Context()
	for name, ended := range map[string]func(ctx context.Context) bool{
		"Err": func(ctx context.Context) bool { return ctx.Err() != nil },
		"Done": func(ctx context.Context) bool {
			select {
			case <-ctx.Done():
				return true
			default:
				return false
			}
		},
	} {
		d := &delivery{m: interfaces.Message{ID: name}, claimed: time.Now()}
		r.begin(d)
		if ended(d.ctx) {
			t.Errorf("%s: the context of a message that was just claimed has ended", name)
		}
		d.claimed = d.claimed.Add(-settings.Visibility)
		if !ended(d.ctx) {
			t.Errorf("%s: the first look at the context does not tell that the claim has run out", name)
		}
		if cause := context.Cause(d.ctx); !errors.Is(cause, interfaces.ErrLost) {
			t.Errorf("%s: the cause is %v, want ErrLost", name, cause)
		}
	}
}
