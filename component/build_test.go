package component_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
)

func TestBuildServesEveryEntryWithOneComponent(t *testing.T) {
	r, s := newRegistry(t), component.NewSite()
	item := dogItem(t, r, dogConfig{Name: "Rex"})
	item.Entries = append(item.Entries,
		component.ItemEntry{Interface: iface(t, r, "old.Speaker")},
		component.ItemEntry{Interface: iface(t, r, "zoo.Walker"), Name: "Rex"})
	must(t, s.Build(t.Context(), []component.Item{item}))

	one, _ := component.Get[speaker](s, "Rex")
	other, _ := component.Get[speaker](s, "")
	third, _ := component.Get[walker](s, "Rex")
	if one == nil || one != other || any(one) != any(third) {
		t.Errorf("three entries gave %p, %p, %p", one, other, third)
	}
	want := []component.Entry{
		{Interface: "zoo.Speaker", Name: "", Class: "zoo.Dog"},
		{Interface: "zoo.Speaker", Name: "Rex", Class: "zoo.Dog"},
		{Interface: "zoo.Walker", Name: "Rex", Class: "zoo.Dog"},
	}
	if got := s.Entries(); !slices.Equal(got, want) {
		t.Errorf("entries %v, want %v", got, want)
	}
}

func TestBuildFollowsReferencesAndLookupsWhateverTheOrder(t *testing.T) {
	r := newRegistry(t)
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
		var d diary
		builds := func(name string) func(context.Context, *component.Site) error {
			return func(_ context.Context, site *component.Site) error {
				if name == "b" {
					c, err := component.Get[speaker](site, "c")
					if err != nil || c.Speak() != "c barks" {
						return fmt.Errorf("looked up %v: %w", c, err)
					}
				}
				d.note("%s", name)
				return nil
			}
		}
		items := []component.Item{
			dogItem(t, r, dogConfig{Name: "a", Friend: refTo("b"), Make: builds("a")}),
			dogItem(t, r, dogConfig{Name: "b", Make: builds("b")}),
			dogItem(t, r, dogConfig{Name: "c", Make: builds("c")}),
		}
		s := component.NewSite()
		must(t, s.Build(t.Context(), []component.Item{items[order[0]], items[order[1]], items[order[2]]}))
		d.expect(t, "c", "b", "a")
		a, _ := component.Get[speaker](s, "a")
		if got := a.(*dog).Friend.Get().Speak(); got != "b barks" {
			t.Errorf("the reference gives %q", got)
		}
		uses := map[string][]component.Use{}
		for _, item := range s.Items() {
			uses[item.Origin] = item.Uses
		}
		if got := uses["zoo.yml:a"]; len(got) != 1 || got[0] != (component.Use{Interface: "zoo.Speaker", Name: "b", Path: "friend", Found: true}) {
			t.Errorf("a uses %v", got)
		}
		if got := uses["zoo.yml:b"]; len(got) != 1 || got[0] != (component.Use{Interface: "zoo.Speaker", Name: "c", Found: true}) {
			t.Errorf("b uses %v", got)
		}
	}
}

func TestBuildIntoASiteThatExists(t *testing.T) {
	r, s := newRegistry(t), component.NewSite()
	must(t, component.Register[speaker](s, "by hand", named("by hand")))
	must(t, s.Build(t.Context(), []component.Item{dogItem(t, r, dogConfig{Name: "a", Friend: refTo("by hand")})}))
	must(t, s.Build(t.Context(), []component.Item{dogItem(t, r, dogConfig{Name: "b", Pack: []component.Ref[speaker]{refTo("a"), refTo("by hand")}})}))
	b, _ := component.Get[speaker](s, "b")
	if pack := b.(*dog).Pack; pack[0].Get().Speak() != "a barks" || pack[1].Get().Speak() != "by hand barks" {
		t.Errorf("pack: %v", pack)
	}
	err := s.Build(t.Context(), []component.Item{dogItem(t, r, dogConfig{Name: "by hand"})})
	if !errors.Is(err, component.ErrDuplicate) {
		t.Errorf("an entry that is there already: %v", err)
	}
}

func TestBuildTellsAllThatIsWrongBeforeItBuilds(t *testing.T) {
	r, s := newRegistry(t), component.NewSite()
	must(t, component.RegisterInterface[fmt.Stringer](r, "fmt.Stringer"))
	never := func(context.Context, *component.Site) error { t.Error("something was built"); return nil }
	twice := dogItem(t, r, dogConfig{Name: "a", Make: never})
	twice.Entries = append(twice.Entries, twice.Entries[0])
	unsuitable := dogItem(t, r, dogConfig{Name: "b", Make: never})
	unsuitable.Entries[0].Interface = iface(t, r, "fmt.Stringer")
	unsuitable.Entries[0].Origin = "zoo.yml:b:entry"
	noInterface := dogItem(t, r, dogConfig{Name: "c"})
	noInterface.Entries[0].Interface = nil
	err := s.Build(t.Context(), []component.Item{
		dogItem(t, r, dogConfig{Name: "fine", Make: never}), twice, unsuitable, {Origin: "zoo.yml:none"}, noInterface,
	})
	want := []string{
		`zoo.yml:a: zoo.Dog: zoo.Speaker "a": already registered`,
		`zoo.yml:b:entry: zoo.Dog: unsuitable: it does not implement fmt.Stringer`,
		`zoo.yml:none: unsuitable: it has no class`,
		`zoo.yml:c: zoo.Dog: unsuitable: an entry has no interface`,
	}
	if err == nil || err.Error() != strings.Join(want, "\n") {
		t.Errorf("got\n%v\nwant\n%s", err, strings.Join(want, "\n"))
	}
	if len(s.Entries()) != 0 || len(s.Items()) != 0 {
		t.Error("something was left behind")
	}
}

func TestBuildUndoesWhatItDid(t *testing.T) {
	boom := errors.New("boom")
	type config = dogConfig
	for name, test := range map[string]struct {
		last config
		want func(error) bool
	}{
		"New fails":        {config{Make: func(context.Context, *component.Site) error { return boom }}, is(boom)},
		"New panics":       {config{Make: func(context.Context, *component.Site) error { panic("boom") }}, panicked("New")},
		"New panics error": {config{Make: func(context.Context, *component.Site) error { panic(boom) }}, is(boom)},
		"a nil error":      {config{Make: func(context.Context, *component.Site) error { return (*boomError)(nil) }}, says("the error of New panicked: ")},
		"Start fails":      {config{Begin: func(context.Context) error { return boom }}, is(boom)},
		"Start panics":     {config{Begin: func(context.Context) error { panic("boom") }}, panicked("Start")},
		"no such entry":    {config{Friend: refTo("nobody")}, is(component.ErrNotFound)},
	} {
		t.Run(name, func(t *testing.T) {
			r, s := newRegistry(t), component.NewSite()
			must(t, component.Register[speaker](s, "by hand", named("by hand")))
			var d diary
			item := func(name string) component.Item {
				return dogItem(t, r, config{Name: name, End: func(ctx context.Context) error { d.note("closed %s", name); return ctx.Err() }})
			}
			test.last.Name = "z"
			err := s.Build(t.Context(), []component.Item{item("a"), item("b"), dogItem(t, r, test.last)})
			if !test.want(err) || !strings.HasPrefix(err.Error(), "zoo.yml:z: zoo.Dog: ") {
				t.Errorf("got %v", err)
			}
			d.expect(t, "closed b", "closed a")
			if got := s.Entries(); len(got) != 1 || len(s.Items()) != 0 {
				t.Errorf("left behind: %v, %v", got, s.Items())
			}
			must(t, s.Build(t.Context(), []component.Item{item("a")}))
		})
	}
}

// boomError is no error that can be printed where it is nil.
type boomError struct{ text string }

func (b *boomError) Error() string { return b.text }

func is(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }

func says(part string) func(error) bool {
	return func(err error) bool { return err != nil && strings.Contains(err.Error(), part) }
}

func panicked(in string) func(error) bool {
	return func(err error) bool {
		var p *component.PanicError
		return errors.As(err, &p) && p.In == in && p.Value == "boom" && len(p.Stack) > 0
	}
}

func TestBuildUndoesWithTimeLeftWhenItsContextEnds(t *testing.T) {
	r, s := newRegistry(t), component.NewSite()
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Build(ctx, []component.Item{
		dogItem(t, r, dogConfig{Name: "a", End: func(ctx context.Context) error { return ctx.Err() }}),
		dogItem(t, r, dogConfig{Name: "b", Make: func(context.Context, *component.Site) error { cancel(); return nil }}),
		dogItem(t, r, dogConfig{Name: "c"}),
	})
	if want := "zoo.yml:c: zoo.Dog: context canceled"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s and nothing of a's closing", err, want)
	}
}

func TestBuildFindsCyclesWithTheirPath(t *testing.T) {
	r := newRegistry(t)
	lookup := func(name string) func(context.Context, *component.Site) error {
		return func(_ context.Context, site *component.Site) error {
			_, _ = component.Query[speaker](site, name) // an error is swallowed
			return nil
		}
	}
	for name, test := range map[string]struct {
		items []component.Item
		want  string
	}{
		"of references": {[]component.Item{
			dogItem(t, r, dogConfig{Name: "start", Friend: refTo("a")}),
			dogItem(t, r, dogConfig{Name: "a", Friend: refTo("b")}),
			dogItem(t, r, dogConfig{Name: "b", Pack: []component.Ref[speaker]{refTo("a")}}),
		}, `zoo.yml:b: zoo.Dog: cycle: zoo.Dog "a" (zoo.yml:a) -> zoo.Dog "b" (zoo.yml:b) -> zoo.Dog "a" (zoo.yml:a)`},
		"of swallowed lookups": {[]component.Item{
			dogItem(t, r, dogConfig{Name: "a", Make: lookup("b")}),
			dogItem(t, r, dogConfig{Name: "b", Make: lookup("a")}),
		}, `zoo.yml:b: zoo.Dog: cycle: zoo.Dog "a" (zoo.yml:a) -> zoo.Dog "b" (zoo.yml:b) -> zoo.Dog "a" (zoo.yml:a)`},
		"with itself": {[]component.Item{
			dogItem(t, r, dogConfig{Name: "a", Make: lookup("a")}),
		}, `zoo.yml:a: zoo.Dog: cycle: zoo.Dog "a" (zoo.yml:a) -> zoo.Dog "a" (zoo.yml:a)`},
	} {
		t.Run(name, func(t *testing.T) {
			s := component.NewSite()
			err := s.Build(t.Context(), test.items)
			if !errors.Is(err, component.ErrCycle) || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if len(s.Entries()) != 0 {
				t.Errorf("left behind: %v", s.Entries())
			}
		})
	}
}

func TestFailureOfWhatALookupNeedsIsToldOnceAndNotSwallowed(t *testing.T) {
	r := newRegistry(t)
	boom := errors.New("boom")
	broken := dogItem(t, r, dogConfig{Name: "b", Make: func(context.Context, *component.Site) error { return boom }})
	for name, lookup := range map[string]func(site *component.Site) error{
		"told": func(site *component.Site) error {
			_, err := component.Get[speaker](site, "b")
			return fmt.Errorf("a needs b: %w", err)
		},
		"swallowed": func(site *component.Site) error {
			if _, ok := component.Query[speaker](site, "b"); ok {
				return errors.New("it was found")
			}
			return nil
		},
		"swallowed by All": func(site *component.Site) error {
			for range component.All[speaker](site) {
				return errors.New("All gave what was not built")
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := dogItem(t, r, dogConfig{Name: "a", Make: func(_ context.Context, site *component.Site) error { return lookup(site) }})
			err := component.NewSite().Build(t.Context(), []component.Item{a, broken})
			if want := "zoo.yml:b: zoo.Dog: boom"; err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

func TestAllInNewLeavesOutTheItemItself(t *testing.T) {
	r, s := newRegistry(t), component.NewSite()
	must(t, component.Register[speaker](s, "by hand", named("by hand")))
	var d diary
	must(t, s.Build(t.Context(), []component.Item{
		dogItem(t, r, dogConfig{Name: "c", Make: func(_ context.Context, site *component.Site) error {
			for range 2 {
				for name := range component.All[speaker](site) {
					d.note("%s", name)
				}
			}
			return nil
		}}),
		dogItem(t, r, dogConfig{Name: "d"}),
		dogItem(t, r, dogConfig{Name: "a"}),
	}))
	d.expect(t, "a", "by hand", "d", "a", "by hand", "d")
}

func TestPanicInDecodeIsAnError(t *testing.T) {
	r := newRegistry(t)
	item := dogItem(t, r, dogConfig{Name: "a"})
	item.Decode = func(any) error { panic("boom") }
	if err := component.NewSite().Build(t.Context(), []component.Item{item}); !panicked("Decode")(err) {
		t.Errorf("got %v", err)
	}
}

func TestPanicInDefaultIsAnError(t *testing.T) {
	r := newRegistry(t)
	must(t, component.RegisterClass(r, component.Class[*dog, dogConfig]{
		Name: "zoo.Wolf", New: newDog, Default: func() dogConfig { panic("boom") },
	}))
	err := component.NewSite().Build(t.Context(), []component.Item{{Class: class(t, r, "zoo.Wolf")}})
	if !panicked("Default")(err) {
		t.Errorf("got %v", err)
	}
}

func TestEntriesAreInvisibleUntilEverythingIsStarted(t *testing.T) {
	r, s := newRegistry(t), component.NewSite()
	var d diary
	item := func(name string) component.Item {
		return dogItem(t, r, dogConfig{Name: name,
			Make: func(context.Context, *component.Site) error { d.note("made %s", name); return nil },
			Begin: func(context.Context) error {
				_, seen := component.Query[speaker](s, name)
				d.note("started %s, seen: %v", name, seen)
				return nil
			}})
	}
	must(t, s.Build(t.Context(), []component.Item{item("a"), item("b")}))
	d.expect(t, "made a", "made b", "started a, seen: false", "started b, seen: false")
}

func TestViewIsAsGoodAsTheSiteAfterwards(t *testing.T) {
	r, s := newRegistry(t), component.NewSite()
	var view *component.Site
	var d diary
	must(t, s.Build(t.Context(), []component.Item{
		dogItem(t, r, dogConfig{Name: "a",
			Make: func(_ context.Context, site *component.Site) error {
				view = site
				if err := component.Register[speaker](site, "x", named("x")); !errors.Is(err, component.ErrUnsuitable) {
					t.Errorf("registering while building: %v", err)
				}
				if err := site.Build(t.Context(), nil); !errors.Is(err, component.ErrUnsuitable) {
					t.Errorf("building while building: %v", err)
				}
				if err := site.Close(t.Context()); !errors.Is(err, component.ErrUnsuitable) {
					t.Errorf("closing while building: %v", err)
				}
				return nil
			},
			Begin: func(context.Context) error {
				b, err := component.Get[speaker](view, "b")
				d.note("%v %v", b.Speak(), err)
				return nil
			}}),
		dogItem(t, r, dogConfig{Name: "b", Make: func(context.Context, *component.Site) error {
			if _, err := component.Get[speaker](view, "c"); !errors.Is(err, component.ErrNotFound) {
				t.Errorf("a's view found, after a's New, what is not built: %v", err)
			}
			return nil
		}}),
		dogItem(t, r, dogConfig{Name: "c"}),
	}))
	d.expect(t, "b barks <nil>")
	must(t, component.Register[speaker](view, "x", named("x")))
	if _, err := component.Get[speaker](s, "x"); err != nil {
		t.Errorf("registered through the view: %v", err)
	}
	if len(view.Entries()) != 4 || len(view.Items()) != 3 {
		t.Errorf("the view has %v", view.Entries())
	}
	must(t, view.Close(t.Context()))
	if _, err := component.Get[speaker](view, "b"); !errors.Is(err, component.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestGoroutinesOfNewMayLookUpToo(t *testing.T) {
	r, s := newRegistry(t), component.NewSite()
	items := []component.Item{dogItem(t, r, dogConfig{Name: "all", Make: func(_ context.Context, site *component.Site) error {
		var lookups sync.WaitGroup
		for g := range 8 {
			lookups.Go(func() {
				for i := range 20 {
					name := fmt.Sprint((i + g) % 20)
					if c, err := component.Get[speaker](site, name); err != nil || c.Speak() != name+" barks" {
						t.Errorf("%s: %v, %v", name, c, err)
					}
				}
			})
		}
		lookups.Wait()
		return nil
	}})}
	for i := range 20 {
		items = append(items, dogItem(t, r, dogConfig{Name: fmt.Sprint(i), Friend: refTo(fmt.Sprint((i + 1) / 2 * 2 % 20))}))
		if i%2 == 0 {
			items[i+1] = dogItem(t, r, dogConfig{Name: fmt.Sprint(i)})
		}
	}
	must(t, s.Build(t.Context(), items))
}

func TestBuildsOfOneSiteWaitForEachOther(t *testing.T) {
	r, s := newRegistry(t), component.NewSite()
	inside := make(chan struct{})
	ready, release := make(chan struct{}), make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		must(t, s.Build(t.Context(), []component.Item{dogItem(t, r, dogConfig{Name: "slow", Make: func(context.Context, *component.Site) error {
			close(ready)
			<-release
			return nil
		}})}))
		close(inside)
	})
	<-ready
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Build(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a Build whose turn does not come: %v", err)
	}
	close(release)
	must(t, s.Build(t.Context(), []component.Item{dogItem(t, r, dogConfig{Name: "b", Friend: refTo("slow")})}))
	<-inside
	done.Wait()
}

func TestNilComponentIsUnsuitable(t *testing.T) {
	r, s := component.NewRegistry(), component.NewSite()
	must(t, component.RegisterClass(r, component.Class[*dog, struct{}]{
		Name: "zoo.Ghost", New: func(context.Context, *component.Site, struct{}) (*dog, error) { return nil, nil },
	}))
	err := s.Build(t.Context(), []component.Item{{Class: class(t, r, "zoo.Ghost")}})
	if !errors.Is(err, component.ErrUnsuitable) || err.Error() != "item 0: zoo.Ghost: unsuitable: New returned neither a component nor an error" {
		t.Errorf("got %v", err)
	}
}

type strictConfig struct {
	Port int `mapstructure:"port"`
}

func (c strictConfig) Validate() error {
	if c.Port == 0 {
		return errors.Join(component.KeyError{Key: "port", Err: errors.New("must not be 0")})
	}
	return nil
}

func TestConfigIsDefaultsThenPrepareThenItem(t *testing.T) {
	r := component.NewRegistry()
	var got []int
	must(t, component.RegisterClass(r, component.Class[*strictConfig, strictConfig]{
		Name:    "zoo.Strict",
		Default: func() strictConfig { return strictConfig{Port: 1} },
		Prepare: func(_ context.Context, _ *component.Site, c *strictConfig) error { c.Port *= 10; return nil },
		New: func(_ context.Context, _ *component.Site, c strictConfig) (*strictConfig, error) {
			got = append(got, c.Port)
			return &c, nil
		},
	}))
	set := func(port int) func(any) error {
		return func(c any) error { c.(*strictConfig).Port += port; return nil }
	}
	strict := class(t, r, "zoo.Strict")
	if !strict.HasPrepare() || strict.NewConfig().(*strictConfig).Port != 1 {
		t.Errorf("HasPrepare %v, default %v", strict.HasPrepare(), strict.NewConfig())
	}
	must(t, component.NewSite().Build(t.Context(), []component.Item{{Class: strict}, {Class: strict, Decode: set(5)}}))
	if !slices.Equal(got, []int{10, 15}) {
		t.Errorf("got %v", got)
	}
	err := component.NewSite().Build(t.Context(), []component.Item{{Class: strict, Decode: set(-10)}})
	var key component.KeyError
	if !errors.As(err, &key) || key.Key != "port" {
		t.Errorf("got %v, want the KeyError of Validate", err)
	}
}
