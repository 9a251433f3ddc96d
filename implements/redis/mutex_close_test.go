package redis_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func TestMutexCloseLeavesNoWaiters(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	holder := newMutexSite(t, server.Addr())
	site := newMutexSite(t, server.Addr())
	lease := tryAcquire(t, getMutex(t, holder, "m"), time.Minute)

	var got []<-chan acquired
	for i := range 5 {
		got = append(got, waiting(t, server, "m", i+1, func() (interfaces.ILease, error) {
			return getMutex(t, site, "m").Acquire(t.Context(), time.Minute)
		}))
	}
	if err := site.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if left := server.Do("ZCARD", "{mutex:m}:queue"); left != "0" {
		t.Errorf("%s of those who waited still stand in the queue after Close", left)
	}

	for _, g := range got {
		if a := <-g; !errors.Is(a.err, interfaces.ErrClosed) {
			t.Errorf("Acquire: %v, want ErrClosed", a.err)
		}
	}
	release(t, lease)
	wantNothingLeft(t, server)
}

// A component is closed with leases held: nobody else gets the mutex before
// their time is over, for their holders may be at work.
func TestMutexCloseKeepsWhatIsHeld(t *testing.T) {
	server := redistest.New(t, redistest.Options{})
	site := newMutexSite(t, server.Addr())
	lease := tryAcquire(t, getMutex(t, site, "m"), time.Minute)
	if err := site.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if cause := context.Cause(lease.Context()); !errors.Is(cause, interfaces.ErrClosed) {
		t.Errorf("the cause of the lease's context is %v, want ErrClosed", cause)
	}
	if got := server.Do("EXISTS", "mutex:m"); got != "1" {
		t.Error("Close freed a mutex that is held")
	}
}
