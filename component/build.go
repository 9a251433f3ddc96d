package component

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"
)

// Item is one component that is to be built.
type Item struct {
	Class   *ClassInfo
	Entries []ItemEntry // may be empty: the component is built all the same

	// Decode sets the item's own values in config, a pointer to a config of
	// the class that has its defaults already. Nil leaves them.
	Decode func(config any) error

	Origin string // where the item stands, "config.yml:3:1", for messages
	Source any    // the builder's own

	Uses []Use // set by Build in what Items returns
}

// ItemEntry is one entry that an item's component is to serve.
type ItemEntry struct {
	Interface *InterfaceInfo
	Name      string
	Origin    string // "" means the item's
}

// Use says that a component refers to an entry or has looked it up in its New.
type Use struct {
	Interface string
	Name      string
	Path      string // of the reference in the config; "" for a lookup
	Found     bool
}

// Starter is implemented by components that have something to begin when
// everything is built. Start is called before the entries become visible, in
// the order of building. If it fails, so does the building. ctx ends with the
// building, so what lives on must not hang on it.
type Starter interface {
	Start(ctx context.Context) error
}

// Validator is implemented by configs that can tell by themselves whether
// they make sense. The error may be, or join, KeyErrors. Validate is called
// when the config is complete, before New.
type Validator interface {
	Validate() error
}

// Build builds the components of items, each after those that it refers to or
// looks up, otherwise in the order given; starts them; and makes their entries
// visible, all at once. If anything fails it closes what it built, in reverse,
// and the site is as it was before. The error is, or joins, *BuildErrors: one
// for each item that is wrong in itself, or the first that failed to be built.
//
// Builds of one site wait for each other. After Close the error is ErrClosed.
func (s *Site) Build(ctx context.Context, items []Item) error {
	if s == nil {
		return fmt.Errorf("build: %w: the site is nil", ErrUnsuitable)
	}
	if s.view != nil {
		if s.building() {
			return fmt.Errorf("build: %w: the site is being built", ErrUnsuitable)
		}
		return s.state.root.Build(ctx, items)
	}
	if err := s.state.acquire(ctx); err != nil {
		return err
	}
	defer s.state.release()
	if s.isClosed() {
		return ErrClosed
	}
	b, err := s.plan(items)
	if err != nil {
		return err
	}
	return b.run(ctx)
}

func (s *Site) isClosed() bool {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return s.state.closed
}

// undoTimeout bounds the closing of what was built, when building fails.
const undoTimeout = 10 * time.Second

// run builds, starts and publishes, or undoes what it did, also when a New
// ends its goroutine.
func (b *construction) run(ctx context.Context) (err error) {
	published := false
	defer func() {
		b.over.Store(true)
		if !published {
			// The rest of ctx, if there is any, is not for undoing.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
			defer cancel()
			err = errors.Join(err, closeMembers(ctx, b.members()))
		}
	}()
	for i := range b.nodes {
		if err := b.ensure(ctx, &b.nodes[i], nil); err != nil {
			return err
		}
	}
	for _, n := range b.order {
		if starter, ok := n.component.(Starter); ok {
			if err := protect("Start", func() error { return starter.Start(ctx) }); err != nil {
				return n.wrong("", err)
			}
		}
	}
	if err := b.publish(); err != nil {
		return err
	}
	published = true
	return nil
}

func (b *construction) publish() error {
	slots := make([]holder, 0, len(b.entries))
	for i := range b.nodes {
		slots = append(slots, b.nodes[i].slots...)
	}
	if err := b.state.add(slots, b.members()...); err != nil {
		return err
	}
	b.state.mu.Lock()
	defer b.state.mu.Unlock()
	b.state.items = slices.Grow(b.state.items, len(b.nodes))
	for i := range b.nodes {
		b.state.items = append(b.state.items, b.nodes[i].item)
	}
	return nil
}

// members returns what is built so far, in order.
func (b *construction) members() []*member {
	b.mu.Lock()
	defer b.mu.Unlock()
	count := 0
	for _, n := range b.order {
		count += len(n.slots)
	}
	// In two pieces, as there is a member for each item.
	made, entries := make([]member, len(b.order)), make([]Entry, 0, count)
	members := make([]*member, len(b.order))
	for i, n := range b.order {
		first := len(entries)
		for _, h := range n.slots {
			entries = append(entries, *h.info())
		}
		made[i] = member{component: n.component, class: n.item.Class.Name, entries: entries[first:len(entries):len(entries)], owned: true}
		members[i] = &made[i]
	}
	return members
}

func (b *construction) stageOf(n *node) stage {
	b.mu.Lock()
	defer b.mu.Unlock()
	return n.stage
}

// fail notes an error, if it is the first, and returns the first.
func (b *construction) fail(err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failure = cmp.Or(b.failure, err)
	return b.failure
}

// ensure has n built. by is the view in whose name that is done, nil for
// Build itself.
func (b *construction) ensure(ctx context.Context, n *node, by *view) error {
	b.mu.Lock()
	if b.failure != nil {
		defer b.mu.Unlock()
		return b.failure
	}
	at := n.stage
	if at == pending {
		n.stage = underway
	}
	b.mu.Unlock()
	switch at {
	case built:
		return nil
	case underway:
		return b.fail(by.node.wrong("", fmt.Errorf("%w: %s", ErrCycle, by.pathTo(n))))
	}
	if err := ctx.Err(); err != nil {
		return b.fail(n.wrong("", context.Cause(ctx)))
	}
	var made struct { // in one piece, as there is one for each item
		site Site
		view view
	}
	v, site := &made.view, &made.site
	v.build, v.node, v.by, v.ctx, v.active = b, n, by, ctx, true
	site.state, site.view = b.state, v
	site.table.Store(emptyTable)
	c, err := v.construct(site)
	v.finish()
	if err != nil {
		return b.fail(n.wrong("", err))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	n.component = c
	n.stage = built
	b.order = append(b.order, n)
	return b.failure // of a lookup whose error New has swallowed
}

// construct makes the component of the view's item.
func (v *view) construct(site *Site) (c any, err error) {
	n := v.node
	class := n.item.Class
	var config any
	if err := protect("Default", func() error { config = class.NewConfig(); return nil }); err != nil {
		return nil, err
	}
	if class.prepare != nil {
		if err := protect("Prepare", func() error { return class.prepare(v.ctx, site, config) }); err != nil {
			return nil, err
		}
	}
	if n.item.Decode != nil {
		if err := protect("Decode", func() error { return n.item.Decode(config) }); err != nil {
			return nil, err
		}
	}
	if validator, ok := config.(Validator); ok {
		if err := protect("Validate", validator.Validate); err != nil {
			return nil, err
		}
	}
	if class.hasRefs {
		if err := v.bindRefs(config); err != nil {
			return nil, err
		}
	}
	if err := protect("New", func() error { c, err = class.build(v.ctx, site, config); return err }); err != nil {
		return nil, err
	}
	if isNil(c) {
		return nil, fmt.Errorf("%w: New returned neither a component nor an error", ErrUnsuitable)
	}
	for _, h := range n.slots {
		if !h.set(c) {
			return nil, fmt.Errorf("%w: it does not implement %s", ErrUnsuitable, h.info().Interface)
		}
	}
	return c, nil
}

// inBackground calls what may hang or end its goroutine; the channel has its
// error, and room for it if nobody waits any more.
func inBackground(in string, call func() error) <-chan error {
	done := make(chan error, 1)
	go func() {
		err := fmt.Errorf("%s ended its goroutine", in)
		defer func() { done <- err }()
		err = protect(in, call)
	}()
	return done
}

// protect turns a panic of call into an error, and one of its error, as that
// has which is a nil pointer: whoever prints it need not fear it.
func protect(in string, call func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{In: in, Value: value, Stack: debug.Stack()}
		}
	}()
	if err = call(); err != nil {
		in = "the error of " + in
		_ = err.Error()
	}
	return err
}
