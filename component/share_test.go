package component_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
)

type client struct{ closed int }

func (c *client) Close() error { c.closed++; return nil }

func TestShareGivesOneAndClosesItWithItsLastUser(t *testing.T) {
	s, other := component.NewSite(), component.NewSite()
	opened := 0
	open := func() (*client, error) { opened++; return &client{}, nil }

	a, releaseA, err := component.Share(s, "key", open)
	must(t, err)
	b, releaseB, err := component.Share(s, "key", open)
	must(t, err)
	if a != b || opened != 1 {
		t.Errorf("two users got %p and %p of %d", a, b, opened)
	}
	for _, apart := range []struct {
		site *component.Site
		key  any
	}{{s, "another key"}, {other, "key"}, {nil, "key"}, {nil, "key"}} {
		c, release, err := component.Share(apart.site, apart.key, open)
		must(t, err)
		if c == a {
			t.Errorf("%v shares with the site's %q", apart, "key")
		}
		must(t, release())
		must(t, release())
		if c.closed != 1 {
			t.Errorf("%v: closed %d times", apart, c.closed)
		}
	}
	must(t, releaseA())
	must(t, releaseA())
	if a.closed != 0 {
		t.Error("closed while it had a user")
	}
	must(t, releaseB())
	if a.closed != 1 {
		t.Errorf("closed %d times", a.closed)
	}
	c, release, err := component.Share(s, "key", open)
	must(t, err)
	if c == a {
		t.Error("what was closed is given again")
	}
	must(t, release())
}

func TestShareKeepsNothingOfAFailure(t *testing.T) {
	s := component.NewSite()
	boom := errors.New("boom")
	if _, _, err := component.Share(s, 1, func() (*client, error) { return nil, boom }); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	c, release, err := component.Share(s, 1, func() (*client, error) { return &client{}, nil })
	must(t, err)
	must(t, release())
	if c.closed != 1 {
		t.Errorf("closed %d times: the failed user counts", c.closed)
	}
}

func TestShareByManyAtOnce(t *testing.T) {
	s := component.NewSite()
	var users sync.WaitGroup
	for range 8 {
		users.Go(func() {
			for range 200 {
				c, release, err := component.Share(s, 1, func() (*client, error) { return &client{}, nil })
				if err != nil || c.closed != 0 {
					t.Errorf("got %v, %v", c, err)
				}
				if err := release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	users.Wait()
}

func TestShareKeepsNothingOfAPanic(t *testing.T) {
	s := component.NewSite()
	func() {
		defer func() { _ = recover() }()
		_, _, _ = component.Share(s, "key", func() (*client, error) { panic("no") })
	}()
	c, release, err := component.Share(s, "key", func() (*client, error) { return &client{}, nil })
	must(t, err)
	must(t, release())
	if c.closed != 1 {
		t.Errorf("closed %d times", c.closed)
	}
}
