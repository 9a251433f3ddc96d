package componenttest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/component/componenttest"
)

// bell is a component that tells when it is closed.
type bell struct {
	sound  string
	closed *[]string
}

func (b bell) String() string { return b.sound }

func (b bell) Close() error {
	*b.closed = append(*b.closed, b.sound)
	if b.sound == "stuck" {
		return errors.New("it is stuck")
	}
	return nil
}

type bellConfig struct {
	Sound string `mapstructure:"sound"`
}

// bells returns an option for files of bells, and the sounds of those that
// were closed.
func bells(t *testing.T) (builder.Option, *[]string) {
	t.Helper()
	closed := &[]string{}
	registry := component.NewRegistry()
	err := errors.Join(
		component.RegisterInterface[fmt.Stringer](registry, "fmt.Stringer"),
		component.RegisterClass(registry, component.Class[bell, bellConfig]{
			Name: "test.Bell",
			New: func(_ context.Context, _ *component.Site, config bellConfig) (bell, error) {
				return bell{config.Sound, closed}, nil
			},
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return builder.WithRegistry(registry), closed
}

func item(sound string) string {
	return "- class: test.Bell\n  entries: [{interface: fmt.Stringer}]\n  sound: " + sound + "\n"
}

// folder writes files and returns where they are.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoadGivesTheSiteOfAFileForOneTest(t *testing.T) {
	option, closed := bells(t)
	dir := folder(t, map[string]string{"config.yml": item("ding")})
	t.Run("inner", func(t *testing.T) {
		site := componenttest.Load(t, filepath.Join(dir, "config.yml"), option)
		b, err := component.Get[fmt.Stringer](site, "")
		if err != nil || b.String() != "ding" {
			t.Errorf("the site gives %v, %v", b, err)
		}
		if len(*closed) > 0 {
			t.Error("the site is closed before the test ends")
		}
	})
	if got := strings.Join(*closed, " "); got != "ding" {
		t.Errorf("after the test %q is closed, want ding", got)
	}
}

func TestLoadTakesEveryConfigurationOfAFolder(t *testing.T) {
	option, closed := bells(t)
	dir := folder(t, map[string]string{
		"a.yml": item("ding"), "b.yaml": item("dong"), "c.json": `[{"class": "test.Bell", "sound": "bang"}]`,
		".env.yml": "settings: of something else", "notes.txt": "no configuration",
	})
	if err := os.Mkdir(filepath.Join(dir, "folder.yml"), 0o700); err != nil {
		t.Fatal(err)
	}
	if site := componenttest.Load(t, dir, option); site != nil {
		t.Error("a folder has a site")
	}
	if got := strings.Join(*closed, " "); got != "ding dong bang" {
		t.Errorf("%q are built and closed, want ding dong bang", got)
	}
}

// What fails a test is seen from without: the test binary runs itself.
func TestLoadFailsTheTest(t *testing.T) {
	for _, test := range []struct {
		name  string
		files map[string]string
		path  string
		want  []string
	}{
		{"of a file with mistakes", map[string]string{"config.yml": item("ding") + "  sond: dong\n"}, "config.yml", []string{
			`config.yml:4:3: test.Bell: unknown key "sond"; did you mean "sound"?`, "sond: [redacted]", "1 problem",
		}},
		{"of one such file in a folder", map[string]string{"a.yml": item("ding"), "b.yml": "- class: test.Bel"}, ".", []string{
			"--- PASS: TestLoadFromWithout/a.yml", "--- FAIL: TestLoadFromWithout/b.yml", `did you mean "test.Bell"?`,
		}},
		{"of an empty folder", nil, ".", []string{"holds no configuration"}},
		{"of a path that is not there", nil, "absent.yml", []string{"absent.yml: no such file"}},
		{"of a component that does not close", map[string]string{"config.yml": item("stuck")}, "config.yml", []string{"it is stuck"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := folder(t, test.files)
			run := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestLoadFromWithout$", "-test.v") //nolint:gosec // this binary
			run.Env = append(os.Environ(), "COMPONENTTEST_LOAD="+filepath.Join(dir, test.path))
			out, err := run.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				t.Errorf("the test does not fail: %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("the test does not say %q:\n%s", want, out)
				}
			}
		})
	}
}

// TestLoadFromWithout is run by TestLoadFailsTheTest.
func TestLoadFromWithout(t *testing.T) {
	path := os.Getenv("COMPONENTTEST_LOAD")
	if path == "" {
		t.Skip("run by another test")
	}
	option, _ := bells(t)
	componenttest.Load(t, path, option)
}
