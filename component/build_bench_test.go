package component_test

import (
	"fmt"
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
)

func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{10, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := newRegistry(b)
			items := make([]component.Item, n)
			for i := range items {
				items[i] = dogItem(b, r, dogConfig{Name: fmt.Sprintf("component-%d", i)})
			}
			b.ReportAllocs()
			for b.Loop() {
				must(b, component.NewSite().Build(b.Context(), items))
			}
		})
	}
}
