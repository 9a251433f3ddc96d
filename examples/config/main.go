// Command config shows how a program reads its settings.
//
// The site's file, config.yml, declares one configuration of three layers:
// environment variables over a file over defaults. The program asks for an
// interfaces.IConfig and does not know which layer a value comes from; it says
// which type it needs, and gets an error that names the place of a value that
// is of no such type. Run it in the project's folder:
//
//	go run ./examples/config
//	SHOP_WEB__PORT=9090 SHOP_WEB__SERVERS__1__WEIGHT=5 go run ./examples/config
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	_ "github.com/fivcglue/fivcglue-go/implements" // the built-in classes
	"github.com/fivcglue/fivcglue-go/interfaces"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	site, err := builder.LoadComponentSite("examples/config/config.yml")
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := site.Close(ctx); err == nil {
			err = closeErr
		}
	}()
	config, err := component.Get[interfaces.IConfig](site, "")
	if err != nil {
		return err
	}
	web := config.GetSession("web")

	port, err := interfaces.ConfigValue(web, "port", 80)
	if err != nil {
		return err
	}
	timeout, err := interfaces.ConfigValue(web, "timeout", time.Second)
	if err != nil {
		return err
	}
	banner, err := interfaces.ConfigValue(web, "banner", true)
	if err != nil {
		return err
	}
	release, _ := web.GetValue("release")
	fmt.Fprintf(out, "port %d, timeout %v, banner %t, release %s\n", port, timeout, banner, release)

	// The elements of a list are reached by their numbers.
	for i := 0; ; i++ {
		host, ok := web.GetValue(fmt.Sprintf("servers.%d.host", i))
		if !ok {
			break
		}
		weight, err := interfaces.ConfigValue(web, fmt.Sprintf("servers.%d.weight", i), 1)
		if err != nil {
			fmt.Fprintln(out, "taking weight 1:", err)
		}
		fmt.Fprintf(out, "server %s of weight %d\n", host, weight)
	}

	// A change stays within the session object.
	web.SetValue("port", "1")
	again, _ := config.GetSession("web").GetValue("port")
	fmt.Fprintln(out, "the port is still", again)
	return nil
}
