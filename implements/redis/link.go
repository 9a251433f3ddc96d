package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// link is what the components of a site with equal settings share: a client,
// what is known of the server, and the goroutine that looks after it.
type link struct {
	settings settings
	client   goredis.UniversalClient
	logger   interfaces.ILogger

	ctx    context.Context // ends with close
	cancel context.CancelFunc
	work   sync.WaitGroup

	outage  atomic.Pointer[outage] // nil while the server is in order, as far as is known
	suspect chan struct{}          // has watch ask the server
	calls   *interruptibles
	gets    *gets
	secure  *tls.Config // nil without TLS
	nodes   *nodes

	mu       sync.Mutex
	blocking goredis.UniversalClient // nil until it is needed
}

// outage is why calls are refused without asking the server.
type outage struct {
	kind  failure
	err   error // the server's or the network's
	since time.Time
}

func newLink(s settings, secure *tls.Config, logger interfaces.ILogger) *link {
	ctx, cancel := context.WithCancel(context.Background())
	calls := &interruptibles{limit: max(s.ReadTimeout, s.WriteTimeout)}
	l := &link{
		settings: s, logger: logger, secure: secure,
		ctx: ctx, cancel: cancel, suspect: make(chan struct{}, 1), calls: calls,
	}
	l.nodes = &nodes{link: l, known: map[string]*node{}}
	l.client = l.open(s.options(ctx, calls), true)
	l.gets = &gets{link: l}
	if s.mode == modeCluster {
		l.work.Go(l.watchCluster)
	} else {
		l.work.Go(l.watch)
	}
	return l
}

// Close ends calls in flight and waits for all goroutines of the link.
func (l *link) Close() error {
	l.mu.Lock()
	l.cancel()
	blocking := l.blocking
	l.mu.Unlock()
	err := l.client.Close()
	if blocking != nil {
		err = errors.Join(err, blocking.Close())
	}
	l.work.Wait()
	return err
}

// spawn runs f in a goroutine that Close waits for, unless the link is closed.
func (l *link) spawn(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil {
		return false
	}
	l.work.Go(f)
	return true
}

// blockingClient returns the client for calls that wait at the server.
func (l *link) blockingClient() (goredis.UniversalClient, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil {
		return nil, interfaces.ErrClosed
	}
	if l.blocking == nil {
		l.blocking = l.open(l.settings.blockingOptions(l.ctx, l.calls), false)
	}
	return l.blocking, nil
}

// reload has a cluster asked who has which keys now.
func (l *link) reload() {
	if l.settings.mode != modeCluster {
		return
	}
	l.client.(*goredis.ClusterClient).ReloadState(l.ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.blocking != nil {
		l.blocking.(*goredis.ClusterClient).ReloadState(l.ctx)
	}
}

// heed does what an error gives reason to do, apart from the call's own affair.
func (l *link) heed(kind failure) {
	switch {
	case kind.suspicious():
		l.doubt()
	case kind == elsewhere:
		// A node that was cut off from the others says that its cluster is
		// down. go-redis would ask it again for as long as it lives.
		l.reload()
	}
}
