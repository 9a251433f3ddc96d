package file_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/file"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

func load(t testing.TB, name, text string) (interfaces.IConfig, error) {
	t.Helper()
	config := file.Config{File: writeFile(t, name, text)}
	if strings.HasSuffix(name, ".json") {
		return file.NewJSON(t.Context(), nil, config)
	}
	return file.NewYAML(t.Context(), nil, config)
}

func TestValuesAreAsTheyStand(t *testing.T) {
	for _, test := range []struct {
		name, file, text string
		want             map[string]string // of session s
	}{
		{"whole number", "f.yml", "s: {k: 6379}", map[string]string{"k": "6379"}},
		{"leading zeros", "f.yml", "s: {k: 007}", map[string]string{"k": "007"}},
		{"octal and hexadecimal", "f.yml", "s: {a: 0o17, b: 0xFF, c: 1_000}", map[string]string{"a": "0o17", "b": "0xFF", "c": "1_000"}},
		{"trailing zero", "f.yml", "s: {k: 1.10}", map[string]string{"k": "1.10"}},
		{"exponent", "f.yml", "s: {k: 1e3}", map[string]string{"k": "1e3"}},
		{"date", "f.yml", "s: {k: 2024-01-02}", map[string]string{"k": "2024-01-02"}},
		{"sexagesimal", "f.yml", "s: {k: 12:30:45}", map[string]string{"k": "12:30:45"}},
		{"words that mean true or false", "f.yml", "s: {a: on, b: No, c: TRUE}", map[string]string{"a": "on", "b": "No", "c": "TRUE"}},
		{"not a number, infinite", "f.yml", "s: {a: .nan, b: -.inf}", map[string]string{"a": ".nan", "b": "-.inf"}},
		{"keys that are no words", "f.yml", "s: {1: a, on: b, 1.5: c, null: d, true: e, 2024-01-02: f}",
			map[string]string{"1": "a", "on": "b", "1.5": "c", "null": "d", "true": "e", "2024-01-02": "f"}},
		{"quotes", "f.yml", "s: {a: '007', b: \"x\\ty\", c: '', d: 'it''s'}", map[string]string{"a": "007", "b": "x\ty", "c": "", "d": "it's"}},
		{"blocks", "f.yml", "s:\n  a: |\n    one\n    two\n  b: >-\n    one\n    two\n", map[string]string{"a": "one\ntwo\n", "b": "one two"}},
		{"null is absent", "f.yml", "s: {a: null, b: ~, c: , d: 'null', e: \"~\"}", map[string]string{"d": "null", "e": "~"}},
		{"nothing is expanded", "f.yml", "s: {k: '${HOME} $${x}'}", map[string]string{"k": "${HOME} $${x}"}},
		{"maps by dots", "f.yml", "s: {a: {b: {c: 1}, d: 2}}", map[string]string{"a.b.c": "1", "a.d": "2"}},
		{"lists by index", "f.yml", "s:\n  servers:\n    - host: a\n    - host: b\n  ports: [1, 2, [3, 4]]\n", map[string]string{
			"servers.0.host": "a", "servers.1.host": "b", "ports.0": "1", "ports.1": "2", "ports.2.0": "3", "ports.2.1": "4",
		}},
		{"null within a list keeps the numbers", "f.yml", "s: {l: [a, null, c]}", map[string]string{"l.0": "a", "l.2": "c"}},
		{"empty maps and lists", "f.yml", "s: {a: {}, b: []}", map[string]string{}},
		{"a session that is a list", "f.yml", "s: [{host: a}, b]", map[string]string{"0.host": "a", "1": "b"}},
		{"keys with dots", "f.yml", "s: {a.b: 1, a: {c: 2}}", map[string]string{"a.b": "1", "a.c": "2"}},
		{"keys with dots beside null", "f.yml", "s: {a.b: ~, a: {b: 2}}", map[string]string{"a.b": "2"}},
		{"anchors", "f.yml", "b: &b {x: 1, y: 2}\ns: *b\n", map[string]string{"x": "1", "y": "2"}},
		{"merge keys", "f.yml", "b: &b {x: 1, y: 2}\ns: {<<: *b, y: 3}\n", map[string]string{"x": "1", "y": "3"}},
		{"tags of YAML's own", "f.yml", "s: {a: !!str 007, b: !!int \"7\"}", map[string]string{"a": "007", "b": "7"}},
		{"byte order mark", "f.yml", "\ufeffs: {k: v}", map[string]string{"k": "v"}},
		{"line ends of Windows", "f.yml", "s:\r\n  a: 1\r\n  b: 2\r\n", map[string]string{"a": "1", "b": "2"}},
		{"letters of all kinds", "f.yml", "s: {größe: 日本}", map[string]string{"größe": "日本"}},
		{"comments", "f.yml", "# a file\ns: # a session\n  k: v # a value\n", map[string]string{"k": "v"}},
		{"an explicit document", "f.yml", "---\ns: {k: v}\n...\n", map[string]string{"k": "v"}},

		{"JSON numbers", "f.json", `{"s": {"a": 6379, "b": 1.10, "c": 1E+3, "d": -0, "e": 123456789012345678901234567890}}`,
			map[string]string{"a": "6379", "b": "1.10", "c": "1E+3", "d": "-0", "e": "123456789012345678901234567890"}},
		{"JSON texts", "f.json", `{"s": {"a": "007", "b": "x\ty\u00e9\ud83d\ude80", "c": "", "d": "null"}}`,
			map[string]string{"a": "007", "b": "x\tyé🚀", "c": "", "d": "null"}},
		{"JSON true, false, null", "f.json", `{"s": {"a": true, "b": false, "c": null}}`, map[string]string{"a": "true", "b": "false"}},
		{"JSON depth", "f.json", `{"s": {"servers": [{"host": "a"}, {"host": "b"}], "1": 2}}`,
			map[string]string{"servers.0.host": "a", "servers.1.host": "b", "1": "2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			config, err := load(t, test.file, test.text)
			if err != nil {
				t.Fatal(err)
			}
			session := config.GetSession("s")
			got := map[string]string{}
			for _, key := range session.ListKeys() {
				got[key], _ = session.GetValue(key)
			}
			for key, want := range test.want {
				if value, ok := got[key]; !ok || value != want {
					t.Errorf("key %q = %q, %t; want %q", key, value, ok, want)
				}
				delete(got, key)
			}
			if len(got) > 0 {
				t.Errorf("there are keys that there should not be: %q", got)
			}
		})
	}
}

func TestSessions(t *testing.T) {
	for _, test := range []struct {
		name, file, text string
		want             []string
	}{
		{"some", "f.yml", "redis: {host: a}\nREDIS: {host: b}\n1: {a: b}\n", []string{"1", "REDIS", "redis"}},
		{"an empty map", "f.yml", "redis: {}\n", []string{"redis"}},
		{"null is absent", "f.yml", "redis:\nweb: ~\n", nil},
		{"an empty file", "f.yml", "", nil},
		{"comments only", "f.yml", "# nothing yet\n", nil},
		{"blanks only", "f.yml", " \n\n  \n", nil},
		{"a document of nothing", "f.yml", "---\n", nil},
		{"null", "f.yml", "null\n", nil},
		{"a byte order mark only", "f.yml", "\ufeff", nil},
		{"an empty file of JSON", "f.json", "", nil},
		{"blanks of JSON", "f.json", " \n\t", nil},
		{"null of JSON", "f.json", "null", nil},
		{"an empty map of JSON", "f.json", "{}", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			config, err := load(t, test.file, test.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := config.ListSessions(); !slices.Equal(got, test.want) {
				t.Errorf("sessions %q, want %q", got, test.want)
			}
			if session := config.GetSession("redis"); session == nil {
				t.Error("GetSession is nil")
			}
		})
	}
}

func TestValuesInNoSession(t *testing.T) {
	config, err := load(t, "f.yml", "debug: on\nredis: {host: a}\nname: shop\n\"\": {more: 1}\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := config.ListSessions(); !slices.Equal(got, []string{"", "redis"}) {
		t.Errorf("sessions %q", got)
	}
	if got := config.GetSession("").ListKeys(); !slices.Equal(got, []string{"debug", "more", "name"}) {
		t.Errorf("keys %q of session \"\"", got)
	}
}

func TestBrokenFiles(t *testing.T) {
	deep := strings.Repeat("{a: ", 100) + "1" + strings.Repeat("}", 100)
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		bomb += strings.ReplaceAll("aN: &aN [*aM, *aM, *aM, *aM, *aM, *aM, *aM, *aM, *aM, *aM]\n", "N", string(rune('1'+i)))
		bomb = strings.ReplaceAll(bomb, "M", string(rune('0'+i)))
	}
	for _, test := range []struct {
		name, file, text string
		want             []string // "<file>" stands for the file's path
	}{
		{"a bracket that is not closed", "f.yml", "redis:\n  host: [a, b\n", []string{"<file>:2:9: this [ is not closed"}},
		{"a quote that is not closed", "f.yml", "redis:\n  host: \"a\n  port: 1\n", []string{"<file>:2:9: this quote is not closed"}},
		{"a tab", "f.yml", "redis:\n\thost: a\n", []string{"<file>:2:1: a tab stands in the indentation; indent with spaces"}},
		{"indentation", "f.yml", "redis:\n    host: a\n  port: 1\n", []string{"<file>:3:3: the indentation fits no line above it"}},
		{"a colon in a value", "f.yml", "redis:\n  host: a: b\n", []string{"<file>:2:10: a colon stands where no key can; put a text that holds one in quotes"}},
		{"a duplicate key", "f.yml", "redis:\n  host: a\n  port: 1\n  host: b\n", []string{`<file>:4:3: duplicate key "host"; the first is on line 2`}},
		{"a duplicate session", "f.yml", "redis: {host: a}\nredis: {host: b}\n", []string{`<file>:2:1: duplicate key "redis"; the first is on line 1`}},
		{"keys that are the same but for quotes", "f.yml", "s: {1: a, '1': b}\n", []string{`<file>:1:11: duplicate key "1"; the first is on line 1`}},
		{"several problems", "f.yml", "a: {x: 1, x: 2}\nb: {y: 1, y: 2}\n", []string{`<file>:1:11: duplicate key "x"`, `<file>:2:11: duplicate key "y"`}},
		{"several documents", "f.yml", "redis: {host: a}\n---\nredis: {host: b}\n", []string{"<file>:2:1: a second document begins here; a file holds one"}},
		{"an alias within what it names", "f.yml", "s: &s\n  a: *s\n", []string{"<file>:2:6: the alias *s stands within what it names"}},
		{"an alias of nothing", "f.yml", "base: &base {a: 1}\ns: *bas\n", []string{`<file>:2:4: this alias names no anchor above it; put a text that begins with * in quotes; did you mean "base"?`}},
		{"aliases that multiply", "f.yml", bomb, []string{"the aliases up to here stand for more than 524288 values"}},
		{"too deep", "f.yml", "s: " + deep, []string{"nested more than 64 levels deep"}},
		{"a merge of no map", "f.yml", "s: {<<: 1}\n", []string{"a merge key must name a map, or a list of maps"}},
		{"a key that is a list", "f.yml", "s:\n  ? [a, b]\n  : c\n", []string{"<file>:2:5: a key must be a word, not a list or a map"}},
		{"a tag that means nothing", "f.yml", "s: {k: !secret x}\n", []string{`<file>:1:8: a tag means nothing here; put a text that begins with ! in quotes`}},
		{"a list", "f.yml", "- redis\n- web\n", []string{"<file>:1:1: a settings file is a map of sessions, not a list"}},
		{"a single value", "f.yml", "redis\n", []string{"<file>:1:1: a settings file is a map of sessions, not a single value"}},
		{"a dot that makes two keys the same", "f.yml", "s:\n  a.b: 1\n  a:\n    b: 2\n", []string{
			`<file>:4:8: the key "a.b" of session "s" has a value on line 2 already; a dot in a key reaches into a map or a list`,
		}},
		{"a number that makes two keys the same", "f.yml", "s: {l: [x], l.0: y}\n", []string{`the key "l.0" of session "s" has a value`}},
		{"a session without a name and values without a session", "f.yml", "k: 1\n\"\": {k: 2}\n", []string{`<file>:2:9: the key "k" of session "" has a value on line 1`}},
		{"UTF-16", "f.yml", "\xff\xfes\x00:\x00", []string{"<file>: the file is in UTF-16; save it as UTF-8"}},
		{"a byte that is not UTF-8", "f.yml", "redis:\n  host: gr\xfcn\n", []string{"<file>:2:11: the byte 0xFC is not UTF-8; save the file as UTF-8"}},
		{"binary", "f.yml", "\x7fELF\x02\x01\x01\x00\x00", []string{"<file>:1:1: the control character U+007F"}},
		{"zero bytes", "f.yml", "redis: x\x00y\n", []string{"<file>: the file is binary, not text"}},
		{"too large", "f.yml", "k: v\n" + strings.Repeat("#", 16<<20), []string{"<file>: the file is larger than 16 MiB"}},

		{"JSON cut off", "f.json", `{"redis": {"host": "a"`, []string{"<file>:1:11: this map is not closed"}},
		{"JSON with a comma too many", "f.json", "{\"redis\": {\"host\": \"a\",}}", []string{"<file>:1:23: a comma stands before the end of the map"}},
		{"JSON with a comma too few", "f.json", "{\"a\": {}\n\"b\": {}}", []string{"<file>:2:1: a comma is missing before this"}},
		{"JSON with single quotes", "f.json", "{'a': {}}", []string{"<file>:1:2: a text must stand in double quotes"}},
		{"JSON with a comment", "f.json", "{\n  // here\n}", []string{"<file>:2:3: JSON has no comments"}},
		{"JSON with a duplicate key", "f.json", "{\"s\": {\"a\": 1,\n\"a\": 2}}", []string{`<file>:2:1: duplicate key "a"; the first is on line 1`}},
		{"an address as a key", "f.json", "{\"s\": {\"u:hunter2@h\": 1,\n\"u:hunter2@h\": 2}}", []string{`<file>:2:1: duplicate key "[redacted]@h"; the first is on line 1`}},
		{"two documents of JSON", "f.json", "{}\n{}", []string{"<file>:2:1: there is more after the end of the document"}},
		{"JSON that is YAML", "f.json", "redis:\n  host: a\n", []string{"<file>:1:1: this looks like YAML; JSON begins with [ or {"}},
		{"a list of JSON", "f.json", "[1]", []string{"<file>:1:1: a settings file is a map of sessions, not a list"}},
		{"too deep for JSON", "f.json", strings.Repeat(`{"a":`, 100000), []string{"nested more than 64 levels deep"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := writeFile(t, test.file, test.text)
			var err error
			if strings.HasSuffix(test.file, ".json") {
				_, err = file.NewJSON(t.Context(), nil, file.Config{File: path})
			} else {
				_, err = file.NewYAML(t.Context(), nil, file.Config{File: path})
			}
			var located *file.Error
			if !errors.As(err, &located) || located.File != path {
				t.Fatalf("error %v, want a *file.Error of the file", err)
			}
			for _, want := range test.want {
				if want = strings.ReplaceAll(want, "<file>", path); !strings.Contains(err.Error(), want) {
					t.Errorf("error\n\t%v\nwant\n\t%s", err, want)
				}
			}
			for _, foreign := range []string{"yaml:", "json:", "invalid character", "unmarshal"} {
				if strings.Contains(strings.ReplaceAll(err.Error(), path, ""), foreign) {
					t.Errorf("the error has a parser's own words: %v", err)
				}
			}
		})
	}
}

func TestManyProblemsAreCutShort(t *testing.T) {
	_, err := load(t, "f.yml", strings.Repeat("a: {x: 1, x: 2}\n", 200))
	if err == nil || !strings.Contains(err.Error(), "more problems") || strings.Count(err.Error(), "\n") > 30 {
		t.Errorf("error %v", err)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		name   string
		config file.Config
		want   string
		is     error
	}{
		{"a directory", file.Config{File: dir}, ": the file cannot be read: it is a directory", nil},
		{"missing and required", file.Config{File: filepath.Join(dir, "none.yml"), Required: true}, "none.yml: the file cannot be read: there is no such file", fs.ErrNotExist},
		{"in a folder that is a file", file.Config{File: filepath.Join(writeFile(t, "a", ""), "b.yml")}, ": the file cannot be read: not a directory", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, load := range []func() error{
				func() error { _, err := file.NewYAML(t.Context(), nil, test.config); return err },
				func() error { _, err := file.NewJSON(t.Context(), nil, test.config); return err },
			} {
				err := load()
				if err == nil || !strings.HasSuffix(err.Error(), test.want) {
					t.Errorf("error %v, want one that ends in %s", err, test.want)
				}
				if test.is != nil && !errors.Is(err, test.is) {
					t.Errorf("the error does not match %v", test.is)
				}
			}
		})
	}
}

func TestFileThatMayNotBeRead(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	path := writeFile(t, "f.yml", "")
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := file.NewYAML(t.Context(), nil, file.Config{File: path}); err == nil || !strings.HasSuffix(err.Error(), "permission denied") {
		t.Errorf("error %v", err)
	}
}

func TestMissingFileIsEmpty(t *testing.T) {
	config, err := file.NewYAML(t.Context(), nil, file.Config{File: filepath.Join(t.TempDir(), "none.yml")})
	if err != nil {
		t.Fatal(err)
	}
	if sessions := config.ListSessions(); len(sessions) > 0 {
		t.Errorf("sessions %q", sessions)
	}
	session := config.GetSession("redis")
	session.SetValue("host", "a")
	if value, ok := session.GetValue("host"); !ok || value != "a" {
		t.Errorf("a value that was set in an empty session is %q, %t", value, ok)
	}
}

// TestLongKeys holds that keys which lie in long keys do not take all memory.
func TestLongKeys(t *testing.T) {
	text := "s: " + strings.Repeat("{"+strings.Repeat("k", 1000)+": ", 50) + "[" + strings.Repeat("1,", 100_000) + "]" + strings.Repeat("}", 50) + "\n"
	_, err := file.NewYAML(t.Context(), nil, file.Config{File: writeFile(t, "f.yml", text)})
	if err == nil || !strings.Contains(err.Error(), "the keys up to here come to more than 32 MiB") {
		t.Errorf("the error is %.200v", err)
	}
}

// FuzzLoad holds that what is told names the file and no value, that loading
// again tells the same, that it takes neither long nor much memory, and that what
// is both JSON and YAML has the same keys and values.
func FuzzLoad(f *testing.F) {
	for _, text := range []string{
		"redis: {host: localhost, port: 6379}", `{"redis": {"host": "a", "l": [1, {"b": null}]}}`, "a: &a\n  b: *a\n",
		"s: {a.b: 1, a: {b: 2}}", "- a", "a: |\n  b\n c", "---\n---\n", "\ufeff{}", "{\"a\": \"\\ud800\"}", "? [a]\n: b",
		"redis:\n  password: hunter2xyz\n  password: again77\n  host: 'a\n", `{"redis": {"password": "hunter2xyz" "host": 1}}`, "a: &a {b: c}\nd: {<<: *a, e: [*a, *a]}\n",
	} {
		f.Add(text)
	}
	password := regexp.MustCompile(`(?m)^[ \t]*password: ([A-Za-z0-9]{8,})$`)
	f.Fuzz(func(t *testing.T, text string) {
		path := writeFile(t, "f", text)
		var loaded []string
		for _, load := range []func() (interfaces.IConfig, error){
			func() (interfaces.IConfig, error) { return file.NewYAML(t.Context(), nil, file.Config{File: path}) },
			func() (interfaces.IConfig, error) { return file.NewJSON(t.Context(), nil, file.Config{File: path}) },
		} {
			began, allocated := time.Now(), allocatedBytes()
			config, err := load()
			took, size := time.Since(began), allocatedBytes()-allocated
			began = time.Now()
			_, errAgain := load()
			// The quicker of both, since a machine may stand still.
			if took = min(took, time.Since(began)); took > 2*time.Second {
				t.Errorf("it took %v for %d bytes", took, len(text))
			}
			if size > 256<<20 {
				t.Errorf("it allocated %d MB for %d bytes", size>>20, len(text))
			}
			if fmt.Sprint(err) != fmt.Sprint(errAgain) {
				t.Errorf("loaded twice the error is %v and %v", err, errAgain)
			}
			if err != nil {
				if !strings.HasPrefix(err.Error(), path) {
					t.Errorf("the error does not begin with the file: %v", err)
				}
				if secret := password.FindStringSubmatch(text); secret != nil && strings.Count(text, secret[1]) == 1 && strings.Contains(err.Error(), secret[1]) {
					t.Errorf("the error shows %q: %v", secret[1], err)
				}
				continue
			}
			var all strings.Builder
			for _, name := range config.ListSessions() {
				session := config.GetSession(name)
				keys := session.ListKeys()
				if !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
					t.Errorf("keys %q", keys)
				}
				for _, key := range keys {
					value, ok := session.GetValue(key)
					if !ok {
						t.Errorf("the key %q is listed and has no value", key)
					}
					fmt.Fprintf(&all, "%q %q %q\n", name, key, value)
				}
			}
			loaded = append(loaded, all.String())
		}
		// In YAML a text may go on over a line break of Unicode's, which JSON has as it stands.
		if len(loaded) == 2 && loaded[0] != loaded[1] && !strings.ContainsAny(text, "\u0085\u2028\u2029") {
			t.Errorf("YAML has\n%sand JSON\n%s", loaded[0], loaded[1])
		}
	})
}

// allocatedBytes returns how much this process has allocated so far.
func allocatedBytes() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
