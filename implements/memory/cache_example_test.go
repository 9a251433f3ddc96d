package memory_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/memory"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// A cache made in code, without a site or a file.
func ExampleNewCache() {
	ctx := context.Background()
	cache, err := memory.NewCache(ctx, nil, memory.DefaultCacheConfig())
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close(ctx)
	err = cache.SetValue(ctx, "user:123", []byte(`{"name": "John Doe"}`), time.Hour)
	if err != nil {
		log.Fatal(err)
	}
	value, err := cache.GetValue(ctx, "user:123")
	fmt.Printf("%s %v\n", value, err)
	_, err = cache.GetValue(ctx, "user:124")
	fmt.Println(errors.Is(err, interfaces.ErrMiss), err)
	// Output:
	// {"name": "John Doe"} <nil>
	// true cache key "user:124": no such key
}

// What is there already stays, with the time that it has left.
func ExampleCache_AddValue() {
	ctx := context.Background()
	cache, err := memory.NewCache(ctx, nil, memory.DefaultCacheConfig())
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close(ctx)
	for _, page := range []string{"first rendering", "second rendering"} {
		added, err := cache.AddValue(ctx, "page:/about", []byte(page), time.Minute)
		fmt.Println(added, err)
	}
	page, err := cache.GetValue(ctx, "page:/about")
	fmt.Printf("%s %v\n", page, err)
	// Output:
	// true <nil>
	// false <nil>
	// first rendering <nil>
}

func ExampleCache_ScanKeys() {
	ctx := context.Background()
	cache, err := memory.NewCache(ctx, nil, memory.DefaultCacheConfig())
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close(ctx)

	err = cache.SetValues(ctx, map[string][]byte{
		"user:1": nil, "user:22": nil, "user:3": nil, "order:1": nil,
	}, time.Hour)
	if err != nil {
		log.Fatal(err)
	}
	var found []string
	for key, err := range cache.ScanKeys(ctx, "user:[0-9]") {
		if err != nil {
			log.Fatal(err)
		}
		found = append(found, key)
	}
	slices.Sort(found)
	fmt.Println(found)
	deleted, err := cache.DeletePattern(ctx, "user:*")
	fmt.Println(deleted, err, cache.Stats().Size)
	// Output:
	// [user:1 user:3]
	// 3 <nil> 1
}

func ExampleCache_Stats() {
	ctx := context.Background()
	cache, err := memory.NewCache(ctx, nil, memory.CacheConfig{MaxSize: 100})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close(ctx)
	_ = cache.SetValue(ctx, "a", []byte("1"), time.Minute)
	_, _ = cache.GetValues(ctx, "a", "b", "c")
	fmt.Printf("%+v\n", cache.Stats())
	// Output:
	// {Hits:1 Misses:2 Sets:1 Deletes:0 Errors:0 Evictions:0 Size:1}
}
