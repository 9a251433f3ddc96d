package builder_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/component"
)

// The interfaces and classes of these tests: they have every form of key.

type IStore interface{ Config() StoreConfig }

type IClock interface{ Now() string }

type StoreConfig struct {
	Host     string                           `mapstructure:"host" doc:"where the server is"`
	Port     int                              `mapstructure:"port" doc:"its port" min:"1" max:"65535"`
	DB       int                              `mapstructure:"db" min:"0"`
	Password component.Secret                 `mapstructure:"password" doc:"what the server asks for"`
	Tokens   []component.Secret               `mapstructure:"tokens"`
	Timeout  time.Duration                    `mapstructure:"timeout" max:"10m"`
	Ratio    float64                          `mapstructure:"ratio" max:"1"`
	TLS      bool                             `mapstructure:"tls"`
	Retry    *bool                            `mapstructure:"retry"`
	Mode     string                           `mapstructure:"mode" enum:"single, sentinel, cluster"`
	Prefix   string                           `mapstructure:"prefix"`
	Tags     []string                         `mapstructure:"tags"`
	Weights  []uint8                          `mapstructure:"weights_of_bytes"`
	Sizes    []int                            `mapstructure:"sizes" min:"1"`
	Labels   map[string]string                `mapstructure:"labels"`
	Pool     PoolConfig                       `mapstructure:"pool"`
	Spare    *PoolConfig                      `mapstructure:"spare"`
	Nodes    []NodeConfig                     `mapstructure:"nodes"`
	Backup   component.Ref[IStore]            `mapstructure:"backup" doc:"asked when this one fails"`
	Others   []component.Ref[IStore]          `mapstructure:"others"`
	Clocks   map[string]component.Ref[IClock] `mapstructure:"clocks"`
	Extra    map[string]any                   `mapstructure:"extra"`
	Limits   map[int]time.Duration            `mapstructure:"limits"`
	common   `mapstructure:",squash"`
	Fail     string `mapstructure:"fail" enum:"new,panic,validate"`
}

type common struct {
	Comment string `mapstructure:"comment"`
}

type PoolConfig struct {
	Size int           `mapstructure:"size" min:"1"`
	Idle time.Duration `mapstructure:"idle"`
}

type NodeConfig struct {
	Host string `mapstructure:"host" required:"true"`
	Port int    `mapstructure:"port"`
}

func DefaultStoreConfig() StoreConfig {
	return StoreConfig{Host: "localhost", Port: 6379, Timeout: 5 * time.Second, Mode: "single", Pool: PoolConfig{Size: 10}}
}

func (c StoreConfig) Validate() error {
	var errs []error
	if strings.Contains(c.Host, " ") {
		errs = append(errs, component.KeyError{Key: "host", Err: errors.New("must not hold a space")})
	}
	if c.Pool.Idle > c.Timeout {
		errs = append(errs, component.KeyError{Key: "pool.idle", Err: errors.New("must not be longer than timeout")})
	}
	if c.Mode == "cluster" && c.DB != 0 {
		errs = append(errs, errors.New("a cluster has no databases"))
	}
	for _, key := range slices.Sorted(maps.Keys(c.Labels)) {
		if c.Labels[key] == "refused" {
			errs = append(errs, component.KeyError{Key: "labels." + key, Err: errors.New("must be another")})
		}
	}
	if c.Fail == "validate" {
		panic("validate went wrong")
	}
	return errors.Join(errs...)
}

type store struct{ config StoreConfig }

func (s *store) Config() StoreConfig { return s.config }

type NeedyConfig struct {
	Path  string                `mapstructure:"path" required:"true"`
	Store component.Ref[IStore] `mapstructure:"store" required:"true"`
}

type SessionConfig struct {
	Host string `mapstructure:"host" required:"true"`
	Port int    `mapstructure:"port" min:"1"`
}

func (c SessionConfig) Validate() error {
	if c.Host == "" {
		return component.KeyError{Key: "host", Err: errors.New("must not be empty")}
	}
	return nil
}

type OpenConfig struct {
	Path string         `mapstructure:"path"`
	Rest map[string]any `mapstructure:",remain"`
}

// SmallConfig has the three keys of a usual class.
type SmallConfig struct {
	Host string `mapstructure:"host"`
	Port int    `mapstructure:"port" min:"1" max:"65535"`
	DB   int    `mapstructure:"db" min:"0"`
}

type clock struct{ config any }

func (c *clock) Now() string { return "now" }

// kit returns a registry of the tests' classes.
func kit(t testing.TB) *component.Registry {
	t.Helper()
	r := component.NewRegistry()
	for _, err := range []error{
		component.RegisterInterface[IStore](r, "kit.IStore", "old.kit.stores.IStore"),
		component.RegisterInterface[IClock](r, "kit.IClock"),
		component.RegisterClass(r, component.Class[*store, StoreConfig]{
			Name: "kit.Store", Aliases: []string{"old.kit.stores.StoreImpl"}, Summary: "stores things", Default: DefaultStoreConfig,
			New: func(_ context.Context, _ *component.Site, config StoreConfig) (*store, error) {
				switch config.Fail {
				case "new":
					return nil, errors.New("the disk is full")
				case "panic":
					panic("new went wrong")
				}
				return &store{config}, nil
			},
		}),
		component.RegisterClass(r, component.Class[*clock, struct{}]{
			Name: "kit.Clock", Summary: "tells the time",
			New: func(context.Context, *component.Site, struct{}) (*clock, error) { return &clock{}, nil },
		}),
		component.RegisterClass(r, component.Class[*clock, SmallConfig]{
			Name:    "kit.Small",
			Default: func() SmallConfig { return SmallConfig{Host: "localhost", Port: 6379} },
			New:     func(_ context.Context, _ *component.Site, c SmallConfig) (*clock, error) { return &clock{&c}, nil },
		}),
		component.RegisterClass(r, component.Class[*clock, NeedyConfig]{
			Name: "kit.Needy",
			New:  func(_ context.Context, _ *component.Site, c NeedyConfig) (*clock, error) { return &clock{c}, nil },
		}),
		component.RegisterClass(r, component.Class[*clock, OpenConfig]{
			Name: "kit.Open",
			New:  func(_ context.Context, _ *component.Site, c OpenConfig) (*clock, error) { return &clock{c}, nil },
		}),
		component.RegisterClass(r, component.Class[*clock, SessionConfig]{
			Name: "kit.Session",
			Prepare: func(_ context.Context, site *component.Site, config *SessionConfig) error {
				if s, ok := component.Query[IStore](site, "session"); ok {
					config.Host, config.Port = s.Config().Host, s.Config().Port
				}
				return nil
			},
			New: func(_ context.Context, _ *component.Site, c SessionConfig) (*clock, error) { return &clock{c}, nil },
		}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return r
}
