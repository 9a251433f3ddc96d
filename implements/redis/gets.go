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
	link *link

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

// run returns the value of key, or the error of go-redis or of ctx.
func (g *gets) run(ctx context.Context, key string) ([]byte, error) {
	g.mu.Lock()
	if g.flights == 0 { // nobody to wait for, and nobody who waits
		g.flights++
		g.mu.Unlock()
		return g.alone(ctx, key)
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
		value, err := q.value, q.err
		q.key, q.value, q.err = "", nil, nil
		getPool.Put(q)
		return value, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// alone is a flight with one question, which its caller sees to.
func (g *gets) alone(ctx context.Context, key string) (value []byte, err error) {
	defer g.land()
	if ctx.Done() == nil {
		return g.link.client.Get(ctx, key).Bytes()
	}
	err = g.link.run(ctx, func(ctx context.Context, client goredis.UniversalClient) (err error) {
		value, err = client.Get(ctx, key).Bytes()
		return err
	})
	return value, err
}

// land ends a flight, unless somebody waits by now.
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

// launch has those who wait answered, by somebody else if the link is not
// closed.
func (g *gets) launch() {
	if !g.link.spawn(g.fly) {
		g.fly() // it does not take long: the client says that it is closed
	}
}

// fly answers those who wait, until nobody does.
func (g *gets) fly() {
	var batch []*get
	for {
		if batch = g.take(batch[:0]); len(batch) == 0 {
			return
		}
		if o := g.link.outage.Load(); o != nil {
			refuse(batch, o.err)
		} else {
			ask(g.link.client, batch)
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

// ask has no context of anybody's: those who ask wait for as long as they like.
func ask(client goredis.UniversalClient, batch []*get) {
	ctx := context.Background()
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
