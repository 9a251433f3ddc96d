package builder_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

// addSeeds gives a fuzz target the bad files, and some good ones.
func addSeeds(f *testing.F, extension string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(goldenFolder, "*"+extension))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, text := range []string{
		"- class: kit.Store\n  password: hunter2xyz\n  prot: 1\n",
		"- {class: kit.Store, password: hunter2xyz, port: none, password: again77}\n",
		"- class: kit.Store\n  password: \"hunter2xyz\"\n  host: 'open\n",
		"- class: kit.Store\n  pasword: hunter2xyz\n  tokens: [abc123, {a: b}]\n\thost: x\n",
		"[{\"class\": \"kit.Store\", \"password\": \"hunter2xyz\", \"prot\": 1, \"tokens\": [\"abc\", {}]}]",
		"[{\"class\": \"kit.Store\",\n \"password\": \"hunter2xyz\"\n \"host\": 'x'}]",
	} {
		f.Add([]byte(text))
	}
	f.Add([]byte(dumped))
	f.Add(benchYAML(0)[:400])
	f.Add(append(benchJSON()[:320], "}]"...))
}

func FuzzCheckYAML(f *testing.F) {
	addSeeds(f, ".yml")
	fuzzCheck(f, "x.yml")
}

func FuzzCheckJSON(f *testing.F) {
	addSeeds(f, ".json")
	fuzzCheck(f, "x.json")
}

// fuzzCheck holds that nothing panics, that every problem has a place that there
// is, that the same file gives the same bytes, that it takes neither long nor
// much memory, and that no secret is shown.
func fuzzCheck(f *testing.F, name string) {
	b := builder.New(builder.WithRegistry(kit(f)), builder.WithEnvironment(goldenEnvironment))
	check := func(t *testing.T, data []byte) builder.Diagnostics {
		err := b.Check(context.Background(), builder.Reader(name, "", bytes.NewReader(data)))
		var found builder.Diagnostics
		if err != nil && (!errors.As(err, &found) || len(found) == 0) {
			t.Fatalf("the error is %v, no diagnostics", err)
		}
		return found
	}
	breaks := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")
	if name == "x.json" {
		breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var found builder.Diagnostics
		var shown string
		began, allocated := time.Now(), allocatedBytes()
		found = check(t, data)
		shown = rendered(t, found)
		took, size := time.Since(began), allocatedBytes()-allocated
		if size > 256<<20 {
			t.Errorf("it allocated %d MB for %d bytes", size>>20, len(data))
		}
		lines := strings.Split(breaks.Replace(strings.TrimPrefix(string(data), "\ufeff")), "\n")
		for _, d := range found {
			if d.Line < 0 || d.Line > len(lines) || d.Column < 0 || d.Line == 0 && d.Column != 0 {
				t.Errorf("there is no place %d:%d: %v", d.Line, d.Column, d)
			} else if d.Line > 0 && d.Column > utf8.RuneCountInString(lines[d.Line-1])+2 {
				t.Errorf("line %d has no column %d: %v", d.Line, d.Column, d)
			}
			if d.Message == "" {
				t.Errorf("a problem without a message: %+v", d)
			}
			if !utf8.ValidString(d.Excerpt) || strings.ContainsAny(d.Excerpt, "\n\r\x1b") {
				t.Errorf("the excerpt %q is no line of text", d.Excerpt)
			}
		}
		began = time.Now()
		if again := rendered(t, check(t, data)); again != shown {
			t.Errorf("two runs differ:\n%s\n%s", shown, again)
		}
		// The quicker of both, since a machine may stand still.
		if took = min(took, time.Since(began)); took > 3*time.Second {
			t.Errorf("it took %v for %d bytes", took, len(data))
		}
		if other, ok := otherSecrets(data); ok {
			if again := rendered(t, check(t, other)); again != shown {
				t.Errorf("with another secret it is told otherwise, so it is shown:\n%s\n%s\nof %q", shown, again, data)
			}
		} else if secret := loneSecret(data); secret != "" {
			for _, d := range found {
				if strings.Contains(d.Excerpt, secret) {
					t.Errorf("the secret is shown: %q in %q of %q", secret, d.Excerpt, data)
				}
			}
		}
	})
}

// rendered returns the problems as everything that they can be written as.
func rendered(t *testing.T, found builder.Diagnostics) string {
	t.Helper()
	var b strings.Builder
	if err := errors.Join(found.WriteText(&b, false), found.WriteText(&b, true), found.WriteJSON(&b), found.WriteGitHub(&b)); err != nil {
		t.Error(err)
	}
	return b.String()
}

// allocatedBytes returns how much this process has allocated so far.
func allocatedBytes() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

var plainSecret = regexp.MustCompile(`^[A-Za-z0-9]{3,}$`)

// otherSecrets returns data with other passwords of the same length: what is
// told of the two must be the same to the byte. It returns false where data does
// not parse, or has none. Keys that stand twice are looked at, too.
func otherSecrets(data []byte) ([]byte, bool) {
	if !bytes.Contains(data, []byte("password")) || bytes.HasPrefix(data, []byte("\ufeff")) {
		return nil, false
	}
	var root yaml.Node
	if !decodes(data, &root) || len(root.Content) == 0 || root.Content[0].Kind != yaml.SequenceNode {
		return nil, false
	}
	lines := bytes.SplitAfter(bytes.Clone(data), []byte("\n")) // they share the clone, so that a change of one is a change of it
	changed := false
	for _, item := range root.Content[0].Content {
		if item.Kind != yaml.MappingNode || item.Anchor != "" {
			continue
		}
		var secrets []*yaml.Node
		isStore := 0
		for i := 0; i+1 < len(item.Content); i += 2 {
			switch key, value := item.Content[i], item.Content[i+1]; {
			case key.Value == "class" && value.Value == "kit.Store":
				isStore++
			case key.Value == "class" || key.Value == "<<":
				isStore += 2
			case key.Value == "password":
				secrets = append(secrets, value)
			}
		}
		for _, secret := range secrets {
			if isStore != 1 || secret.Kind != yaml.ScalarNode || secret.Anchor != "" || !plainSecret.MatchString(secret.Value) || strings.EqualFold(secret.Value, "null") || secret.Line > len(lines) {
				continue
			}
			at := bytes.Index(lines[secret.Line-1], []byte(secret.Value))
			if at < 0 || bytes.Count(data, []byte(secret.Value)) != 1 {
				continue
			}
			for i, c := range lines[secret.Line-1][at : at+len(secret.Value)] {
				switch {
				case c == 'z' || c == 'Z':
					c -= 'z' - 'a'
				case c == '9':
					c = '0'
				default:
					c++
				}
				lines[secret.Line-1][at+i] = c
			}
			changed = true
		}
	}
	return bytes.Join(lines, nil), changed
}

func decodes(data []byte, root *yaml.Node) (ok bool) {
	defer func() { ok = recover() == nil && ok }()
	return yaml.Unmarshal(data, root) == nil
}

var (
	secretLine = regexp.MustCompile(`(?:^|[\n{,])[ \t]*(?:- )?"?password"?[ \t]*:[ \t]+(?:"([A-Za-z0-9]{6,})"|([A-Za-z0-9]{6,}))[ \t]*[,}\n]`)
	freeKeys   = regexp.MustCompile(`labels|extra|limits|clocks|kit\.Open|[|>&*!'#]`) // in which a password is a name among others
)

// loneSecret returns what a file that does not parse calls a password, and
// nothing else; "" if there is none.
func loneSecret(data []byte) string {
	match := secretLine.FindSubmatch(data)
	if match == nil || freeKeys.Match(data) || decodes(data, &yaml.Node{}) {
		return ""
	}
	secret := string(match[1]) + string(match[2])
	if strings.EqualFold(secret, "null") || strings.Count(string(data), secret) != 1 {
		return ""
	}
	return secret
}

var placeholder = regexp.MustCompile(`\$\{(\w+)(:\?the secret|\})`)

// FuzzSameInBothFormats holds that whatever loads is dumped as YAML and as
// JSON that build the same site.
func FuzzSameInBothFormats(f *testing.F) {
	addSeeds(f, ".yml")
	registry := kit(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		b := builder.New(builder.WithRegistry(registry), builder.WithEnvironment(map[string]string{"HOST": "h", "TOKEN": "t"}))
		site := component.NewSite()
		if b.Load(context.Background(), site, builder.Reader("x.yml", "", bytes.NewReader(data))) != nil {
			return
		}
		asYAML, asJSON := mustDump(t, b, site, "yaml"), mustDump(t, b, site, "json")
		environment := map[string]string{"HOST": "h", "TOKEN": "t"}
		for _, match := range placeholder.FindAllStringSubmatch(asYAML, -1) {
			if _, known := environment[match[1]]; !known {
				environment[match[1]] = "secret"
			}
		}
		again := builder.New(builder.WithRegistry(registry), builder.WithEnvironment(environment))
		fromYAML, fromJSON := mustLoad(t, again, "y.yml", asYAML), mustLoad(t, again, "y.json", asJSON)
		one, other := mustDump(t, again, fromYAML, "json"), mustDump(t, again, fromJSON, "json")
		if stripPlaces(one) != stripPlaces(other) || stripPlaces(one) != stripPlaces(asJSON) {
			t.Errorf("YAML and JSON differ:\n%s\n%s\nfrom %q", one, other, data)
		}
	})
}
