package config_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements/config"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// Environment variables over defaults.
func ExampleNewOverlay() {
	ctx := context.Background()
	_ = os.Setenv("SHOP_REDIS__SOCKET_TIMEOUT", "250ms")
	defer os.Unsetenv("SHOP_REDIS__SOCKET_TIMEOUT")
	environment, err := config.NewEnvironment(ctx, nil, config.EnvironmentConfig{Prefix: "SHOP_"})
	if err != nil {
		panic(err)
	}
	defaults, err := config.NewValues(ctx, nil, config.ValuesConfig{Sessions: map[string]map[string]string{
		"redis": {"host": "localhost", "socket_timeout": "5"},
	}})
	if err != nil {
		panic(err)
	}
	overlay, err := config.NewOverlay(ctx, nil, config.OverlayConfig{Layers: []component.Ref[interfaces.IConfig]{
		component.RefTo[interfaces.IConfig](environment),
		component.RefTo[interfaces.IConfig](defaults),
	}})
	if err != nil {
		panic(err)
	}

	redis := overlay.GetSession("redis")
	host, _ := redis.GetValue("host")
	timeout, err := interfaces.ConfigValue(redis, "socket_timeout", time.Second)
	fmt.Println(host, timeout, err)
	// Output: localhost 250ms <nil>
}
