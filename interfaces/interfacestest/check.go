package interfacestest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// Failure is one promise of a contract that an implementation did not keep.
type Failure struct { //nolint:errname // it is a result, whose name says what failed
	Check   string // the name of the check, which is its subtest's too
	Promise string // what the contract promises
	Err     error  // what was seen instead, joined if it was more than one thing
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s: %s: %s", f.Check, f.Promise, strings.ReplaceAll(f.Err.Error(), "\n", "; "))
}

// Unwrap returns what was seen.
func (f *Failure) Unwrap() error { return f.Err }

// checkTimeout is how long one check may take before its context ends.
const checkTimeout = time.Minute

// check holds one promise of a contract against the subjects that harness H
// gives.
type check[H any] struct {
	name    string
	promise string
	needs   func(H) string // what the harness lacks for this check, "" for nothing; nil needs nothing
	run     func(ctx context.Context, r *recorder, h H)
}

// runTests makes one subtest per check. Each opens a subject of its own.
func runTests[H any](t *testing.T, checks []check[H], open func(t *testing.T) H, skip func(H) map[string]string) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			h := open(t)
			if why, ok := skip(h)[c.name]; ok {
				closeSubject(t.Context(), h)
				t.Skip(why)
			}
			ran, err := c.against(t.Context(), h)
			if err != nil {
				t.Errorf("%s: %v", c.promise, err)
			} else if !ran {
				t.Skipf("the harness has no %s", c.needs(h))
			}
		})
	}
}

// runChecks joins a *Failure for each check that fails. Each opens a subject
// of its own.
func runChecks[H any](ctx context.Context, checks []check[H], open func() (H, error), skip func(H) map[string]string) error {
	var failures []error
	for _, c := range checks {
		h, err := open()
		if err != nil {
			return errors.Join(append(failures, fmt.Errorf("open a subject for check %s: %w", c.name, err))...)
		}
		if _, ok := skip(h)[c.name]; ok {
			closeSubject(ctx, h)
			continue
		}
		if _, err := c.against(ctx, h); err != nil {
			failures = append(failures, &Failure{Check: c.name, Promise: c.promise, Err: err})
		}
	}
	return errors.Join(failures...)
}

// against runs the check and closes the subject. It reports whether the
// harness had what the check needs.
func (c check[H]) against(ctx context.Context, h H) (ran bool, err error) {
	r := &recorder{}
	defer func() {
		if !r.stuck {
			closeSubject(context.WithoutCancel(ctx), h)
		}
	}()
	if c.needs != nil && c.needs(h) != "" {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	r.protect(func() { c.run(ctx, r, h) })
	return true, errors.Join(r.errs...)
}

// subject is a harness that says what is to be closed after a check.
type subject interface{ subject() any }

// closeSubject closes what a check was run against, if it can be closed. How
// closing ends is not the kit's concern: no contract speaks of it.
func closeSubject(ctx context.Context, h any) {
	s, ok := h.(subject)
	if !ok {
		return
	}
	_, _ = closeComponent(ctx, s.subject())
}

// closeComponent calls the Close that v has, and reports whether it has one.
func closeComponent(ctx context.Context, v any) (bool, error) {
	switch c := v.(type) {
	case interface{ Close(context.Context) error }:
		return true, c.Close(ctx)
	case io.Closer:
		return true, c.Close()
	}
	return false, nil
}

// recorder collects what a check sees. It is used by one goroutine.
type recorder struct {
	errs  []error
	stuck bool // a call of the subject never returned, so that Close might not either
}

// maxProblems is how many problems of one check are told. More of them say
// nothing new.
const maxProblems = 10

var (
	errNone = errors.New("no error")
	errMore = errors.New("and more")
)

// Errorf notes something that is not as promised. A nil among the arguments is
// an error that there was not.
func (r *recorder) Errorf(format string, args ...any) {
	for i, arg := range args {
		if arg == nil {
			args[i] = errNone
		}
	}
	err := fmt.Errorf(format, args...)
	if len(r.errs) == maxProblems {
		err = errMore
	}
	same := func(e error) bool { return e.Error() == err.Error() }
	if len(r.errs) <= maxProblems && !slices.ContainsFunc(r.errs, same) {
		r.errs = append(r.errs, err)
	}
}

// Fatalf notes something without which the rest of the check means nothing,
// and ends the check.
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	panic(stopCheck{})
}

type stopCheck struct{}

// protect runs f and returns when it ends, also by Fatalf.
func (r *recorder) protect(f func()) {
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(stopCheck); !ok {
				panic(p)
			}
		}
	}()
	f()
}

// within runs f in a goroutine of its own and reports whether it ended in
// time. If it did not, the goroutine is left behind, and what it has noted is
// lost: what it waits for is the subject's bug.
func (r *recorder) within(patience time.Duration, f func(r *recorder)) bool {
	others := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		others.protect(func() { f(others) })
	}()
	select {
	case <-done:
		r.errs = append(r.errs, others.errs...)
		return true
	case <-time.After(patience):
		r.stuck = true
		return false
	}
}
