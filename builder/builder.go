package builder

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/configs"
	"github.com/fivcglue/fivcglue-go/internal/document"
)

// Builder loads, checks and writes configurations. Make one with New. It is
// safe for concurrent use.
type Builder struct {
	registry *component.Registry
	site     *component.Site
	format   string
	overlays []string
	lookup   func(name string) (string, bool)
	names    func() []string
	defaults bool
}

// Option changes what a Builder does.
type Option func(*Builder)

// WithRegistry has the interfaces and classes of r known instead of those of
// component.DefaultRegistry, which nil stands for.
func WithRegistry(r *component.Registry) Option {
	return func(b *Builder) { b.registry = cmp.Or(r, component.DefaultRegistry()) }
}

// WithSite has LoadComponentSite build into a site that exists, and references
// checked against the entries that it has. Nil stands for a new site.
func WithSite(site *component.Site) Option { return func(b *Builder) { b.site = site } }

// WithFormat says the format of every source, "json", "yaml" or "yml",
// whatever their names say.
func WithFormat(format string) Option { return func(b *Builder) { b.format = format } }

// WithOverlay has LoadComponentSite read more files after the first. Their
// items are added to those of the files before; none may have an entry that is
// there already.
func WithOverlay(filenames ...string) Option {
	return func(b *Builder) { b.overlays = append(b.overlays, filenames...) }
}

// WithEnvironment has variables of these names and values expanded instead of
// those of the process.
func WithEnvironment(variables map[string]string) Option {
	return func(b *Builder) {
		b.lookup = func(name string) (string, bool) { value, ok := variables[name]; return value, ok }
		b.names = func() []string {
			var names []string
			for name := range variables {
				names = append(names, name)
			}
			slices.Sort(names)
			return names
		}
	}
}

// WithDefaults has Dump write the values that the file leaves to the defaults,
// too.
func WithDefaults() Option { return func(b *Builder) { b.defaults = true } }

// New returns a builder over component.DefaultRegistry and the variables of the
// process, unless the options say otherwise.
func New(opts ...Option) *Builder {
	b := &Builder{registry: component.DefaultRegistry(), lookup: os.LookupEnv, names: environment}
	for _, opt := range opts {
		opt(b)
	}
	return b
}

// environment returns the names of the process's variables, sorted.
func environment() []string {
	var names []string
	for _, variable := range os.Environ() {
		if name, _, found := strings.Cut(variable, "="); found && name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// LoadComponentSite builds what the file says and returns the site, which the
// caller closes. An empty filename loads the embedded basics. The error is as
// that of Load; with it the site is nil, and one given by WithSite is as it was.
func LoadComponentSite(filename string, opts ...Option) (*component.Site, error) {
	b := New(opts...)
	var sources []Source
	if filename == "" {
		text, err := configs.Open(configs.Basics)
		if err != nil {
			return nil, err
		}
		basics := Reader(configs.FileName(configs.Basics), document.YAML, strings.NewReader(string(text)))
		basics.fixed = true
		sources = append(sources, basics)
	} else {
		sources = append(sources, File(filename))
	}
	for _, overlay := range b.overlays {
		sources = append(sources, File(overlay))
	}
	site := b.site
	if site == nil {
		site = component.NewSite()
	}
	if err := b.Load(context.Background(), site, sources...); err != nil {
		return nil, err
	}
	return site, nil
}

// Load builds what the sources say into site: all of it, or nothing. Several
// sources are layers of one configuration: their items are one list, and may
// refer to each other. The error is Diagnostics, or, where it is not the
// configuration's fault, the site's: component.ErrClosed, a context's own,
// component.ErrUnsuitable for no site.
func (b *Builder) Load(ctx context.Context, site *component.Site, sources ...Source) error {
	c, err := b.check(ctx, site, sources)
	if err != nil {
		return err
	}
	return c.build(ctx, site)
}

// Check reports all problems of the sources that can be known without building
// or connecting to anything, as Diagnostics. It reads the sources, and the
// files that their values name.
func (b *Builder) Check(ctx context.Context, sources ...Source) error {
	_, err := b.check(ctx, b.site, sources)
	return err
}

func (b *Builder) check(ctx context.Context, site *component.Site, sources []Source) (*checker, error) {
	if len(sources) == 0 {
		return nil, errors.New("there is no source to load")
	}
	c := newChecker(b, site)
	for i, source := range sources {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		c.read(source, i)
	}
	c.entries = make(map[entryKey]*entry, len(c.items))
	for _, it := range c.items {
		if c.cut {
			break // the file is something else altogether
		}
		c.checkItem(it)
	}
	c.checkReferences()
	if found := c.diagnostics(); len(found) > 0 {
		return nil, found
	}
	return c, nil
}
