package redis

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/internal/sitelog"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// topic is that of this package's log messages.
const topic = "fivcglue.redis"

// connection is one component's share in a link.
type connection struct {
	*link

	release func() error
	closed  atomic.Bool
}

// connect returns a connection without waiting for the server. Components of
// one site with equal settings get shares in the same link. Without a site
// nothing is shared.
func connect(_ context.Context, site *component.Site, config Config) (*connection, error) {
	s, err := config.settings()
	if err != nil {
		return nil, err
	}
	shared, release, err := component.Share(site, s, func() (*link, error) {
		secure, err := config.tlsConfig(s.secure)
		if err != nil {
			return nil, err
		}
		return newLink(s, secure, sitelog.For(site, topic)), nil
	})
	if err != nil {
		return nil, err
	}
	return &connection{link: shared, release: release}, nil
}

// close gives the share back; the last one ends the link.
func (c *connection) close() error {
	if c.closed.Swap(true) {
		return nil
	}
	return c.release()
}

// do has call ask the server and gives its error the meaning that it has by
// the contracts, op being what was to be done, for messages. goredis.Nil and
// errors of package interfaces are returned as they are.
//
// What is idempotent is tried again when that may help, up to max_retries
// times and as long as ctx allows; anything else only if the server cannot
// have seen it.
//
// call has come back when do does, which is soon after ctx ends. It must use
// the context that it is given, no longer than it runs, and must not wait at
// the server for longer than read_timeout; see blocking for what does.
func (c *connection) do(
	ctx context.Context, op string, idempotent bool,
	call func(ctx context.Context, client goredis.UniversalClient) error,
) error {
	if err := c.admit(ctx, op); err != nil {
		return err
	}
	err := c.run(ctx, call)
	if err == nil || err == goredis.Nil { //nolint:errorlint // the common cases, without a search
		return err
	}
	for attempt := 0; ; attempt++ {
		again, final := c.review(ctx, op, idempotent, attempt, err)
		if !again {
			return final
		}
		if err = c.run(ctx, call); err == nil {
			return nil
		}
	}
}

// admit returns why a call is not to be made at all.
func (c *connection) admit(ctx context.Context, op string) error {
	if c.closed.Load() {
		return c.shut(op)
	}
	if err := ctx.Err(); err != nil {
		return c.settings.ended(op, err, false)
	}
	if o := c.outage.Load(); o != nil {
		return fmt.Errorf("redis at %s: %s: %w: %w", c.settings.place(), op, o.kind.sentinel(), o.err)
	}
	return nil
}

// review looks at a failed attempt, the first being 0. It returns whether
// there is to be another, having waited for that, or else the error to return.
func (c *connection) review(ctx context.Context, op string, idempotent bool, attempt int, err error) (again bool, final error) {
	if c.closed.Load() {
		return false, c.shut(op)
	}
	kind := classify(err)
	if kind == answered {
		return false, err
	}

	if cause := over(ctx, kind); cause != nil {
		// The server may be silent, or the caller impatient.
		if !errors.Is(cause, context.Canceled) {
			c.doubt()
		}
		return false, c.settings.ended(op, cause, true)
	}
	c.heed(kind)
	if attempt >= c.settings.MaxRetries || !c.repeatable(kind, idempotent) || !c.backOff(ctx, attempt) {
		return false, c.settings.explain(op, err)
	}

	// Meanwhile ctx may have ended, or the server be known to be down.
	if refused := c.admitAgain(ctx, op, c.settings.explain(op, err)); refused != nil {
		return false, refused
	}
	return true, nil
}

// admitAgain does as admit after an attempt that has failed: a deadline that
// runs out then has its reason in that.
func (c *connection) admitAgain(ctx context.Context, op string, failed error) error {
	refused := c.admit(ctx, op)
	if cause := ctx.Err(); errors.Is(cause, context.DeadlineExceeded) && !ours(refused) {
		return fmt.Errorf("%w: %w", failed, cause)
	}
	return refused
}

// over returns the error of a context that has ended, or that is about to: the
// network's clock may be ahead of the context's.
func over(ctx context.Context, kind failure) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && kind == timedOut && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

func (c *connection) repeatable(kind failure, idempotent bool) bool {
	switch kind {
	case unsent:
		return true
	case elsewhere:
		return c.settings.mode != modeSingle // one server does not change its mind so soon
	case lost, unwell:
		return idempotent
	case timedOut:
		return idempotent && c.settings.RetryOnTimeout
	default:
		return false
	}
}

// backOff waits before the next attempt, no longer than until ctx ends. It
// reports whether there is time for one at all.
func (c *connection) backOff(ctx context.Context, attempt int) bool {
	wait := doubled(c.settings.MinRetryBackoff, c.settings.MaxRetryBackoff, attempt)
	if wait > 1 {
		wait -= rand.N(wait / 2)
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-c.ctx.Done():
	}
	return true
}

// shut is the error of a call after close.
func (c *connection) shut(op string) error {
	return fmt.Errorf("redis at %s: %s: %w", c.settings.place(), op, interfaces.ErrClosed)
}

// blocking returns a client for calls that wait at the server, with
// connections of its own. It lives as long as the link. Its errors are
// go-redis's own: see explain.
func (c *connection) blocking() (goredis.UniversalClient, error) {
	if c.closed.Load() {
		return nil, c.shut("connect")
	}
	client, err := c.blockingClient()
	if err != nil {
		return nil, c.shut("connect")
	}
	return client, nil
}

// explain gives an error of the blocking client the meaning that it has by the
// contracts, and has the server looked after if there is reason to.
func (c *connection) explain(op string, err error) error {
	if err != nil && c.closed.Load() {
		return c.shut(op)
	}
	c.heed(classify(err))
	return c.settings.explain(op, err)
}

// checkHealth asks the server.
func (c *connection) checkHealth(ctx context.Context) error {
	if c.settings.mode == modeCluster {
		return c.checkMasters(ctx)
	}
	return c.do(ctx, "check health", true, func(ctx context.Context, client goredis.UniversalClient) error {
		err := client.Ping(ctx).Err()
		if goredis.IsPermissionError(err) {
			return nil // whoever may not PING is answered all the same
		}
		return err
	})
}

// checkRights asks the server with a call that changes nothing, and that needs
// nothing to be there, whether the user may make such calls. Whose keys it may
// use is not asked: they are the program's.
func (c *connection) checkRights(ctx context.Context, call func(ctx context.Context, client goredis.UniversalClient) error) error {
	return c.do(ctx, "check health", true, func(ctx context.Context, client goredis.UniversalClient) error {
		err := call(ctx, client)
		switch kind := classify(err); {
		case kind == answered:
			return nil
		case kind == invalid && !isRefused(err) && !forbids(err):
			return nil
		default:
			return err
		}
	})
}
