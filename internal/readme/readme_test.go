package readme_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	_ "github.com/fivcglue/fivcglue-go/implements"
)

const root = "../.."

// A reader copies the quick start into an empty module, and it does what it
// says there.
func TestQuickStartRuns(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config.yml"), blocks(t, "yaml")[0])
	write(t, filepath.Join(dir, "main.go"), blocks(t, "go")[0])

	// The requirements and sums that `go mod tidy` would find on the net.
	module, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	absolute, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.mod"), strings.Replace(string(module), "module github.com/fivcglue/fivcglue-go", "module quickstart", 1)+
		"\nrequire github.com/fivcglue/fivcglue-go v0.0.0\nreplace github.com/fivcglue/fivcglue-go => "+absolute+"\n")
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.sum"), string(sums))

	run := exec.CommandContext(t.Context(), "go", "run", "-mod=mod", ".")
	run.Dir = dir
	run.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off")
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	promised := regexp.MustCompile(`(?s)\$ go run \.\n(.*)$`).FindStringSubmatch(blocks(t, "console")[1])
	if promised == nil || string(out) != promised[1] {
		t.Errorf("it prints %q; the README has %q", out, promised)
	}
}

// The example's folder holds what the README shows.
func TestExampleIsTheQuickStart(t *testing.T) {
	for file, block := range map[string]string{
		"config.yml": blocks(t, "yaml")[0],
		"main.go":    blocks(t, "go")[0],
	} {
		text, err := os.ReadFile(filepath.Join(root, "examples", "quickstart", file))
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != block {
			t.Errorf("examples/quickstart/%s differs from the README", file)
		}
	}
}

func TestFilesOfTheREADMELoad(t *testing.T) {
	for i, text := range blocks(t, "yaml") {
		site := component.NewSite()
		b := builder.New(builder.WithEnvironment(nil))
		if err := b.Load(t.Context(), site, builder.Reader("README.md", "yaml", strings.NewReader(text))); err != nil {
			t.Errorf("file %d: %v", i+1, err)
		}
		if err := site.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// The README lists the classes that there are, and no others.
func TestClassesOfTheREADMEAreBuiltIn(t *testing.T) {
	text := readme(t)
	for _, class := range component.DefaultRegistry().Classes() {
		if strings.HasPrefix(class.Name, "fivcglue.") { // of the original alone
			continue
		}
		if !strings.Contains(text, "`"+class.Name+"`") {
			t.Errorf("%s is not in the README", class.Name)
		}
	}
	for _, name := range regexp.MustCompile("`((?:memory|redis|file|config|logging)\\.[A-Z]\\w*)`").FindAllStringSubmatch(text, -1) {
		if _, found := component.DefaultRegistry().Class(name[1]); !found {
			t.Errorf("%s is in the README, and no class", name[1])
		}
	}
}

// The README lists the commands that there are, and no others.
func TestCommandsOfTheREADMEAreThere(t *testing.T) {
	help := exec.CommandContext(t.Context(), "go", "run", "./cmd/fivcglue", "--help")
	help.Dir = root
	out, err := help.Output()
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, command := range regexp.MustCompile(`(?m)^  ([a-z]+)  +[A-Z]`).FindAllStringSubmatch(string(out), -1) {
		there[command[1]] = true
	}
	delete(there, "help")
	delete(there, "completion")
	if len(there) == 0 {
		t.Fatalf("no commands in\n%s", out)
	}
	shown := map[string]bool{}
	for _, command := range regexp.MustCompile("`fivcglue ([a-z]+)").FindAllStringSubmatch(readme(t), -1) {
		shown[command[1]] = true
	}
	if !maps.Equal(there, shown) {
		t.Errorf("the commands are %v, those of the README %v", there, shown)
	}
}

// Links lead to files that are there, and commands to targets.
func TestLinksAndCommandsOfTheDocuments(t *testing.T) {
	makefile := read(t, "Makefile")
	for _, document := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/ARCHITECTURE.md", "benchmarks/README.md"} {
		text := read(t, document)
		for _, link := range links.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(document), link[1])); err != nil {
				t.Errorf("%s: %v", document, err)
			}
		}
		for _, target := range regexp.MustCompile("(?m)(?:`|^\\$ )make ([a-z0-9-]+)").FindAllStringSubmatch(text, -1) {
			if !strings.Contains(makefile, "\n"+target[1]+":") {
				t.Errorf("%s: there is no target %q", document, target[1])
			}
		}
	}
}

var (
	code  = regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]*`")
	links = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`) // to files, not to addresses
)

// blocks returns the README's code blocks of a language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	var found []string
	for _, block := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(readme(t), -1) {
		found = append(found, block[1])
	}
	if len(found) == 0 {
		t.Fatalf("the README has no block of %s", language)
	}
	return found
}

func readme(t *testing.T) string {
	t.Helper()
	return read(t, "README.md")
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
