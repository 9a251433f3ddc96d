package interfacestest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
)

// The kit's own settings for the queues that it is tried on.
func queueHarnessOf(flaw string) func() (interfacestest.QueueHarness, error) {
	return func() (interfacestest.QueueHarness, error) {
		backend := newTinyBackend(flaw)
		return interfacestest.QueueHarness{
			Site:        backend.open(),
			MaxAttempts: tinyAttempts, RetryDelay: tinyRetry, Concurrency: tinyConcurrency,
			MaxLength: tinyLength, Visibility: tinyVisibility,
			Other: func() (interfaces.IQueueSite, error) { return backend.open(), nil },
			Abandon: func() {
				backend.mu.Lock()
				defer backend.mu.Unlock()
				backend.sites[0].dead = true
			},
			Break: func() func() {
				backend.fail(fmt.Errorf("down: %w", interfaces.ErrUnavailable))
				return func() { backend.fail(nil) }
			},
			Hang: func() func() {
				backend.fail(errTinySilent)
				return func() { backend.fail(nil) }
			},
			StoreForeign: func(string) error {
				backend.fail(fmt.Errorf("another type: %w", interfaces.ErrInvalid))
				return nil
			},
		}, nil
	}
}

func TestQueueKitPassesACorrectQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if err := interfacestest.CheckQueue(t.Context(), queueHarnessOf("")); err != nil {
			t.Error(err)
		}
	})
}

func TestQueueKitFindsBrokenQueues(t *testing.T) {
	for flaw, check := range map[string]string{
		"takes any name":                       "queue/names",
		"takes bodies of any size":             "queue/too large",
		"consumes without a handler":           "queue/no handler",
		"lets one consumer consume twice":      "queue/second Consume",
		"produces though it is cancelled":      "queue/cancelled Produce",
		"produces after Close":                 "queue/closed",
		"closes without waiting for handlers":  "queue/closed",
		"has the same ID for every message":    "queue/message",
		"loses empty bodies":                   "queue/message",
		"counts attempts from 0":               "queue/message",
		"loses what nobody was waiting for":    "queue/produced before",
		"keeps the producer's bytes":           "queue/copied in",
		"hands out its own bytes":              "queue/copied out",
		"gives every consumer every message":   "queue/shared",
		"has one queue for all names":          "queue/separate",
		"runs more handlers than it may":       "queue/concurrency",
		"runs one handler at a time":           "queue/concurrency",
		"hides the values of the context":      "queue/values",
		"acknowledges first":                   "queue/error",
		"loses on panic":                       "queue/panic",
		"loses its worker to Goexit":           "queue/goexit",
		"gives a new ID to each attempt":       "queue/error",
		"says attempt 1 every time":            "queue/error",
		"tries again at once":                  "queue/again later",
		"stops at a message that fails":        "queue/others go on",
		"tries for ever":                       "queue/given up",
		"tries once less":                      "queue/given up",
		"forgets attempts when a run ends":     "queue/acknowledged",
		"robs the living":                      "queue/slow handler",
		"never takes over from the dead":       "queue/dead consumer",
		"lets a robbed handler go on":          "queue/dead consumer",
		"waits for each handler":               "queue/stuck handler",
		"returns long after its context ended": "queue/idle",
		"returns the context's error":          "queue/idle",
		"delivers though its context ended":    "queue/ended context",
		"ends the handlers' contexts":          "queue/in flight",
		"returns before its handlers":          "queue/in flight",
		"delivers after drain":                 "queue/nothing new",
		"keeps what it read ahead":             "queue/nothing new",
		"takes more than it may hold":          "queue/full",
		"drops the oldest when full":           "queue/full",
		"gives no room back":                   "queue/full",
		"adds a part when full":                "queue/all or none",
		"checks its length and then adds":      "queue/full at once",
		"does not delay":                       "queue/delayed",
		"loses what is delayed":                "queue/delayed",
		"delays by any time":                   "queue/bad delay",
		"has room for all that is delayed":     "queue/delayed and full",
		"counts nothing":                       "queue/depth",
		"has no dead letters":                  "queue/dead letters",
		"forgets why a letter is dead":         "queue/dead letters",
		"keeps letters as text":                "queue/dead letters",
		"restores with attempts":               "queue/restore",
		"restores and keeps":                   "queue/restore",
		"restores more than there is room for": "queue/restore to a full queue",
		"discards everything":                  "queue/discard",
		"lets anything be inspected":           "queue/inspect names",
		"ends when the backend breaks":         "queue/broken",
		"says full when it is broken":          "queue/broken",
		"ignores deadlines":                    "queue/silent",
		"says a deadline is not the backend's": "queue/silent",
		"waits for what is of another type":    "queue/another type",
	} {
		t.Run(flaw, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := interfacestest.CheckQueue(t.Context(), queueHarnessOf(flaw))
				time.Sleep(time.Minute) // some queues leave a goroutine behind for a while
				if !failedCheck(err, check) {
					t.Errorf("the check %s does not find out a queue that %s; found: %v", check, flaw, err)
				}
			})
		})
	}
}

// failedCheck reports whether err joins a failure of the check.
func failedCheck(err error, check string) bool {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return false
	}
	for _, err := range joined.Unwrap() {
		if f, ok := errors.AsType[*interfacestest.Failure](err); ok && f.Check == check {
			return true
		}
	}
	return false
}

func TestQueueKitSkips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := queueHarnessOf("loses on panic")
		err := interfacestest.CheckQueue(t.Context(), func() (interfacestest.QueueHarness, error) {
			h, err := open()
			h.Skip = map[string]string{"queue/panic": "it is known"}
			return h, err
		})
		if failedCheck(err, "queue/panic") {
			t.Errorf("a check that is to be skipped was run: %v", err)
		}
	})
}

func TestQueueKitNamesWhatWasSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := interfacestest.CheckQueue(t.Context(), queueHarnessOf("loses on panic"))
		if err == nil || !strings.Contains(err.Error(), "queue/panic: after a panic the message is delivered again: the second attempt was not delivered within 10s") {
			t.Errorf("got %v", err)
		}
	})
}

const (
	tinyAttempts    = 3
	tinyPause       = 4 * time.Millisecond
	tinyRetry       = 20 * time.Millisecond
	tinyConcurrency = 3
	tinyLength      = 40
	tinyVisibility  = 300 * time.Millisecond
)
