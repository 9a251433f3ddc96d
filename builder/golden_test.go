package builder_test

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/builder"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const goldenFolder = "../testdata/diagnostics"

var goldenEnvironment = map[string]string{
	"REDIS_HOST": "redis.example", "REDIS_PASSWORD": "hunter2", "EMPTY": "", "SECRET_WORD": "hunter2",
}

// TestGolden holds that a bad file gives exactly the text beside it, in the
// right places, and nothing that is a secret.
func TestGolden(t *testing.T) {
	places := readPlaces(t)
	files := goldenFiles(t)
	if len(files) < 80 {
		t.Errorf("%d bad files, want 80", len(files))
	}
	b := builder.New(builder.WithRegistry(kit(t)), builder.WithEnvironment(goldenEnvironment))
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			found := diagnose(t, b, file)
			var text bytes.Buffer
			if err := found.WriteText(&text, false); err != nil {
				t.Fatal(err)
			}
			compareGolden(t, file+".golden", text.String())
			comparePlaces(t, file, found, places[name])
			if all := text.String() + found.Error(); strings.Contains(all, "hunter") {
				t.Errorf("a secret is shown:\n%s", all)
			}
			for _, word := range []string{"yaml: ", "json: ", "mapstructure", "reflect", "builder_test", "strconv", "unmarshal", "*string"} {
				if strings.Contains(text.String(), word) {
					t.Errorf("%q is no word for whoever wrote the file:\n%s", word, text.String())
				}
			}
			delete(places, name)
		})
	}
	for name := range places {
		t.Errorf("places.txt names %s, which is not there", name)
	}
}

func goldenFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*.yml", "*.json"} {
		found, err := filepath.Glob(filepath.Join(goldenFolder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	return files
}

// diagnose checks a file under its bare name, twice.
func diagnose(t *testing.T, b *builder.Builder, file string) builder.Diagnostics {
	t.Helper()
	check := func() builder.Diagnostics {
		source := builder.FileFS(os.DirFS(filepath.Dir(file)), filepath.Base(file))
		var found builder.Diagnostics
		if err := b.Check(t.Context(), source); !errors.As(err, &found) {
			t.Fatalf("the error is %v, no diagnostics", err)
		}
		return found
	}
	first, second := check(), check()
	if first.Error() != second.Error() {
		t.Errorf("two checks differ:\n%v\n%v", first, second)
	}
	return first
}

func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// goldenPlace is where a problem is.
type goldenPlace struct {
	line, column int
	text         string // what begins there
}

// readPlaces reads where the problems of the bad files are, which was marked
// by hand.
func readPlaces(t *testing.T) map[string][]goldenPlace {
	t.Helper()
	f, err := os.Open(filepath.Join(goldenFolder, "places.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	places := map[string][]goldenPlace{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		var name, quoted string
		var p goldenPlace
		fields := strings.SplitN(lines.Text(), " ", 4)
		if len(fields) != 4 {
			t.Fatalf("places.txt: %q", lines.Text())
		}
		name, quoted = fields[0], fields[3]
		if _, err := fmt.Sscan(fields[1], &p.line); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan(fields[2], &p.column); err != nil {
			t.Fatal(err)
		}
		if p.text, err = strconv.Unquote(quoted); err != nil {
			t.Fatal(quoted, err)
		}
		places[name] = append(places[name], p)
	}
	return places
}

func comparePlaces(t *testing.T, file string, found builder.Diagnostics, places []goldenPlace) {
	t.Helper()
	var got, want []string
	for _, d := range found {
		got = append(got, fmt.Sprintf("%d:%d", d.Line, d.Column))
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n")
	for _, p := range places {
		want = append(want, fmt.Sprintf("%d:%d", p.line, p.column))
		if p.column == 0 || p.text == "" {
			continue
		}
		rest := string([]rune(strings.Join(lines[p.line-1:], "\n"))[p.column-1:])
		if !strings.HasPrefix(rest, p.text) {
			t.Errorf("places.txt: %q does not begin at %d:%d", p.text, p.line, p.column)
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the places are %v, want %v", got, want)
	}
}
