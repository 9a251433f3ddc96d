package interfacestest

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// QueueHarness is one queue site to test, the settings that it was made with,
// and what can be done to its backend. Site and the settings are required.
//
// The site may share its backend with others: the kit works in queues of its
// own and empties them. The kit closes the site, if it has a Close, once and
// with nothing to follow but what tests closing.
type QueueHarness struct {
	Site interfaces.IQueueSite

	// The settings. The kit's waits are made of them, so that small ones make
	// it quick: MaxAttempts at least 2, RetryDelay the longest wait before a
	// second attempt, Concurrency at least 2, MaxLength 10 to 1,000.
	// Visibility is zero for a backend whose consumers cannot die alone.
	MaxAttempts int
	RetryDelay  time.Duration
	Concurrency int
	MaxLength   int
	Visibility  time.Duration

	// Other opens another site on the same backend, as another process has
	// it. The kit closes it.
	Other func() (interfaces.IQueueSite, error)

	// Abandon cuts Site off its backend for good and without a word, as if
	// its process had died. What Other gave goes on.
	Abandon func()

	// Break has the backend refuse all calls of Site, at once, until repair
	// is called.
	Break func() (repair func())

	// Hang has the backend take calls of Site and never answer, until repair
	// is called.
	Hang func() (repair func())

	// StoreForeign has the backend hold something in the place of a queue
	// that cannot be one, such as a value of another type.
	StoreForeign func(queue string) error

	// Patience is how long the kit waits for what should happen soon. Zero is
	// ten seconds.
	Patience time.Duration

	// Skip names checks that this backend cannot pass, and why: for a
	// stand-in that does not do all that the real one does.
	Skip map[string]string
}

func (h QueueHarness) subject() any { return h.Site }

// TestQueue makes one subtest of t for each promise of interfaces.IQueueSite
// and what it gives, and of the optional interfaces.IDelayedProducer and
// IQueueInspector if the site has them. open is called by each subtest for a
// harness of its own; it may call t.Parallel.
func TestQueue(t *testing.T, open func(t *testing.T) QueueHarness) {
	t.Helper()
	runTests(t, queueChecks(), open, skippedQueueChecks)
}

// CheckQueue returns nil if the sites that open gives keep all promises of
// interfaces.IQueueSite, else a *Failure for each that they do not, joined
// with errors.Join. open is called once per check.
func CheckQueue(ctx context.Context, open func() (QueueHarness, error)) error {
	return runChecks(ctx, queueChecks(), open, skippedQueueChecks)
}

func skippedQueueChecks(h QueueHarness) map[string]string { return h.Skip }

func queueChecks() []check[QueueHarness] {
	var checks []check[QueueHarness]
	for _, c := range slices.Concat(
		queueCallChecks, queueDeliveryChecks, queueRetryChecks, queueClaimChecks, queueDrainChecks,
		queueRoomChecks, queueDelayChecks, queueDeadChecks, queueFailureChecks,
	) {
		checks = append(checks, check[QueueHarness]{
			name: "queue/" + c.name, promise: c.promise, needs: c.needs,
			run: func(ctx context.Context, r *recorder, h QueueHarness) {
				k := newQueueKit(r, h)
				defer k.end()
				c.run(ctx, k)
			},
		})
	}
	return checks
}

// queueCheck is a check written against a queueKit.
type queueCheck struct {
	name    string
	promise string
	needs   func(QueueHarness) string
	run     func(ctx context.Context, k *queueKit)
}

// queueKit is what a check works with: a recorder, a site, a queue that nobody
// else uses, and the consumers that the check has started.
type queueKit struct {
	*recorder
	QueueHarness
	queue   string
	running []*consuming
	others  []interfaces.IQueueSite
	gates   []func()
}

func newQueueKit(r *recorder, h QueueHarness) *queueKit {
	if h.Patience <= 0 {
		h.Patience = 10 * time.Second
	}
	return &queueKit{recorder: r, QueueHarness: h, queue: "kit-" + rand.Text()}
}

// end stops what the check has left running.
func (k *queueKit) end() {
	for _, open := range k.gates {
		open()
	}
	for _, c := range k.running {
		c.cancel()
	}
	for _, c := range k.running {
		k.await(c.ended)
	}
	for _, site := range k.others {
		_, _ = closeComponent(context.Background(), site) // how closing ends is no promise of a queue
	}
}

// await reports whether done was closed in time.
func (k *queueKit) await(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-time.After(k.Patience):
		return false
	}
}

// gate returns what handlers can wait at, and what lets them pass. It opens at
// the end of the check in any case.
func (k *queueKit) gate() (closed <-chan struct{}, open func()) {
	gate := make(chan struct{})
	open = sync.OnceFunc(func() { close(gate) })
	k.gates = append(k.gates, open)
	return gate, open
}

func (k *queueKit) producer() interfaces.IQueueProducer { return k.producerOf(k.Site) }

func (k *queueKit) producerOf(site interfaces.IQueueSite) interfaces.IQueueProducer {
	p, err := site.GetProducer(k.queue)
	if err != nil {
		k.Fatalf("GetProducer: %w", err)
	}
	return p
}

// produce adds messages that have to be added.
func (k *queueKit) produce(ctx context.Context, bodies ...string) {
	messages := make([][]byte, len(bodies))
	for i, body := range bodies {
		messages[i] = []byte(body)
	}
	if err := k.producer().Produce(ctx, messages...); err != nil {
		k.Fatalf("Produce of %d messages: %w", len(bodies), err)
	}
}

func (k *queueKit) other() interfaces.IQueueSite {
	site, err := k.Other()
	if err != nil {
		k.Fatalf("open another site: %w", err)
	}
	k.others = append(k.others, site)
	return site
}

// consuming is a Consume that runs.
type consuming struct {
	got    chan interfaces.Message // what the handler was given, in order
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // what Consume returned, once ended is closed

	mu   sync.Mutex
	open int // handlers at work
	most int // at once
}

// consume starts a consumer of the kit's queue on site. A nil handle
// acknowledges.
func (k *queueKit) consume(ctx context.Context, site interfaces.IQueueSite, handle func(context.Context, interfaces.Message) error) *consuming {
	consumer, err := site.GetConsumer(k.queue)
	if err != nil {
		k.Fatalf("GetConsumer: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	c := &consuming{got: make(chan interfaces.Message, 10_000), cancel: cancel, ended: make(chan struct{})}
	k.running = append(k.running, c)
	go func() {
		defer close(c.ended)
		c.err = consumer.Consume(ctx, func(ctx context.Context, m interfaces.Message) error {
			c.count(1)
			defer c.count(-1)
			c.got <- m
			if handle == nil {
				return nil
			}
			return handle(ctx, m)
		})
	}()
	return c
}

func (c *consuming) count(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open += n
	c.most = max(c.most, c.open)
}

func (c *consuming) mostAtOnce() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.most
}

// next is the next message that the handler was given.
func (k *queueKit) next(c *consuming, what string) interfaces.Message {
	select {
	case m := <-c.got:
		return m
	case <-c.ended:
		select {
		case m := <-c.got:
			return m
		default:
		}
		k.Fatalf("Consume ended, with %w, before it gave %s", orNoError(c.err), what)
	case <-time.After(k.Patience):
		k.Fatalf("%s was not delivered within %v", what, k.Patience)
	}
	return interfaces.Message{}
}

// quiet notes a message that the handler is given within d.
func (k *queueKit) quiet(c *consuming, d time.Duration, why string) {
	select {
	case m := <-c.got:
		k.Errorf("%s: got %s again or too soon, attempt %d", why, short(string(m.Body)), m.Attempt)
	case <-time.After(d):
	}
}

// stop ends a Consume as its context's end does, and wants it to return nil.
func (k *queueKit) stop(c *consuming) {
	c.cancel()
	if !k.await(c.ended) {
		k.Fatalf("Consume did not return within %v after its context had ended", k.Patience)
	}
	if c.err != nil {
		k.Errorf("Consume whose context ended: %w; want nil", c.err)
	}
}

// emptied waits until the queue holds nothing but dead letters, as far as the
// site can tell.
func (k *queueKit) emptied(ctx context.Context) {
	inspector, ok := k.Site.(interfaces.IQueueInspector)
	if !ok {
		return
	}
	k.wantDepth(ctx, inspector, "after everything was acknowledged", func(d interfaces.QueueDepth) bool {
		return d.Waiting == 0 && d.InFlight == 0 && d.Delayed == 0
	})
}

// wantDepth waits until the depth is as it should be.
func (k *queueKit) wantDepth(ctx context.Context, inspector interfaces.IQueueInspector, when string, right func(interfaces.QueueDepth) bool) {
	deadline := time.Now().Add(k.Patience)
	for {
		depth, err := inspector.GetDepth(ctx, k.queue)
		if err != nil {
			k.Fatalf("GetDepth %s: %w", when, err)
		}
		if right(depth) {
			return
		}
		if time.Now().After(deadline) {
			k.Errorf("GetDepth %s = %+v", when, depth)
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (k *queueKit) wantError(err, want error, call string) {
	switch {
	case err == nil:
		k.Errorf("%s gave no error, want: %v", call, want)
	case !errors.Is(err, want):
		k.Errorf("%s: %w; want: %v", call, err, want)
	}
}

// moment is long enough for what is wrong to show, where it would at once.
const moment = 50 * time.Millisecond

var errNoError = errors.New("no error")

func orNoError(err error) error {
	if err == nil {
		return errNoError
	}
	return err
}
