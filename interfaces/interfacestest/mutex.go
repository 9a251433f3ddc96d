package interfacestest

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// MutexHarness is what gives mutexes to test and what can be done to its
// backend. Only Site is required.
//
// The backend may be shared with others: the kit takes mutexes under names of
// its own. The kit closes the sites, those that have a Close, once and with
// nothing to follow but what tests closing.
type MutexHarness struct {
	// Site gives mutexes whose leases do not renew themselves.
	Site interfaces.IMutexSite

	// Renewing is another component on the same backend. The leases of its
	// mutexes renew themselves for as long as they are held.
	Renewing interfaces.IMutexSite

	// Fair says that those who wait get the mutex in the order in which they
	// asked for it.
	Fair bool

	// Forget has the backend lose all that it knows, as a store that is
	// flushed does.
	Forget func()

	// Break has the backend refuse all calls, at once, until repair is
	// called. repair may be nil: then recovery is not tested.
	Break func() (repair func())

	// Lease is how long the leases are that the kit lets run out. It should
	// be long beside what a call takes, and the whole kit takes about thirty
	// times as long. Zero is 300 ms.
	Lease time.Duration

	// Patience is how long the kit waits for what should happen at once, such
	// as the end of a call whose context has ended. Zero is ten seconds.
	Patience time.Duration

	// Skip names checks that this backend cannot pass, and why: for a
	// stand-in that does not do all that the real one does.
	Skip map[string]string
}

func (h MutexHarness) subject() any { return mutexSites{h.Site, h.Renewing} }

// mutexSites closes both sites of a harness.
type mutexSites [2]interfaces.IMutexSite

func (s mutexSites) Close(ctx context.Context) error {
	var errs []error
	for _, site := range s {
		if site != nil {
			_, err := closeComponent(ctx, site)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// TestMutexes makes one subtest of t for each promise of interfaces.IMutexSite,
// IMutex and ILease. open is called by each subtest for a harness of its own;
// what it opens beside the sites it gives back with t.Cleanup.
func TestMutexes(t *testing.T, open func(t *testing.T) MutexHarness) {
	t.Helper()
	runTests(t, mutexChecks(), open, skippedMutexChecks)
}

// CheckMutexes returns nil if the mutexes of the harnesses that open gives keep
// all promises of the contract, else a *Failure for each that they do not,
// joined with errors.Join. open is called once per check.
func CheckMutexes(ctx context.Context, open func() (MutexHarness, error)) error {
	return runChecks(ctx, mutexChecks(), open, skippedMutexChecks)
}

func skippedMutexChecks(h MutexHarness) map[string]string { return h.Skip }

func mutexChecks() []check[MutexHarness] {
	var checks []check[MutexHarness]
	for _, c := range slices.Concat(
		mutexArgumentChecks, mutexExclusionChecks, mutexWaitingChecks, mutexLeaseChecks,
		mutexExpiryChecks, mutexFenceChecks, mutexFailureChecks,
	) {
		checks = append(checks, check[MutexHarness]{
			name: c.name, promise: c.promise, needs: c.needs,
			run: func(ctx context.Context, r *recorder, h MutexHarness) {
				c.run(ctx, newMutexKit(r, h))
			},
		})
	}
	return checks
}

// mutexCheck is a check written against a mutexKit.
type mutexCheck struct {
	name    string
	promise string
	needs   func(MutexHarness) string
	run     func(ctx context.Context, k *mutexKit)
}

func needsRenewing(h MutexHarness) string { return lacks(h.Renewing == nil, "Renewing") }

// mutexKit is what a check works with: a recorder, mutexes, and names that
// nobody else uses.
type mutexKit struct {
	*recorder
	MutexHarness
	name string
}

// longLease is the time of a lease that must not run out during a check.
const longLease = 2 * checkTimeout

func newMutexKit(r *recorder, h MutexHarness) *mutexKit {
	if h.Patience <= 0 {
		h.Patience = 10 * time.Second
	}
	if h.Lease <= 0 {
		h.Lease = 300 * time.Millisecond
	}
	return &mutexKit{recorder: r, MutexHarness: h, name: "kit-" + rand.Text()}
}

// mutex returns the check's own mutex, another object each time.
func (k *mutexKit) mutex() interfaces.IMutex { return k.mutexOf(k.Site, k.name) }

// renewing returns the same mutex from the other component.
func (k *mutexKit) renewing() interfaces.IMutex { return k.mutexOf(k.Renewing, k.name) }

func (k *mutexKit) mutexOf(site interfaces.IMutexSite, name string) interfaces.IMutex {
	mutex, err := site.GetMutex(name)
	if err != nil {
		k.Fatalf("GetMutex(%s): %w", short(name), err)
	}
	if mutex == nil {
		k.Fatalf("GetMutex(%s) = nil without an error", short(name))
	}
	return mutex
}

// take takes a mutex that has to be free.
func (k *mutexKit) take(ctx context.Context, mutex interfaces.IMutex, expire time.Duration) interfaces.ILease {
	lease, err := mutex.TryAcquire(ctx, expire)
	if err != nil {
		k.Fatalf("TryAcquire of a mutex that is free: %w", err)
	}
	if lease == nil {
		k.Fatalf("TryAcquire gave neither a lease nor an error")
	}
	return lease
}

// takeSoon takes a mutex that has to become free by itself.
func (k *mutexKit) takeSoon(ctx context.Context, mutex interfaces.IMutex, expire time.Duration, when string) interfaces.ILease {
	ctx, cancel := context.WithTimeout(ctx, k.Patience)
	defer cancel()
	lease, err := mutex.Acquire(ctx, expire)
	if err != nil {
		k.Fatalf("Acquire %s: %w", when, err)
	}
	if lease == nil {
		k.Fatalf("Acquire %s gave neither a lease nor an error", when)
	}
	return lease
}

func (k *mutexKit) release(ctx context.Context, lease interfaces.ILease, when string) {
	if err := lease.Release(ctx); err != nil {
		k.Errorf("Release %s: %w", when, err)
	}
}

// wantHeld asks for a mutex that somebody holds.
func (k *mutexKit) wantHeld(ctx context.Context, mutex interfaces.IMutex, when string) {
	lease, err := mutex.TryAcquire(ctx, longLease)
	switch {
	case err == nil:
		k.Errorf("TryAcquire %s gave a lease, want ErrHeld", when)
		_ = lease.Release(ctx)
	case !errors.Is(err, interfaces.ErrHeld):
		k.Errorf("TryAcquire %s: %w; want ErrHeld", when, err)
	}
}

// wantError notes an error that is not the one that was wanted.
func (k *mutexKit) wantError(err, want error, call string) {
	switch {
	case err == nil:
		k.Errorf("%s gave no error, want: %v", call, want)
	case !errors.Is(err, want):
		k.Errorf("%s: %w; want: %v", call, err, want)
	}
}

// wantEnded waits for the context of a lease that has to be over.
func (k *mutexKit) wantEnded(lease interfaces.ILease, when string) {
	select {
	case <-lease.Context().Done():
	case <-time.After(k.Patience):
		k.Errorf("the context of the lease has not ended %s", when)
	}
}

// wantLost asks for a lease that was lost, in all that it answers.
func (k *mutexKit) wantLost(ctx context.Context, lease interfaces.ILease, when string) {
	k.wantEnded(lease, when)
	if cause := context.Cause(lease.Context()); !errors.Is(cause, interfaces.ErrLost) {
		k.Errorf("the cause of the lease's context %s is %v, want ErrLost", when, cause)
	}
	k.wantError(lease.Extend(ctx, k.Lease), interfaces.ErrLost, "Extend "+when)
	k.wantError(lease.Release(ctx), interfaces.ErrLost, "Release "+when)
}

// acquiring is an Acquire that runs on its own.
type acquiring struct {
	lease interfaces.ILease
	err   error
	done  chan struct{}
}

// acquire begins an Acquire.
func (k *mutexKit) acquire(ctx context.Context, mutex interfaces.IMutex, expire time.Duration) *acquiring {
	a := &acquiring{done: make(chan struct{})}
	go func() {
		defer close(a.done)
		a.lease, a.err = mutex.Acquire(ctx, expire)
	}()
	return a
}

// end waits until the Acquire has ended.
func (k *mutexKit) end(a *acquiring, when string) (interfaces.ILease, error) {
	select {
	case <-a.done:
		return a.lease, a.err
	case <-time.After(k.Patience):
		k.Fatalf("Acquire has not ended %s", when)
		return nil, nil
	}
}

// wantWaiting notes an Acquire that has ended though the mutex is held.
func (k *mutexKit) wantWaiting(a *acquiring, when string) {
	select {
	case <-a.done:
		if a.err != nil {
			k.Fatalf("Acquire did not wait %s: %w", when, a.err)
		}
		k.Fatalf("Acquire got a mutex that is held, %s", when)
	case <-time.After(k.Lease / 4):
	}
}
