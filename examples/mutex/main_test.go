package main

import (
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/implements/memory"
	"github.com/fivcglue/fivcglue-go/implements/redis"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

func TestRun(t *testing.T) {
	config := redis.DefaultMutexSiteConfig()
	mini := redistest.Mini(t)
	config.Host, config.Port = mini.Host(), mini.Server().Addr().Port
	onRedis, err := redis.NewMutexSite(t.Context(), nil, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = onRedis.Close(t.Context()) })

	inMemory, err := memory.NewMutexSite(t.Context(), nil, memory.MutexSiteConfig{AutoExtend: false})
	if err != nil {
		t.Fatal(err)
	}

	for name, site := range map[string]interfaces.IMutexSite{"redis": onRedis, "memory": inMemory} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if err := run(t.Context(), site, &out); err != nil {
				t.Fatal(err)
			}
			if want := "the ledger: [opened sold a horse]"; !strings.Contains(out.String(), want) {
				t.Errorf("it says\n%s\nwant %q", out.String(), want)
			}
		})
	}
}
