package interfacestest_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
)

// mutexFaults are mutexes that are broken in one way, and the checks that have
// to find it out.
var mutexFaults = []struct {
	name  string
	broke breakage
	found []string
}{
	{"takes any name", breakage{anyName: true}, []string{"name/invalid"}},
	{"takes any lease", breakage{anyExpire: true}, []string{"expire/invalid"}},
	{"has names of 255 bytes at most", breakage{shortNames: true}, []string{"name/valid"}},
	{"has leases of a day at most", breakage{shortLeases: true}, []string{"expire/valid"}},
	{"has one mutex for all names", breakage{oneName: true}, []string{"exclusion/names"}},
	{"trims names", breakage{caseless: true}, []string{"exclusion/names"}},
	{"looks, then takes", breakage{looksThenTakes: true}, []string{"exclusion/race"}},
	{"TryAcquire waits", breakage{tryWaits: true}, []string{"waiting/try"}},
	{"a failure passes for held", breakage{tryFailureIsHeld: true}, []string{"failure/unavailable"}},
	{"Acquire does not wait", breakage{acquireDoesNotWait: true}, []string{"waiting/acquire", "waiting/cancel"}},
	{"Acquire ignores its context", breakage{ignoresCancel: true}, []string{"waiting/cancel", "waiting/canceled before"}},
	{"takes the mutex though its context has ended", breakage{takesThoughCanceled: true}, []string{"waiting/canceled before"}},
	{"a cancelled Acquire takes the mutex later", breakage{cancelKeepsIt: true}, []string{"waiting/cancel"}},
	{"a cancelled Acquire keeps its place", breakage{cancelLeavesQueue: true}, []string{"waiting/cancel", "waiting/canceled in the middle"}},
	{"the last come is served first", breakage{lifo: true}, []string{"waiting/order"}},
	{"the lease's context is Acquire's", breakage{contextOfAcquire: true}, []string{"lease/context"}},
	{"the context outlives the lease", breakage{contextOutlives: true}, []string{"expiry/ends", "expiry/alone", "lease/extend"}},
	{"the context goes on after Release", breakage{contextGoesOn: true}, []string{"lease/context"}},
	{"the context has no values", breakage{bareContext: true}, []string{"lease/context"}},
	{"the context has no cause", breakage{noCause: true}, []string{"expiry/ends", "expiry/alone"}},
	{"the cause of a release is ErrLost", breakage{causeOnRelease: true}, []string{"lease/context"}},
	{"Release does not check the token", breakage{releasesOthers: true}, []string{"expiry/ends", "lease/release twice"}},
	{"the second Release fails", breakage{secondReleaseFails: true}, []string{"lease/release twice", "lease/release by two"}},
	{"Release needs a living context", breakage{releaseNeedsContext: true}, []string{"lease/release late"}},
	{"Release does nothing", breakage{releaseDoesNothing: true}, []string{"waiting/acquire", "exclusion/crowd"}},
	{"Release of a lost lease is fine", breakage{lostReleaseIsFine: true}, []string{"expiry/ends"}},
	{"leases never end", breakage{neverExpires: true}, []string{"expiry/ends", "expiry/alone", "expiry/queue"}},
	{"leases are of whole seconds", breakage{wholeSeconds: true}, []string{"expiry/fraction"}},
	{"leases end half way", breakage{endsEarly: true}, []string{"expiry/ends"}},
	{"Extend does nothing", breakage{extendDoesNothing: true}, []string{"lease/extend"}},
	{"Extend adds to what is left", breakage{extendAdds: true}, []string{"lease/extend"}},
	{"Extend brings a lease back", breakage{extendRevives: true}, []string{"lease/extend after release"}},
	{"leases do not renew themselves", breakage{neverRenews: true}, []string{"renewal/held"}},
	{"leases renew themselves after Release", breakage{renewsAfterRelease: true}, []string{"renewal/released"}},
	{"leases are believed to be renewed", breakage{renewsBlindly: true}, []string{"failure/renewal"}},
	{"the fence starts anew", breakage{fenceRestarts: true}, []string{"fence/forgotten"}},
	{"the fence stays", breakage{fenceStays: true}, []string{"fence/grows", "fence/expired", "fence/contended"}},
	{"the fence begins at zero", breakage{fenceZero: true}, []string{"fence/grows"}},
	{"each component counts its own fences", breakage{fencePerSite: true}, []string{"fence/grows", "fence/contended"}},
	{"Close leaves those who wait", breakage{closeLeavesWaiters: true}, []string{"failure/closed"}},
	{"Close leaves the leases", breakage{closeLeavesLeases: true}, []string{"failure/closed"}},
	{"works after Close", breakage{worksClosed: true}, []string{"failure/closed"}},
	{"never recovers", breakage{neverRecovers: true}, []string{"failure/unavailable"}},
}

func mutexHarness(b breakage) interfacestest.MutexHarness {
	backend := newTinyMutexes(b)
	return interfacestest.MutexHarness{
		Site: backend.site(false), Renewing: backend.site(true), Fair: true,
		Forget: backend.forget, Break: backend.fail,
		Lease: 800 * time.Millisecond, Patience: 5 * time.Second,
	}
}

func checkMutexes(t *testing.T, b breakage) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		err = interfacestest.CheckMutexes(t.Context(), func() (interfacestest.MutexHarness, error) {
			return mutexHarness(b), nil
		})
	})
	return err
}

func TestCheckMutexesPassesWhatIsCorrect(t *testing.T) {
	if err := checkMutexes(t, breakage{}); err != nil {
		t.Error(err)
	}
}

func TestMutexesOfTheReference(t *testing.T) {
	t.Parallel()
	interfacestest.TestMutexes(t, func(*testing.T) interfacestest.MutexHarness {
		h := mutexHarness(breakage{})
		h.Lease = 300 * time.Millisecond // longer than a busy machine stands still
		return h
	})
}

// Each fault is found by the checks that are about it; and a check that no
// broken mutex fails may be one that cannot fail.
func TestCheckMutexesFindsFaults(t *testing.T) {
	proven := map[string]bool{}
	for _, fault := range mutexFaults {
		t.Run(fault.name, func(t *testing.T) {
			found := failedChecks(checkMutexes(t, fault.broke))
			for _, name := range found {
				proven[name] = true
			}
			for _, want := range fault.found {
				if !slices.Contains(found, want) {
					t.Errorf("check %q did not find it; those that did: %q", want, found)
				}
			}
		})
	}
	for _, name := range interfacestest.MutexCheckNames() {
		if !proven[name] {
			t.Errorf("no broken mutex fails check %q", name)
		}
	}
}
