package redis_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"strconv"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// A cache made and registered in code, without a file.
func ExampleNewCache() {
	ctx := context.Background()
	site := component.NewSite()
	host, port, stop := exampleServer()
	defer stop()
	config := redis.DefaultCacheConfig() // localhost:6379, database 0, no password
	config.Host, config.Port = host, port
	config.Password = component.NewSecret("secret")

	cache, err := redis.NewCache(ctx, site, config)
	if err != nil {
		log.Fatal(err)
	}

	// Who makes a component and registers it closes it too.
	defer func() { _ = cache.Close(ctx) }()
	if err := component.Register[interfaces.ICache](site, "redis", cache); err != nil {
		log.Fatal(err)
	}
	if err := cache.SetValue(ctx, "user:123", []byte(`{"name": "John Doe"}`), time.Hour); err != nil {
		log.Fatal(err)
	}
	value, err := cache.GetValue(ctx, "user:123")
	fmt.Printf("Found: %s, %v\n", value, err)
	_, err = cache.GetValue(ctx, "user:456")
	fmt.Println("Absent:", errors.Is(err, interfaces.ErrMiss))

	// Output:
	// Found: {"name": "John Doe"}, <nil>
	// Absent: true
}

// A cache on a server that is down fails at once, and says so.
func ExampleCache_CheckHealth() {
	ctx := context.Background()
	config := redis.DefaultCacheConfig()
	config.Host, config.Port = "127.0.0.1", 1 // nobody listens there
	cache, err := redis.NewCache(ctx, nil, config)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = cache.Close(ctx) }()
	err = cache.CheckHealth(ctx)
	fmt.Println("unavailable:", errors.Is(err, interfaces.ErrUnavailable))

	// Output:
	// unavailable: true
}

// exampleServer starts an embedded server with the password "secret".
func exampleServer() (host string, port int, stop func()) {
	server, err := miniredis.Run()
	if err != nil {
		log.Fatal(err)
	}
	server.RequireAuth("secret")
	host, text, err := net.SplitHostPort(server.Addr())
	if err != nil {
		log.Fatal(err)
	}
	if port, err = strconv.Atoi(text); err != nil {
		log.Fatal(err)
	}
	return host, port, server.Close
}
