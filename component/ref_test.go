package component_test

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
)

type kennel struct {
	Best   component.Ref[speaker] `mapstructure:"best"`
	Hidden struct {
		Old component.Ref[walker] `mapstructure:"old"`
	} `mapstructure:"hidden"`
	base  `mapstructure:",squash"`
	ByDay map[string]component.Ref[speaker] `mapstructure:"by_day"`
	Pairs []struct {
		One component.Ref[speaker] `mapstructure:"one"`
	} `mapstructure:"pairs"`
	Deep  *kennel `mapstructure:"deep"`
	Plain string  `mapstructure:"plain"`
}

type base struct {
	Base component.Ref[speaker] `mapstructure:"base"`
}

func testKennel() kennel {
	k := kennel{
		Best:  refTo("best"),
		ByDay: map[string]component.Ref[speaker]{"tue": refTo("b"), "mon": refTo("a")},
		Deep:  &kennel{Best: refTo("deep")},
	}
	k.Pairs = append(k.Pairs, struct {
		One component.Ref[speaker] `mapstructure:"one"`
	}{refTo("")})
	return k
}

func TestRefsAreFoundAtAnyDepth(t *testing.T) {
	k := testKennel()
	var got []string
	for _, info := range component.Refs(&k) {
		if info.Set {
			got = append(got, info.Path+"="+info.Name)
		}
		want := reflect.TypeFor[speaker]()
		if info.Path == "hidden.old" || info.Path == "deep.hidden.old" {
			want = reflect.TypeFor[walker]()
		}
		if info.Interface != want {
			t.Errorf("%s refers to %v", info.Path, info.Interface)
		}
	}
	if want := []string{"best=best", "by_day.mon=a", "by_day.tue=b", "pairs[0].one=", "deep.best=deep"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := component.Refs(nil); got != nil {
		t.Errorf("of nil: %v", got)
	}
	if got := component.Refs((*kennel)(nil)); got != nil {
		t.Errorf("of a nil pointer: %v", got)
	}
	if got := component.Refs(struct{ A int }{}); got != nil {
		t.Errorf("of a config without any: %v", got)
	}
}

func TestRefsAreBoundAtAnyDepth(t *testing.T) {
	r, s := component.NewRegistry(), component.NewSite()
	var got kennel
	must(t, registerKennel(r, &got))
	for _, name := range []string{"best", "a", "b", "", "deep"} {
		must(t, component.Register[speaker](s, name, named("the "+name)))
	}
	must(t, s.Build(t.Context(), []component.Item{{
		Class: class(t, r, "zoo.Kennel"), Decode: func(c any) error { *c.(*kennel) = testKennel(); return nil },
	}}))
	for name, ref := range map[string]component.Ref[speaker]{
		"best": got.Best, "a": got.ByDay["mon"], "b": got.ByDay["tue"], "": got.Pairs[0].One, "deep": got.Deep.Best,
	} {
		if c := ref.Get(); c == nil || c.Speak() != "the "+name+" barks" {
			t.Errorf("%q: %v", name, c)
		}
	}
	if got.base.Base.IsSet() || got.base.Base.Get() != nil {
		t.Error("a reference that was not set is bound")
	}
}

func TestRefToHasNoNameAndIsLeftAlone(t *testing.T) {
	rex := named("Rex")
	ref := component.RefTo[speaker](rex)
	if !ref.IsSet() || ref.Get() != speaker(rex) || ref.Name() != "" {
		t.Errorf("got %v, %v, %q", ref.IsSet(), ref.Get(), ref.Name())
	}
	r, s := newRegistry(t), component.NewSite()
	must(t, s.Build(t.Context(), []component.Item{dogItem(t, r, dogConfig{Name: "a", Friend: ref})}))
	a, _ := component.Get[speaker](s, "a")
	if got := a.(*dog).Friend.Get(); got != speaker(rex) {
		t.Errorf("a's friend is %v", got)
	}
	var zero component.Ref[speaker]
	if zero.IsSet() || zero.Get() != nil {
		t.Error("the zero Ref is set")
	}
	text, err := refTo("Rex").MarshalText()
	if string(text) != "Rex" || err != nil {
		t.Errorf("written as %q, %v", text, err)
	}
}

// registerKennel registers a class that writes the config it is made from to
// got.
func registerKennel(r *component.Registry, got *kennel) error {
	return component.RegisterClass(r, component.Class[*dog, kennel]{
		Name: "zoo.Kennel",
		New: func(_ context.Context, _ *component.Site, config kennel) (*dog, error) {
			*got = config
			return named("kennel"), nil
		},
	})
}
