package main

import (
	_ "github.com/fivcglue/fivcglue-go/implements" // the built-in classes

	"context"
	"fmt"
	"log"
	"time"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

func main() {
	ctx := context.Background()
	site, err := builder.LoadComponentSite("config.yml")
	check(err)
	defer site.Close(ctx)

	cache, err := component.Get[interfaces.ICache](site, "Users")
	check(err)
	check(cache.SetValue(ctx, "user:123", []byte(`{"name":"John Doe"}`), time.Hour))
	value, err := cache.GetValue(ctx, "user:123")
	check(err)
	fmt.Printf("found %s\n", value)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
