package redis

import (
	"context"
	"sync"

	goredis "github.com/redis/go-redis/v9"
)

// gets has callers that want values at the same time share round trips: while
// a batch of GETs is on its way, the next one gathers. Each caller still has
// its own deadline, and its own answer.
//
// go-redis can gather commands by itself (AutoPipeline), but a command in its
// hands knows no deadline and cannot be cancelled.
type gets struct {
	link   *link
	flight *job // answers those who wait

	mu      sync.Mutex
	waiting []*get
	flights int // batches on their way
}

// get is the question for one key.
type get struct {
	key   string
	value []byte
	err   error
	done  chan struct{}
}

const (
	// maxFlights keeps one large value from holding up all others. More
	// flights would make for smaller batches.
	maxFlights = 2

	// maxGets bounds a batch, whose answers come all at once.
	maxGets = 300
)

var getPool = sync.Pool{New: func() any { return &get{done: make(chan struct{}, 1)} }}

func newGets(l *link) *gets {
	g := &gets{link: l}
	g.flight = &job{ctx: context.Background(), call: g.fly}

	return g
}

// run returns the value of key or the error of go-redis. left says that ctx
// ended first.
func (g *gets) run(ctx context.Context, key string) (value []byte, err error, left bool) {
	g.mu.Lock()

	if ctx.Done() == nil && g.flights == 0 { // nobody to wait for, and nobody who waits
		g.flights++
		g.mu.Unlock()

		value, err = g.link.client.Get(ctx, key).Bytes()
		g.land()

		return value, err, false
	}

	q := getPool.Get().(*get)
	q.key = key
	g.waiting = append(g.waiting, q)
	launch := g.flights < maxFlights

	if launch {
		g.flights++
	}

	g.mu.Unlock()

	if launch {
		g.launch()
	}

	select {
	case <-q.done:
		value, err = q.value, q.err
		q.key, q.value, q.err = "", nil, nil
		getPool.Put(q)

		return value, err, false
	case <-ctx.Done():
		return nil, ctx.Err(), true
	}
}

// land ends a flight, or has a worker go on with those who wait by now.
func (g *gets) land() {
	g.mu.Lock()
	more := len(g.waiting) > 0

	if !more {
		g.flights--
	}

	g.mu.Unlock()

	if more {
		g.launch()
	}
}

// launch has a worker answer those who wait, until nobody does.
func (g *gets) launch() {
	if !g.link.hand(g.flight) {
		_ = g.fly(context.Background(), g.link.client) // the client is closed and says so
	}
}

func (g *gets) fly(ctx context.Context, client goredis.UniversalClient) error {
	var batch []*get

	for {
		if batch = g.take(batch[:0]); len(batch) == 0 {
			return nil
		}

		if o := g.link.outage.Load(); o != nil {
			refuse(batch, o.err)
		} else {
			ask(ctx, client, batch)
		}

		for _, q := range batch {
			q.done <- struct{}{}
		}

		clear(batch)
	}
}

// take moves those who wait to batch. If there are none the flight is over.
func (g *gets) take(batch []*get) []*get {
	g.mu.Lock()
	defer g.mu.Unlock()

	n := min(len(g.waiting), maxGets)
	if n == 0 {
		g.flights--

		return batch
	}

	batch = append(batch, g.waiting[:n]...)
	rest := copy(g.waiting, g.waiting[n:])
	clear(g.waiting[rest:])
	g.waiting = g.waiting[:rest]

	return batch
}

// refuse answers those who have waited until there was an outage.
func refuse(batch []*get, err error) {
	for _, q := range batch {
		q.err = err
	}
}

func ask(ctx context.Context, client goredis.UniversalClient, batch []*get) {
	if len(batch) == 1 {
		q := batch[0]
		q.value, q.err = client.Get(ctx, q.key).Bytes()

		return
	}

	pipeline := client.Pipeline()
	for _, q := range batch {
		pipeline.Get(ctx, q.key)
	}

	commands, _ := pipeline.Exec(ctx) // each command has its own error
	for i, command := range commands {
		batch[i].value, batch[i].err = command.(*goredis.StringCmd).Bytes()
	}
}
