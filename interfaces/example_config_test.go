package interfaces_test

import (
	"context"
	"fmt"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/config"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

func ExampleConfigValue() {
	settings, err := config.NewValues(context.Background(), nil, config.ValuesConfig{Sessions: map[string]map[string]string{
		"web": {"port": "8080", "timeout": "1.5s", "workers": "many"},
	}})
	if err != nil {
		panic(err)
	}
	web := settings.GetSession("web")
	port, err := interfaces.ConfigValue(web, "port", 80)
	fmt.Println(port, err)
	timeout, err := interfaces.ConfigValue(web, "timeout", time.Second)
	fmt.Println(timeout, err)
	verbose, err := interfaces.ConfigValue(web, "verbose", false)
	fmt.Println(verbose, err)
	workers, err := interfaces.ConfigValue(web, "workers", 4)
	fmt.Println(workers, err)
	// Output:
	// 8080 <nil>
	// 1.5s <nil>
	// false <nil>
	// 4 session "web": key "workers": must be a whole number
}
