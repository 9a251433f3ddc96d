package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/cli"
	"github.com/fivcglue/fivcglue-go/component"
)

// starter returns what init writes for a registry.
func starter(t *testing.T, registry *component.Registry) string {
	t.Helper()
	var out, problems bytes.Buffer
	program := cli.Program{Name: "fivcglue", Registry: registry, Out: &out, Err: &problems}
	if code := cli.Run(t.Context(), program, []string{"init", "-"}); code != cli.ExitOK {
		t.Fatalf("exit code %d: %s", code, &problems)
	}
	return out.String()
}

// passes checks a configuration as the command does.
func passes(t *testing.T, registry *component.Registry, text string) {
	t.Helper()
	b := builder.New(builder.WithRegistry(registry))
	if err := b.Check(t.Context(), builder.Reader("starter", "yaml", strings.NewReader(text))); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

var (
	commentedItem = regexp.MustCompile(`(?m)^# - (.*\n#)*.*\n`) // and items that it refers to
	commentedKey  = regexp.MustCompile(`(?m)^  # \w+: .*\n`)
	commentedLine = regexp.MustCompile(`(?m)^# ?`)
)

// The starter file is in order as it is, with each item that is a comment, and
// with all of them.
func TestStarterHoldsWithEveryItem(t *testing.T) {
	registry := component.DefaultRegistry()
	text := starter(t, registry)
	passes(t, registry, text)

	items := commentedItem.FindAllString(text, -1)
	if got, want := len(items), len(registry.Classes())-1; got != want {
		t.Fatalf("%d of %d classes are there as comments:\n%q", got, want, items)
	}
	all := text
	for _, item := range items {
		active := commentedLine.ReplaceAllString(item, "")
		name := regexp.MustCompile(`class: (\S+)\n`).FindAllStringSubmatch(active, -1)
		t.Run(name[len(name)-1][1], func(t *testing.T) {
			passes(t, registry, strings.Replace(text, item, active, 1))
		})
		all = strings.Replace(all, item, active, 1)
	}
	t.Run("all", func(t *testing.T) { passes(t, registry, all) })
}

func TestStarterHoldsWithEveryKey(t *testing.T) {
	registry := component.DefaultRegistry()
	text := starter(t, registry)
	keys := commentedKey.FindAllString(text, -1)
	if len(keys) == 0 {
		t.Fatal("no keys are shown")
	}
	for _, key := range keys {
		active := strings.Replace(key, "# ", "", 1)
		passes(t, registry, strings.Replace(text, key, active, 1))
	}
}

// choosyConfig has a key of each kind that is required.
type choosyConfig struct {
	Text     string                                 `mapstructure:"text" required:"true"`
	Level    string                                 `mapstructure:"level" required:"true" enum:"low,high"`
	Port     int                                    `mapstructure:"port" required:"true" min:"1024"`
	Ratio    float64                                `mapstructure:"ratio" required:"true"`
	Wait     time.Duration                          `mapstructure:"wait" required:"true" min:"2s"`
	Strict   bool                                   `mapstructure:"strict" required:"true"`
	Password component.Secret                       `mapstructure:"password" required:"true"`
	Hosts    []string                               `mapstructure:"hosts" required:"true"`
	Labels   map[string]string                      `mapstructure:"labels" required:"true"`
	One      component.Ref[fmt.Stringer]            `mapstructure:"one" required:"true"`
	Many     []component.Ref[fmt.Stringer]          `mapstructure:"many" required:"true"`
	Named    map[string]component.Ref[fmt.Stringer] `mapstructure:"named" required:"true"`
	Quoted   string                                 `mapstructure:"quoted" required:"true"`
	Optional string                                 `mapstructure:"optional"`
}

type choosy struct{}

func (choosy) String() string { return "" }

// A class of somebody's own may require anything.
func TestStarterFillsInWhatIsRequired(t *testing.T) {
	registry := component.NewRegistry()
	err := errors.Join(
		component.RegisterInterface[fmt.Stringer](registry, "fmt.Stringer"),
		component.RegisterClass(registry, component.Class[choosy, choosyConfig]{
			Name: "test.Choosy", Default: func() choosyConfig { return choosyConfig{Quoted: "it's # ${5}"} },
			New: func(context.Context, *component.Site, choosyConfig) (choosy, error) { return choosy{}, nil },
		}),
		component.RegisterClass(registry, component.Class[choosy, struct{}]{
			Name: "test.Plain",
			New:  func(context.Context, *component.Site, struct{}) (choosy, error) { return choosy{}, nil },
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	text := starter(t, registry)
	if strings.Contains(text, "To be filled in") || !strings.Contains(text, "\n  class: test.Plain\n") {
		t.Errorf("the starter is\n%s", text)
	}
	item := commentedItem.FindString(text)
	passes(t, registry, strings.Replace(text, item, commentedLine.ReplaceAllString(item, ""), 1))
}

type pickyConfig struct {
	Number string `mapstructure:"number" required:"true"`
}

func (c pickyConfig) Validate() error {
	return component.KeyError{Key: "number", Err: errors.New("must be that of a bus line")}
}

// What only its user knows is told, and the file is in order without it.
func TestStarterTellsWhatItCannotFillIn(t *testing.T) {
	registry := component.NewRegistry()
	err := component.RegisterClass(registry, component.Class[choosy, pickyConfig]{
		Name: "test.Picky",
		New:  func(context.Context, *component.Site, pickyConfig) (choosy, error) { return choosy{}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	text := starter(t, registry)
	passes(t, registry, text)
	if want := "# To be filled in: number: must be that of a bus line\n"; !strings.Contains(text, want) {
		t.Errorf("the starter does not have %q:\n%s", want, text)
	}
}

func TestStarterOfNothing(t *testing.T) {
	registry := component.NewRegistry()
	passes(t, registry, starter(t, registry))
}

// A file that cannot be written is told, and nothing is left behind.
func TestStarterIsWrittenOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	var out bytes.Buffer
	program := cli.Program{Name: "fivcglue", Registry: component.DefaultRegistry(), Out: &out, Err: &out}
	for i, want := range []int{cli.ExitOK, cli.ExitFailure} {
		if got := cli.Run(t.Context(), program, []string{"init", file}); got != want {
			t.Errorf("time %d: exit code %d, want %d: %s", i+1, got, want, &out)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil || strings.ReplaceAll(string(text), file, "config.yml") != starter(t, component.DefaultRegistry()) {
		t.Errorf("the file holds %q, %v", text, err)
	}
}
