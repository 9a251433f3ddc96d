//go:build go1.27

package component_test

import (
	"errors"
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
)

func TestMethodsAreTheFunctions(t *testing.T) {
	s := component.NewSite()
	rex := named("Rex")
	must(t, s.Register[speaker]("Rex", rex))
	if got, err := s.Get[speaker]("Rex"); err != nil || got != speaker(rex) {
		t.Errorf("Get = %v, %v", got, err)
	}
	if _, err := s.Get[walker]("Rex"); !errors.Is(err, component.ErrNotFound) {
		t.Errorf("Get of another interface: %v", err)
	}
	if got, ok := s.Query[speaker]("Rex"); !ok || got != speaker(rex) {
		t.Errorf("Query = %v, %v", got, ok)
	}
	ref, err := s.Bind[speaker]("Rex")
	if err != nil || ref.Get() != speaker(rex) {
		t.Errorf("Bind = %v, %v", ref.Get(), err)
	}
	count := 0
	for name, c := range s.All[speaker]() {
		if name != "Rex" || c != speaker(rex) {
			t.Errorf("All yields %q, %v", name, c)
		}
		count++
	}
	if count != 1 {
		t.Errorf("All yields %d", count)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = s.Get[speaker]("Rex") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
