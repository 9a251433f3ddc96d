package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

// output is what a command has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) has(text string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Contains(o.text.String(), text)
}

func TestTheQueueDeliversAndBuries(t *testing.T) {
	t.Chdir("../..")
	t.Setenv("REDIS_URL", "redis://"+redistest.Mini(t).Addr())
	if err := run(t.Context(), []string{"produce", "10"}, io.Discard); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var worker sync.WaitGroup
	var worked output
	worker.Go(func() {
		if err := run(ctx, []string{"work"}, &worked); err != nil {
			t.Error(err)
		}
	})
	status := func() string {
		var now output
		if err := run(t.Context(), []string{"status"}, &now); err != nil {
			t.Error(err)
		}
		return now.text.String()
	}
	const want = "0 waiting, 0 in flight, 0 delayed, 1 dead\nletter 10: dead after 3 attempts: nobody lives there\n"
	for end := time.Now().Add(20 * time.Second); status() != want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the status is %q, want %q", status(), want)
		}
	}
	stop()
	worker.Wait()
	if !worked.has("letter 9: delivered") || !worked.has("letter 10: attempt 3") {
		t.Errorf("the worker wrote %s", worked.text.String())
	}
	var put output
	if err := run(t.Context(), []string{"retry"}, &put); err != nil || !put.has("1 put back") {
		t.Errorf("retry: %v, %s", err, put.text.String())
	}
	if got := status(); got != "1 waiting, 0 in flight, 0 delayed, 0 dead\n" {
		t.Errorf("the status after retry is %q", got)
	}
}

func TestTheQueueSaysHowItIsUsed(t *testing.T) {
	t.Chdir("../..")
	err := run(t.Context(), []string{"sing"}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "usage") {
		t.Errorf("got %v", err)
	}
}
