package builder_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

func TestLoadDecodesEveryForm(t *testing.T) {
	b := builder.New(builder.WithRegistry(kit(t)), builder.WithEnvironment(map[string]string{"PORT": "6380", "TLS": "on"}))
	yes := true
	want := DefaultStoreConfig()
	want.Host, want.Port, want.DB = "0777", 6380, 3
	want.Timeout, want.Ratio, want.TLS, want.Retry = 250*time.Millisecond, 0.5, true, &yes
	want.Mode, want.Prefix, want.Comment = "cluster", "on", "1.10"
	want.DB = 0
	want.Tags, want.Weights, want.Sizes = []string{"a", "1", "true", "~x"}, []byte("abc"), []int{1, 2}
	want.Labels = map[string]string{"a": "1", "b": "0x1"}
	want.Pool, want.Spare = PoolConfig{Size: 10, Idle: 2 * time.Millisecond}, &PoolConfig{Size: 4}
	want.Nodes = []NodeConfig{{Host: "x"}, {Host: "y", Port: 2}}
	want.Extra = map[string]any{"n": 1, "f": 1.5, "b": true, "s": "1", "l": []any{"x", nil, map[string]any{"k": "on"}}}
	want.Limits = map[int]time.Duration{1: 5 * time.Second, 2: time.Millisecond}
	texts := map[string]string{
		"x.yml": `
- entries: [{interface: kit.IStore}]
  class: kit.Store
  host: 0777
  port: ${PORT}
  db: ~
  timeout: 250ms
  ratio: 0.5
  tls: ${TLS}
  retry: yes
  mode: cluster
  prefix: on
  comment: 1.10
  tags: [a, 1, true, ~x]
  weights_of_bytes: abc
  sizes: [1, "2"]
  labels: {a: 1, b: 0x1, c: null}
  pool: {idle: 2ms}
  spare: {size: 4}
  nodes: [{host: x}, {host: y, port: 2}]
  extra: {n: 1, f: 1.5, b: true, s: '1', l: [x, null, {k: on}]}
  limits: {1: 5, 2: 1ms}
`,
		"x.json": `[{"entries": [{"interface": "kit.IStore", "name": null}], "class": "old.kit.stores.StoreImpl",
  "host": "0777", "port": "${PORT}", "db": null, "timeout": "250ms", "ratio": 0.5, "tls": "${TLS}", "retry": true,
  "mode": "cluster", "prefix": "on", "comment": 1.10, "tags": ["a", 1, true, "~x"], "weights_of_bytes": "abc",
  "sizes": [1, "2"], "labels": {"a": 1, "b": "0x1", "c": null}, "pool": {"idle": "2ms"}, "spare": {"size": 4},
  "nodes": [{"host": "x"}, {"host": "y", "port": 2}],
  "extra": {"n": 1, "f": 1.5, "b": true, "s": "1", "l": ["x", null, {"k": "on"}]},
  "limits": {"1": 5, "2": "1ms"}}]`,
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			site := mustLoad(t, b, name, text)
			s, err := component.Get[IStore](site, "")
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Config(); !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestExpansion(t *testing.T) {
	folder := fstest.MapFS{
		"etc/x.yml":        {},
		"etc/secrets/pass": {Data: []byte("hunter2\n")},
		"etc/secrets/crlf": {Data: []byte("hunter2\r\n")},
		"etc/secrets/two":  {Data: []byte("a\nb\n\n")},
	}
	environment := map[string]string{"HOST": "h", "EMPTY": "", "LIST": "[a, b]", "QUOTE": `'"`, "REF": "${HOST}"}
	tests := []struct{ name, text, want string }{
		{"variable", "${HOST}", "h"},
		{"within text", "a-${HOST}-${HOST}-b", "a-h-h-b"},
		{"empty", "'x${EMPTY}'", "x"},
		{"default", "${NONE:-d}", "d"},
		{"default that is not needed", "${HOST:-d}", "h"},
		{"default of an empty one", "${EMPTY:-d}", "d"},
		{"empty default", "'x${NONE:-}'", "x"},
		{"default with a reference", "${NONE:-${HOST}}", "h"},
		{"default with braces", "'${NONE:-${EMPTY:-x}y}'", "xy"},
		{"message that is not needed", "${HOST:?needed}", "h"},
		{"structure stays", "${LIST}", "[a, b]"},
		{"quotes stay", "${QUOTE}", `'"`},
		{"not again", "${REF}", "${HOST}"},
		{"file", "${file:secrets/pass}", "hunter2"},
		{"file with CRLF", "${file:secrets/crlf}", "hunter2"},
		{"file of two lines", "${file:secrets/two}", "a\nb\n"},
		{"escape", "$${HOST}", "${HOST}"},
		{"escape and reference", "$${x}${HOST}", "${x}h"},
		{"dollar", "a$b$", "a$b$"},
		{"two dollars", "$$", "$$"},
		{"brace", "'$ {HOST}'", "$ {HOST}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			folder["etc/x.yml"].Data = []byte("- entries: [{interface: kit.IStore}]\n  class: kit.Store\n  prefix: " + tt.text + "\n  password: " + tt.text + "\n")
			b := builder.New(builder.WithRegistry(kit(t)), builder.WithEnvironment(environment))
			site := component.NewSite()
			if err := b.Load(t.Context(), site, builder.FileFS(folder, "etc/x.yml")); err != nil {
				t.Fatal(err)
			}
			s, err := component.Get[IStore](site, "")
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Config(); got.Prefix != tt.want || got.Password.Reveal() != tt.want {
				t.Errorf("%s is %q and %q, want %q", tt.text, got.Prefix, got.Password.Reveal(), tt.want)
			}
		})
	}
}

func TestFilesAreRelativeToTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pass"), "hunter2\n")
	file := filepath.Join(dir, "x.yml")
	write(t, file, "- entries: [{interface: kit.IStore}]\n  class: kit.Store\n  password: ${file:pass}\n")
	site, err := builder.LoadComponentSite(file, builder.WithRegistry(kit(t)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := component.Get[IStore](site, "")
	if err != nil || s.Config().Password.Reveal() != "hunter2" {
		t.Errorf("%v, %v", s, err)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestBuildErrors holds that what fails while a site is built is as located as
// what Check finds, and that nothing stays.
func TestBuildErrors(t *testing.T) {
	tests := []struct {
		name, text, want string
		is               error
	}{
		{
			"New fails", "- class: kit.Clock\n  entries: [{interface: kit.IClock}]\n- class: kit.Store\n  fail: new\n",
			"x.yml:3:10: kit.Store: cannot be built: the disk is full", nil,
		},
		{
			"New panics", "- class: kit.Store\n  fail: panic\n",
			"x.yml:1:10: kit.Store: cannot be built: New panicked: new went wrong", nil,
		},
		{
			"a key that Prepare leaves out", "- class: kit.Session\n  port: 1\n",
			`x.yml:1:10: kit.Session: the key "host" is required`, nil,
		},
		{
			"a lookup in Prepare that closes a circle",
			"- class: kit.Session\n  entries: [{interface: kit.IClock, name: s}]\n  host: a\n" +
				"- class: kit.Store\n  entries: [{interface: kit.IStore, name: session}]\n  clocks: {a: s}\n",
			`x.yml:4:10: kit.Store: clocks.a: `, component.ErrCycle,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			site := component.NewSite()
			err := builder.New(builder.WithRegistry(kit(t))).Load(t.Context(), site, builder.Reader("x.yml", "", strings.NewReader(tt.text)))
			var found builder.Diagnostics
			if !errors.As(err, &found) || len(found) != 1 {
				t.Fatalf("the error is %v", err)
			}
			if tt.is != nil {
				if !errors.Is(err, tt.is) {
					t.Errorf("%v is not %v", err, tt.is)
				}
			} else if err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if entries := site.Entries(); len(entries) > 0 {
				t.Errorf("%v stayed", entries)
			}
		})
	}
}

func TestPrepareStandsBetweenDefaultsAndItem(t *testing.T) {
	b := builder.New(builder.WithRegistry(kit(t)))
	site := mustLoad(t, b, "x.yml", `
- class: kit.Session
  entries: [{interface: kit.IClock}]
  port: 1
- class: kit.Store
  entries: [{interface: kit.IStore, name: session}]
  host: from-session
  port: 2
`)
	c, err := component.Get[IClock](site, "")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.(*clock).config, (SessionConfig{Host: "from-session", Port: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	values := builder.Values(site.Items()[0])
	for _, v := range values {
		if want := map[string]string{"host": builder.FromPrepare, "port": builder.FromFile}[v.Path]; v.From != want {
			t.Errorf("%s is from %s, want %s", v.Path, v.From, want)
		}
	}
}

func TestOverlay(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "a.yml"), filepath.Join(dir, "b.json")
	write(t, first, "- class: kit.Store\n  entries: [{interface: kit.IStore, name: A}]\n  backup: B\n")
	write(t, second, `[{"class": "kit.Store", "entries": [{"interface": "kit.IStore", "name": "B"}]}]`)
	site, err := builder.LoadComponentSite(first, builder.WithRegistry(kit(t)), builder.WithOverlay(second))
	if err != nil {
		t.Fatal(err)
	}
	a, err := component.Get[IStore](site, "A")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := component.Get[IStore](site, "B"); err != nil || a.Config().Backup.Get() != b {
		t.Errorf("A refers to %v, want %v, %v", a.Config().Backup.Get(), b, err)
	}
	write(t, second, `[{"class": "kit.Store", "entries": [{"interface": "kit.IStore", "name": "A"}], "prot": 1}]`)
	_, err = builder.LoadComponentSite(first, builder.WithRegistry(kit(t)), builder.WithOverlay(second))
	var found builder.Diagnostics
	if !errors.As(err, &found) || len(found) != 3 || found[0].File != first || found[1].File != second || found[2].File != second {
		t.Errorf("got %v", err)
	}
}

func TestSiteThatExists(t *testing.T) {
	site := component.NewSite()
	if err := component.Register[IStore](site, "there", &store{}); err != nil {
		t.Fatal(err)
	}
	b := builder.New(builder.WithRegistry(kit(t)))
	text := "- class: kit.Store\n  entries: [{interface: kit.IStore, name: new}]\n  backup: there\n"
	for range 2 { // the second time, the entry of the first is there
		err := b.Load(t.Context(), site, builder.Reader("x.yml", "", strings.NewReader(text)))
		if err == nil {
			continue
		}
		if want := `x.yml:2:43: kit.Store: entries[0]: the site has the entry kit.IStore "new" already`; err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if len(site.Entries()) != 2 {
		t.Errorf("entries %v", site.Entries())
	}
	if err := site.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.Load(t.Context(), site, builder.Reader("x.yml", "", strings.NewReader("- class: kit.Clock\n"))); !errors.Is(err, component.ErrClosed) {
		t.Errorf("a closed site gives %v", err)
	}
}

func TestContextThatEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := builder.New(builder.WithRegistry(kit(t)))
	if err := b.Check(ctx, builder.Reader("x.yml", "", strings.NewReader("- class: kit.Clock\n"))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestSources(t *testing.T) {
	dir := t.TempDir()
	odd := filepath.Join(dir, "config.conf")
	write(t, odd, "[]")
	tests := []struct {
		name   string
		source builder.Source
		opts   []builder.Option
		want   string
	}{
		{"extension yml", builder.Reader("a.yml", "", strings.NewReader("[]")), nil, ""},
		{"extension YAML", builder.Reader("a.YAML", "", strings.NewReader("[]")), nil, ""},
		{"format of the reader", builder.Reader("stdin", "json", strings.NewReader("[]")), nil, ""},
		{"no extension", builder.Reader("stdin", "", strings.NewReader("[]")), nil, "stdin: the name does not tell the format; say json or yaml"},
		{"unknown extension", builder.File(odd), nil, odd + `: the format "conf" is not known; say json or yaml`},
		{"format of the builder", builder.File(odd), []builder.Option{builder.WithFormat("yml")}, ""},
		{"unknown format", builder.File(odd), []builder.Option{builder.WithFormat("toml")}, odd + `: the format "toml" is not known; say json or yaml`},
		{"no file", builder.File("none.yml"), nil, "none.yml: the file cannot be read: there is no such file"},
		{"folder", builder.File(dir), []builder.Option{builder.WithFormat("yml")}, dir + ": the file cannot be read: it is a directory"},
		{"no source", builder.Source{}, nil, ": there is no source"},
		{"broken reader", builder.Reader("a.yml", "", errorReader{}), nil, "a.yml: the file cannot be read: the line is cut"},
		{"too large", builder.Reader("a.yml", "", endless{}), nil, "a.yml: the file is larger than 16 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opts := append([]builder.Option{builder.WithRegistry(kit(t))}, tt.opts...)
			err := builder.New(opts...).Check(t.Context(), tt.source)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	if err := builder.New().Check(t.Context()); err == nil {
		t.Error("no sources at all give no error")
	}
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errors.New("the line is cut") }

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '#'
	}
	return len(p), nil
}

// TestSeed loads the configuration of the document that this project began
// with, byte for byte.
func TestSeed(t *testing.T) {
	registry := component.NewRegistry()
	if err := implements.Register(registry); err != nil {
		t.Fatal(err)
	}
	site, err := builder.LoadComponentSite("../testdata/seed.yml", builder.WithRegistry(registry))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := component.Get[interfaces.ICache](site, "Redis"); err != nil {
		t.Error(err)
	}
	want := []component.Entry{{Interface: "interfaces.ICache", Name: "Redis", Class: "redis.Cache"}}
	if got := site.Entries(); !reflect.DeepEqual(got, want) {
		t.Errorf("entries %v, want %v", got, want)
	}
	if err := site.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNoFilenameIsTheBasics(t *testing.T) {
	t.Chdir(t.TempDir())
	site, err := builder.LoadComponentSite("", builder.WithFormat("json")) // the basics are YAML all the same
	if err != nil {
		t.Fatal(err)
	}
	if _, err := component.Get[interfaces.ICache](site, "Redis"); err != nil {
		t.Error(err)
	}
	if err := site.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestBuiltInsAreNamed holds that whoever forgot to import the bundle is told
// so, whatever of it the file names.
func TestBuiltInsAreNamed(t *testing.T) {
	registry := component.NewRegistry()
	if err := implements.Register(registry); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, class := range registry.Classes() {
		names = append(append(names, class.Name), class.Aliases...)
	}
	b := builder.New(builder.WithRegistry(component.NewRegistry()))
	for _, name := range names {
		err := b.Check(t.Context(), builder.Reader("x.yml", "", strings.NewReader("- class: "+name+"\n")))
		if want := `which is built in: import _ "github.com/fivcglue/fivcglue-go/implements"`; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNilOptions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yml")
	if err := os.WriteFile(file, []byte("- class: memory.Cache\n  entries: [{interface: interfaces.ICache}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	site, err := builder.LoadComponentSite(file, builder.WithRegistry(nil), builder.WithSite(nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := component.Get[interfaces.ICache](site, ""); err != nil {
		t.Error(err)
	}
	if err := site.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLoadIntoNoSite(t *testing.T) {
	err := builder.New(builder.WithRegistry(kit(t))).Load(t.Context(), nil, builder.Reader("x.yml", "", strings.NewReader("- class: kit.Clock\n")))
	if !errors.Is(err, component.ErrUnsuitable) {
		t.Errorf("the error is %v", err)
	}
}
