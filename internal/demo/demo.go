// Package demo shows what the caches of a configuration do: each step, what
// came back and how long it took, side by side for all of them. Every answer
// is compared with the one that the contract promises, so that the
// demonstration fails where a cache does not keep it.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/configs"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// Options say what is shown, and where.
type Options struct {
	// Registry knows the classes of the configuration.
	Registry *component.Registry

	// Config is the name of the configuration's file; '' is the embedded
	// demo.yml. The file may refer to the server's address as ${REDIS_URL}.
	Config string

	// Addr is the Redis server's address, host:port or a redis:// URL. ''
	// is a server within this process.
	Addr string

	Out   io.Writer
	Color bool // whether Out understands the escape sequences of terminals
}

// Run shows all steps. It returns an error if the configuration cannot be
// loaded, holds no cache or a cache that cannot work, and if an answer was not
// as promised. It leaves no keys behind.
func Run(ctx context.Context, options Options) error {
	server, err := openServer(options.Addr)
	if err != nil {
		return err
	}
	defer server.close()

	began := time.Now()
	site, err := load(ctx, options, server)
	if err != nil {
		return err
	}
	defer func() { _ = site.Close(context.WithoutCancel(ctx)) }()
	took := time.Since(began)

	out := &sink{Writer: options.Out}
	s := &show{
		printer: printer{out: out, color: options.Color},
		sink:    out,
		server:  server,
	}
	run := strings.ToLower(rand.Text()[:8])
	for name, cache := range component.All[interfaces.ICache](site) {
		// Two entries may be one cache, and two caches one server: each has
		// keys of its own.
		prefix := fmt.Sprintf("%s%s:%d:", keys, run, len(s.caches))
		s.caches = append(s.caches, named{name, on{cache, prefix}})
	}
	if len(s.caches) == 0 {
		return errors.New("the configuration declares no interfaces.ICache, so there is nothing to show")
	}
	s.introduce(options, site, took)
	if err := healthy(ctx, site, server); err != nil {
		return err
	}
	defer s.clean(context.WithoutCancel(ctx))

	s.columns(s.caches)
	return s.run(ctx)
}

// load builds the site. The configuration learns the server's address as a
// variable.
func load(ctx context.Context, options Options, server *server) (*component.Site, error) {
	source := builder.File(options.Config)
	if options.Config == "" {
		text, err := configs.Open("demo")
		if err != nil {
			return nil, err
		}
		source = builder.Reader(configs.FileName("demo"), "yaml", strings.NewReader(string(text)))
	}
	variables := map[string]string{}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		variables[name] = value
	}
	variables["REDIS_URL"] = server.url

	site := component.NewSite()
	b := builder.New(builder.WithRegistry(options.Registry), builder.WithEnvironment(variables))
	if err := b.Load(ctx, site, source); err != nil {
		return nil, err
	}
	return site, nil
}

// healthy says why a component cannot work, and what can be done about it.
func healthy(ctx context.Context, site *component.Site, server *server) error {
	for _, health := range site.CheckHealth(ctx) {
		if health.Err == nil {
			continue
		}
		hint := ""
		switch {
		case !errors.Is(health.Err, interfaces.ErrUnavailable): // the server is there, and says why not
		case server.ofTheUser():
			hint = "; start a server there, or leave out --addr to see the demonstration without one"
		default:
			hint = "; start the server that the configuration names"
		}
		return fmt.Errorf("%s cannot work: %w%s", health.Component, health.Err, hint)
	}
	return ctx.Err()
}

// show is one run of the demonstration.
type show struct {
	printer
	sink   *sink
	server *server
	caches []named
	wrong  int // answers that were not as promised
}

// keys is how all keys begin, so that those of others are left alone.
const keys = "fivcglue:demo:"

type named struct {
	name  string
	cache on
}

func (s *show) introduce(options Options, site *component.Site, took time.Duration) {
	s.title("What a configuration file gives to a program")
	s.fact("configuration", cmpOr(options.Config, "configs/"+configs.FileName("demo")))
	s.fact("Redis server", s.server.description)
	s.fact("loaded in", length(took))
	for _, entry := range slices.SortedFunc(slices.Values(site.Entries()), func(a, b component.Entry) int {
		return strings.Compare(a.Interface+a.Name, b.Interface+b.Name)
	}) {
		s.fact(entry.Class, fmt.Sprintf("serves %s %q", entry.Interface, entry.Name))
	}
}

func cmpOr(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// run shows the steps, and then what becomes of the caches when their server
// stops, if that may be done to it.
func (s *show) run(ctx context.Context) error {
	for _, step := range steps {
		s.step(step.title)
		for _, call := range step.calls {
			if err := s.call(ctx, call); err != nil {
				return err
			}
		}
	}
	if s.server.stoppable() {
		if err := s.outage(ctx); err != nil {
			return err
		}
	}
	if s.wrong > 0 {
		return fmt.Errorf("%d answers were not as the contract promises", s.wrong)
	}
	s.finish(len(s.caches))
	return s.sink.err
}

// call makes one call on each of the caches and shows what came back.
func (s *show) call(ctx context.Context, c call) error {
	answers := make([]answer, len(s.caches))
	var waiting sync.WaitGroup
	for i, cache := range s.caches {
		if c.waits {
			waiting.Go(func() { answers[i] = s.ask(ctx, cache, c) })
		} else {
			answers[i] = s.ask(ctx, cache, c)
		}
	}
	waiting.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, a := range answers {
		if a.wanted != "" {
			s.wrong++
		}
	}
	s.answers(c.text, answers)
	return s.sink.err
}

// ask makes the call on one cache.
func (s *show) ask(ctx context.Context, cache named, c call) answer {
	began := time.Now()
	text, err := c.do(ctx, cache.cache)
	a := answer{text: text, took: time.Since(began)}
	if err != nil {
		a.text, a.failed = verdict(err), true
	}
	if c.want != "" && a.text != c.want {
		a.wanted = c.want
	}
	return a
}

// clean removes what is left of the keys.
func (s *show) clean(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for _, cache := range s.caches {
		_, _ = cache.cache.DeletePattern(ctx, cache.cache.prefix+"*")
	}
}
