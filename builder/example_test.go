package builder_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	_ "github.com/fivcglue/fivcglue-go/implements"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

func ExampleLoadComponentSite() {
	site, err := builder.LoadComponentSite("../testdata/seed.yml")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer site.Close(context.Background())
	if _, err := component.Get[interfaces.ICache](site, "Redis"); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(site.Entries())
	// Output: [{interfaces.ICache Redis redis.Cache}]
}

const mistaken = `- entries:
    - interface: interfaces.ICache
      name: 'Local'

  class: memory.Cache
  max_sise: 1000
`

// The problems of a configuration are values: a program may show them in its
// own way.
func ExampleBuilder_Check() {
	source := builder.Reader("config.yml", "", strings.NewReader(mistaken))
	err := builder.New().Check(context.Background(), source)
	var problems builder.Diagnostics
	if errors.As(err, &problems) {
		for _, p := range problems {
			fmt.Println(p.Line, p.Column, p.Item, p.Suggestion)
		}
	}
	fmt.Println(err)
	// Output:
	// 6 3 memory.Cache max_size
	// config.yml:6:3: memory.Cache: unknown key "max_sise"; did you mean "max_size"?
}

func ExampleDiagnostics_WriteText() {
	source := builder.Reader("config.yml", "", strings.NewReader(mistaken))
	err := builder.New().Check(context.Background(), source)
	var problems builder.Diagnostics
	if errors.As(err, &problems) {
		_ = problems.WriteText(os.Stdout, false)
	}
	// Output:
	// config.yml:6:3: memory.Cache: unknown key "max_sise"; did you mean "max_size"?
	//     6 |   max_sise: [redacted]
	//       |   ^
	// 1 problem
}

// A dump may be shown: a secret is written as a reference.
func ExampleBuilder_Dump() {
	b := builder.New(builder.WithEnvironment(map[string]string{"REDIS_HOST": "redis.example"}))
	site := component.NewSite()
	err := b.Load(context.Background(), site, builder.Reader("config.yml", "", strings.NewReader(`
- class: redis.Cache
  entries: [{interface: interfaces.ICache, name: Redis}]
  host: ${REDIS_HOST:-localhost}
  password: not for everybody
`)))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer site.Close(context.Background())
	if err := b.Dump(site, os.Stdout, "yaml"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// - entries:
	//     - interface: interfaces.ICache
	//       name: 'Redis'
	//   class: redis.Cache
	//   host: '${REDIS_HOST:-localhost}'
	//   password: '${REDIS_CACHE_REDIS_PASSWORD:?the secret that stood at config.yml:5:13}'
}
