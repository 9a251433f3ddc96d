package benchmarks

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"sync"
	"testing"

	"github.com/samber/do/v2"
	"go.uber.org/dig"

	"github.com/fivcglue/fivcglue-go/component"
)

// speaker is what is looked up.
type speaker interface{ Speak() string }

type dog struct{ name string }

func (d *dog) Speak() string { return d.name }

// kennel holds the same components in each of the containers.
type kennel struct {
	names []string // in the order in which they are asked for
	site  *component.Site
	locks sync.RWMutex
	table map[slot]any
	sync  sync.Map
	do    do.Injector
}

type slot struct {
	iface reflect.Type
	name  string
}

func newKennel(t *testing.T, size int) *kennel {
	t.Helper()
	k := &kennel{site: component.NewSite(), table: map[slot]any{}, do: do.New()}
	dogClass := newDogClass(t)
	var items []component.Item
	for i := range size {
		name := fmt.Sprintf("component-%d", i)
		k.names = append(k.names, name)
		items = append(items, dogClass.item(name))
		k.table[slot{reflect.TypeFor[speaker](), name}] = &dog{name}
		k.sync.Store(slot{reflect.TypeFor[speaker](), name}, &dog{name})
		do.ProvideNamedValue[speaker](k.do, name, &dog{name})
	}
	if err := k.site.Build(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(size, func(i, j int) { k.names[i], k.names[j] = k.names[j], k.names[i] })
	return k
}

func (k *kennel) fromSite(name string) speaker {
	c, err := component.Get[speaker](k.site, name)
	if err != nil {
		panic(err)
	}
	return c
}

func (k *kennel) fromTable(name string) speaker {
	k.locks.RLock()
	c, ok := k.table[slot{reflect.TypeFor[speaker](), name}].(speaker)
	k.locks.RUnlock()
	if !ok {
		panic(name)
	}
	return c
}

func (k *kennel) fromSync(name string) speaker {
	found, _ := k.sync.Load(slot{reflect.TypeFor[speaker](), name})
	c, ok := found.(speaker)
	if !ok {
		panic(name)
	}
	return c
}

func (k *kennel) fromDo(name string) speaker {
	c, err := do.InvokeNamed[speaker](k.do, name)
	if err != nil {
		panic(err)
	}
	return c
}

// fromDig is a container of dig, which is asked by a field's tag.
func fromDig(t *testing.T) func(n int) {
	t.Helper()
	c := dig.New()
	if err := c.Provide(func() speaker { return &dog{"Rex"} }, dig.Name("Rex")); err != nil {
		t.Fatal(err)
	}
	type wanted struct {
		dig.In
		Dog speaker `name:"Rex"`
	}
	return func(n int) {
		for range n {
			if err := c.Invoke(func(w wanted) { sink = w.Dog }); err != nil {
				panic(err)
			}
		}
	}
}

// sink keeps the compiler from leaving out what is measured.
var sink speaker

func one(name string, get func(name string) speaker) func(n int) {
	return func(n int) {
		var got speaker
		for range n {
			got = get(name)
		}
		sink = got
	}
}

func spread(names []string, get func(name string) speaker) func(n int) {
	return func(n int) {
		var got speaker
		i := 0
		for range n {
			got = get(names[i])
			if i++; i == len(names) {
				i = 0
			}
		}
		sink = got
	}
}

func onAllCores(name string, get func(name string) speaker) func(n int) {
	return parallel(runtime.GOMAXPROCS(0), func(_, n int) {
		var got speaker
		for range n {
			got = get(name)
		}
		if got == nil && n > 0 {
			panic(name)
		}
	})
}

func TestLookup(t *testing.T) {
	few, many := newKennel(t, 10), newKennel(t, 10_000)
	name := few.names[0]

	compare(t, "named lookup, hot",
		ours("component.Get", one(name, few.fromSite)),
		peer("map under RWMutex", one(name, few.fromTable)).atMost(0.5).allocating(0),
		peer("sync.Map", one(name, few.fromSync)),
		peer("samber/do", one(name, few.fromDo)).atMost(1.0/8),
		peer("uber/dig", fromDig(t)),
	)
	compare(t, "named lookup, 10,000 entries, spread",
		ours("component.Get", spread(many.names, many.fromSite)),
		peer("map under RWMutex", spread(many.names, many.fromTable)).atMost(0.7),
		peer("sync.Map", spread(many.names, many.fromSync)),
		peer("samber/do", spread(many.names, many.fromDo)),
	)
	compare(t, fmt.Sprintf("named lookup, hot, %d cores at once", runtime.GOMAXPROCS(0)),
		ours("component.Get", onAllCores(name, few.fromSite)),
		peer("sync.Map", onAllCores(name, few.fromSync)).atMost(0.4),
		peer("map under RWMutex", onAllCores(name, few.fromTable)),
		peer("samber/do", onAllCores(name, few.fromDo)),
	)
}
