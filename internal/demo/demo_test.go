package demo_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements"
	"github.com/fivcglue/fivcglue-go/implements/memory"
	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/internal/demo"
	"github.com/fivcglue/fivcglue-go/internal/redistest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestDemoOnAServerOfItsOwn(t *testing.T) {
	t.Parallel()
	out := run(t, demo.Options{Registry: builtIns(t)})
	golden := filepath.Join("testdata", "demo.golden")
	got := withoutTimes(out)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the demonstration shows\n%s\n%s has\n%s", got, golden, want)
	}
}

func TestDemoOnAServerOfTheUsers(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, b redistest.Backend) {
		out := run(t, demo.Options{Registry: builtIns(t), Addr: b.Addr})
		if !strings.Contains(out, b.Addr) {
			t.Errorf("the address %s is not shown in\n%s", b.Addr, out)
		}
		if strings.Contains(out, "stops") {
			t.Errorf("it pretends to have stopped somebody's server:\n%s", out)
		}

		cache := cacheOn(t, b.Addr)
		for key, err := range cache.ScanKeys(t.Context(), "*") {
			t.Errorf("left behind: %q, %v", key, err)
		}
	})
}

func TestDemoOfAFile(t *testing.T) {
	t.Parallel()
	file := write(t, `
- class: memory.Cache
  entries:
    - {interface: interfaces.ICache, name: First}
    - {interface: interfaces.ICache}
- class: redis.Cache
  entries: [{interface: interfaces.ICache, name: A very long name}]
  url: ${REDIS_URL}
`)
	out := run(t, demo.Options{Registry: builtIns(t), Config: file})
	for _, want := range []string{file, "First", "''", "A very …", "All as promised, by 3 caches"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

func TestDemoColorsForATerminalOnly(t *testing.T) {
	t.Parallel()
	options := demo.Options{Registry: builtIns(t), Config: write(t, "- class: memory.Cache\n  entries: [{interface: interfaces.ICache}]\n")}
	if out := run(t, options); strings.Contains(out, "\x1b") {
		t.Errorf("escape sequences without color:\n%q", out)
	}
	options.Color = true
	if out := run(t, options); !strings.Contains(out, "\x1b[32mstored\x1b[0m") {
		t.Errorf("no green answer with color:\n%q", out)
	}
}

func TestDemoOfWhatCannotBeShown(t *testing.T) {
	gone := redistest.NewProxy(t, "127.0.0.1:1")
	gone.Refuse()
	tests := []struct {
		name    string
		options demo.Options
		want    string
	}{
		{"no such file", demo.Options{Config: filepath.Join(t.TempDir(), "absent.yml")}, "there is no such file"},
		{"no cache in the file", demo.Options{Config: write(t, "- class: logging.Site\n  entries: [{interface: interfaces.ILoggerSite}]\n")}, "declares no interfaces.ICache"},
		{"a mistake in the file", demo.Options{Config: write(t, "- class: memory.Cache\n  max_sise: 3\n")}, `did you mean "max_size"?`},
		{"an address that is none", demo.Options{Addr: "redis://:geheim@[::1"}, "neither host:port nor"},
		{"a server that is not there", demo.Options{Addr: "redis://:geheim@" + gone.Addr()}, "leave out --addr"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			test.options.Registry = builtIns(t)
			test.options.Out = &out
			err := demo.Run(t.Context(), test.options)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Run = %v, want %q in it", err, test.want)
			}
			if strings.Contains(out.String()+err.Error(), "geheim") {
				t.Errorf("the password is in %q or in\n%s", err, &out)
			}
		})
	}
}

// A server that refuses the password is there: to start one is no advice.
func TestDemoOfARefusedPassword(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	server.RequireAuth("right")
	var out bytes.Buffer
	err := demo.Run(t.Context(), demo.Options{Registry: builtIns(t), Out: &out, Addr: "redis://:hunter2@" + server.Addr()})
	if err == nil || strings.Contains(err.Error(), "start a server") || strings.Contains(err.Error()+out.String(), "hunter2") {
		t.Errorf("Run = %v\n%s", err, &out)
	}
}

func TestDemoReportsAMistakeOfTheFileAsDiagnostics(t *testing.T) {
	err := demo.Run(t.Context(), demo.Options{
		Registry: builtIns(t), Out: &bytes.Buffer{},
		Config: write(t, "- class: memory.Cache\n  max_sise: 3\n"),
	})
	var diagnostics builder.Diagnostics
	if !errors.As(err, &diagnostics) || diagnostics[0].Line != 2 {
		t.Errorf("Run = %v, want diagnostics of line 2", err)
	}
}

// A cache that does not keep its promises fails the demonstration.
func TestDemoFindsACacheThatIsWrong(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		broke func(interfaces.ICache) interfaces.ICache
		shown string
	}{
		{"loses what is stored", func(c interfaces.ICache) interfaces.ICache { return forgetful{c} }, `should be {"name":"John Doe"}`},
		{"keeps for ever", func(c interfaces.ICache) interfaces.ICache { return eternal{c} }, "should be ErrMiss"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			options := ofCache(t, test.broke)
			options.Out = &out
			err := demo.Run(t.Context(), options)
			if err == nil || !strings.Contains(err.Error(), "not as the contract promises") {
				t.Errorf("Run = %v, want an error for the answers", err)
			}
			if !strings.Contains(out.String(), test.shown) {
				t.Errorf("%q is not in\n%s", test.shown, &out)
			}
		})
	}
}

// A machine may stand still for as long as a key is kept, before it is asked
// for.
func TestDemoAsksAnewWhenItWasLate(t *testing.T) {
	t.Parallel()
	out := run(t, ofCache(t, func(c interfaces.ICache) interfaces.ICache { return &late{ICache: c} }))
	if !strings.Contains(out, "All as promised") {
		t.Errorf("not as promised:\n%s", out)
	}
}

// late is a cache whose keys that are kept for a short time are gone when they
// are asked for first.
type late struct {
	interfaces.ICache
	been bool
}

func (c *late) GetValue(ctx context.Context, key string) ([]byte, error) {
	if strings.HasSuffix(key, ":session") && !c.been {
		c.been = true
		if _, err := c.DeleteValues(ctx, key); err != nil {
			return nil, err
		}
	}
	return c.ICache.GetValue(ctx, key)
}

// ofCache returns options for a cache in memory that is made another of.
func ofCache(t *testing.T, made func(interfaces.ICache) interfaces.ICache) demo.Options {
	t.Helper()
	reg := component.NewRegistry()
	err := errors.Join(
		implements.RegisterInterfaces(reg),
		component.RegisterClass(reg, component.Class[interfaces.ICache, struct{}]{
			Name: "broken.Cache", Summary: t.Name(),
			Default: func() struct{} { return struct{}{} },
			New: func(ctx context.Context, site *component.Site, _ struct{}) (interfaces.ICache, error) {
				c, err := memory.NewCache(ctx, site, memory.DefaultCacheConfig())
				if err != nil {
					return nil, err
				}
				t.Cleanup(func() { _ = c.Close(context.Background()) })
				return made(c), nil
			},
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return demo.Options{
		Registry: reg,
		Config:   write(t, "- class: broken.Cache\n  entries: [{interface: interfaces.ICache}]\n"),
	}
}

type forgetful struct{ interfaces.ICache }

func (forgetful) SetValue(context.Context, string, []byte, time.Duration) error { return nil }

type eternal struct{ interfaces.ICache }

func (c eternal) SetValue(ctx context.Context, key string, value []byte, expire time.Duration) error {
	if expire > 0 {
		expire = time.Hour
	}
	return c.ICache.SetValue(ctx, key, value, expire)
}

// What nobody can read is not shown to the end.
func TestDemoEndsWhereItCannotWrite(t *testing.T) {
	t.Parallel()
	full := &shortOfRoom{room: 600}
	err := demo.Run(t.Context(), demo.Options{Registry: builtIns(t), Out: full})
	if !errors.Is(err, errNoRoom) || full.refused != 1 {
		t.Errorf("Run = %v after %d writes that failed", err, full.refused)
	}
}

var errNoRoom = errors.New("no room")

type shortOfRoom struct{ room, refused int }

func (s *shortOfRoom) Write(text []byte) (int, error) {
	if s.room -= len(text); s.room < 0 {
		s.refused++
		return 0, errNoRoom
	}
	return len(text), nil
}

func TestDemoEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := demo.Run(ctx, demo.Options{Registry: builtIns(t), Out: &bytes.Buffer{}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, want context.Canceled", err)
	}
}

func run(t *testing.T, options demo.Options) string {
	t.Helper()
	var out bytes.Buffer
	options.Out = &out
	if err := demo.Run(t.Context(), options); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	return out.String()
}

func builtIns(t *testing.T) *component.Registry {
	t.Helper()
	reg := component.NewRegistry()
	if err := implements.Register(reg); err != nil {
		t.Fatal(err)
	}
	return reg
}

func cacheOn(t *testing.T, addr string) interfaces.ICache {
	t.Helper()
	file := write(t, "- class: redis.Cache\n  entries: [{interface: interfaces.ICache}]\n  url: redis://"+addr+"\n")
	site, err := builder.LoadComponentSite(file, builder.WithRegistry(builtIns(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = site.Close(context.Background()) })
	cache, err := component.Get[interfaces.ICache](site, "")
	if err != nil {
		t.Fatal(err)
	}
	return cache
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

var (
	times = regexp.MustCompile(` +[0-9.]+ (ns|µs|ms|s)\b`)
	asked = regexp.MustCompile(`[0-9]+ (hits|misses)`) // a clock may have it ask once more
)

func withoutTimes(out string) string {
	return asked.ReplaceAllString(times.ReplaceAllString(out, " T"), "N $1")
}
