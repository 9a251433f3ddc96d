package component_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
)

func named(name string) *dog { return &dog{dogConfig: dogConfig{Name: name}} }

func TestGetFindsByExactInterfaceAndName(t *testing.T) {
	s := component.NewSite()
	rex, unnamed := named("Rex"), named("")
	must(t, component.Register[speaker](s, "Rex", rex))
	must(t, component.Register[speaker](s, "", unnamed))

	if got, err := component.Get[speaker](s, "Rex"); err != nil || got != speaker(rex) {
		t.Errorf("Get Rex = %v, %v", got, err)
	}
	if got, err := component.Get[speaker](s, ""); err != nil || got != speaker(unnamed) {
		t.Errorf("Get of the unnamed entry = %v, %v", got, err)
	}
	for _, name := range []string{"rex", "REX", "Rex ", "Re"} {
		if _, err := component.Get[speaker](s, name); !errors.Is(err, component.ErrNotFound) {
			t.Errorf("Get %q: %v, want ErrNotFound", name, err)
		}
	}
	if _, ok := component.Query[walker](s, "Rex"); ok {
		t.Error("Rex was found as a walker, though registered as a speaker only")
	}
}

func TestLookupErrorTellsWhatThereIs(t *testing.T) {
	s := component.NewSite()
	must(t, component.Register[speaker](s, "Memory", named("m")))
	must(t, component.Register[speaker](s, "Redis", named("r")))
	must(t, component.Register[walker](s, "Rover", named("w")))
	for _, test := range []struct{ name, want string }{
		{"redis", `component_test.speaker "redis": not found; did you mean "Redis"? There are "Memory", "Redis"`},
		{"Rdeis", `component_test.speaker "Rdeis": not found; did you mean "Redis"? There are "Memory", "Redis"`},
		{"Rover", `component_test.speaker "Rover": not found; there are "Memory", "Redis"; "Rover" is an entry of component_test.walker`},
		{"x", `component_test.speaker "x": not found; there are "Memory", "Redis"`},
		{"", `component_test.speaker without a name: not found; there are "Memory", "Redis"`},
	} {
		_, err := component.Get[speaker](s, test.name)
		var lookup *component.LookupError
		if !errors.As(err, &lookup) {
			t.Fatalf("Get %q: %v, want a LookupError", test.name, err)
		}
		if err.Error() != test.want {
			t.Errorf("Get %q:\n got %s\nwant %s", test.name, err, test.want)
		}
	}
	_, err := component.Get[fmt.Stringer](s, "x")
	if want := `fmt.Stringer "x": not found; the site has no fmt.Stringer`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = component.Get[walker](s, "x")
	if want := `component_test.walker "x": not found; there is "Rover"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = component.Get[speaker](nil, "x")
	if !errors.Is(err, component.ErrNotFound) {
		t.Errorf("Get from a nil site: %v", err)
	}
}

func TestLookupErrorListsNoMoreThanTen(t *testing.T) {
	s := component.NewSite()
	for i := range 25 {
		must(t, component.Register[speaker](s, fmt.Sprintf("name %02d", i), named("x")))
	}
	_, err := component.Get[speaker](s, "zzzzzzzzzzzzzzzzzzzz")
	if err == nil || !strings.Contains(err.Error(), `"name 09" and 15 more`) || strings.Contains(err.Error(), "name 10") {
		t.Errorf("got %v", err)
	}
}

func TestRegisterRefuses(t *testing.T) {
	s := component.NewSite()
	must(t, component.Register[speaker](s, "Rex", named("Rex")))
	var missing *dog
	for name, test := range map[string]struct{ got, want error }{
		"a second time":            {component.Register[speaker](s, "Rex", named("other")), component.ErrDuplicate},
		"nil":                      {component.Register[speaker](s, "nil", nil), component.ErrUnsuitable},
		"a nil pointer":            {component.Register[speaker](s, "nil", missing), component.ErrUnsuitable},
		"what is not an interface": {component.Register(s, "dog", named("d")), component.ErrUnsuitable},
		"a string":                 {component.Register(s, "text", "text"), component.ErrUnsuitable},
	} {
		if !errors.Is(test.got, test.want) {
			t.Errorf("%s: %v, want %v", name, test.got, test.want)
		}
	}
	if got, _ := component.Get[speaker](s, "Rex"); got.Speak() != "Rex barks" {
		t.Errorf("the second registration replaced the first: %v", got)
	}
	must(t, component.Register[walker](s, "Rex", named("w")))
	if n := len(s.Entries()); n != 2 {
		t.Errorf("%d entries, want 2", n)
	}
}

func TestAllIsSortedByName(t *testing.T) {
	s := component.NewSite()
	for _, name := range []string{"c", "", "a", "b"} {
		must(t, component.Register[speaker](s, name, named(name)))
	}
	must(t, component.Register[walker](s, "0", named("w")))
	var names []string
	for name, c := range component.All[speaker](s) {
		names = append(names, name+":"+c.Speak())
	}
	if want := []string{": barks", "a:a barks", "b:b barks", "c:c barks"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	for range component.All[speaker](s) {
		break
	}
	for range component.All[speaker](nil) {
		t.Error("a nil site has an entry")
	}
}

func TestManyEntriesAreAllFound(t *testing.T) {
	s := component.NewSite()
	for i := range 1000 {
		must(t, component.Register[speaker](s, fmt.Sprint(i), named(fmt.Sprint(i))))
		if i%2 == 0 {
			must(t, component.Register[walker](s, fmt.Sprint(i), named(fmt.Sprint(i))))
		}
	}
	for i := range 1000 {
		c, err := component.Get[speaker](s, fmt.Sprint(i))
		if err != nil || c.Speak() != fmt.Sprint(i)+" barks" {
			t.Fatalf("%d: %v, %v", i, c, err)
		}
		if _, ok := component.Query[walker](s, fmt.Sprint(i)); ok != (i%2 == 0) {
			t.Fatalf("walker %d: %v", i, ok)
		}
	}
}

func TestReplaceIsSeenByLookupsAndReferences(t *testing.T) {
	s := component.NewSite()
	rex, other := named("Rex"), named("Max")
	must(t, component.Register[speaker](s, "dog", rex))
	ref, err := component.Bind[speaker](s, "dog")
	must(t, err)
	if ref.Get() != speaker(rex) || !ref.IsSet() || ref.Name() != "dog" {
		t.Errorf("bound to %v, %v, %q", ref.Get(), ref.IsSet(), ref.Name())
	}

	previous, err := component.Replace[speaker](s, "dog", other)
	if err != nil || previous != speaker(rex) {
		t.Errorf("Replace = %v, %v", previous, err)
	}
	if got, _ := component.Get[speaker](s, "dog"); got != speaker(other) || ref.Get() != speaker(other) {
		t.Errorf("lookup gives %v, reference %v", got, ref.Get())
	}
	if _, err := component.Replace[speaker](s, "cat", other); !errors.Is(err, component.ErrNotFound) {
		t.Errorf("replacing what is not there: %v", err)
	}
	if _, err := component.Replace[speaker](s, "dog", nil); !errors.Is(err, component.ErrUnsuitable) {
		t.Errorf("replacing by nil: %v", err)
	}
	if _, err := component.Bind[speaker](s, "cat"); !errors.Is(err, component.ErrNotFound) {
		t.Errorf("binding what is not there: %v", err)
	}
}

func TestLookupsAndRegistrationsAtTheSameTime(t *testing.T) {
	s := component.NewSite()
	must(t, component.Register[speaker](s, "always", named("always")))
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 100 {
				name := fmt.Sprint(g, "-", i)
				if err := component.Register[speaker](s, name, named(name)); err != nil {
					t.Error(err)
				}
				if _, err := component.Get[speaker](s, name); err != nil {
					t.Error(err)
				}
				if _, err := component.Replace[speaker](s, "always", named(name)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := len(s.Entries()); n != 401 {
		t.Errorf("%d entries, want 401", n)
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	s := component.NewSite()
	must(t, component.Register[speaker](s, "Rex", named("Rex")))
	ref, _ := component.Bind[speaker](s, "Rex")
	if n := testing.AllocsPerRun(100, func() {
		_, _ = component.Get[speaker](s, "Rex")
		_, _ = component.Query[speaker](s, "Rex")
		_, _ = component.Query[speaker](s, "absent")
		_ = ref.Get()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestNilSite(t *testing.T) {
	var s *component.Site
	if _, err := component.Get[speaker](s, "a"); !errors.Is(err, component.ErrNotFound) {
		t.Errorf("Get: %v", err)
	}
	if _, ok := component.Query[speaker](s, "a"); ok {
		t.Error("Query found something")
	}
	for name := range component.All[speaker](s) {
		t.Errorf("All has %q", name)
	}
	if _, err := component.Bind[speaker](s, "a"); !errors.Is(err, component.ErrNotFound) {
		t.Errorf("Bind: %v", err)
	}
	if err := component.Register[speaker](s, "a", named("x")); !errors.Is(err, component.ErrUnsuitable) {
		t.Errorf("Register: %v", err)
	}
	if _, err := component.Replace[speaker](s, "a", named("x")); !errors.Is(err, component.ErrNotFound) {
		t.Errorf("Replace: %v", err)
	}
	if err := s.Build(t.Context(), nil); !errors.Is(err, component.ErrUnsuitable) {
		t.Errorf("Build: %v", err)
	}
	if s.Entries() != nil || s.Items() != nil || s.CheckHealth(t.Context()) != nil {
		t.Error("it has something")
	}
	if err := s.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestNoSuggestionForWhatIsShortOrLong(t *testing.T) {
	s := component.NewSite()
	long := strings.Repeat("x", 100)
	for _, name := range []string{"a", "db", long} {
		must(t, component.Register[speaker](s, name, named(name)))
	}
	for name, want := range map[string]string{"": "", "b": "", "dc": "", "A": "a", "DB": "db", "dbs": "db", long + "y": ""} {
		_, err := component.Get[speaker](s, name)
		var lookup *component.LookupError
		if !errors.As(err, &lookup) || lookup.Suggestion != want {
			t.Errorf("for %q the suggestion is %v, want %q", name, err, want)
		}
	}
}

func TestLookupErrorOfAClosedSite(t *testing.T) {
	s := component.NewSite()
	must(t, s.Close(t.Context()))
	_, err := component.Get[speaker](s, "")
	if want := "component_test.speaker without a name: site is closed"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
