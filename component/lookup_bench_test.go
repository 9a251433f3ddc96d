package component_test

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
)

type pair struct {
	typ  reflect.Type
	name string
}

func BenchmarkGet(b *testing.B) {
	for _, n := range []int{10, 10000} {
		s := component.NewSite()
		m := map[pair]any{}
		var mu sync.RWMutex
		names := make([]string, n)
		r := newRegistry(b)
		var items []component.Item
		for i := range names {
			names[i] = fmt.Sprintf("component-%d", i*7919%n)
			items = append(items, dogItem(b, r, dogConfig{Name: names[i]}))
			m[pair{reflect.TypeFor[speaker](), names[i]}] = named(names[i])
		}
		must(b, s.Build(b.Context(), items))
		b.Run(fmt.Sprint("site ", n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				_, _ = component.Get[speaker](s, names[i])
				if i++; i == n {
					i = 0
				}
			}
		})
		b.Run(fmt.Sprint("map ", n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				mu.RLock()
				_, _ = m[pair{reflect.TypeFor[speaker](), names[i]}].(speaker)
				mu.RUnlock()
				if i++; i == n {
					i = 0
				}
			}
		})
	}
}
