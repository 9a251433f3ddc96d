package builder_test

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

const dumped = `
- class: old.kit.stores.StoreImpl
  description: 'the $${ first'
  entries: [{interface: old.kit.stores.IStore, name: A}, {interface: kit.IStore}]
  host: ${HOST}
  port: "6380"
  password: hunter2
  tokens: ['${TOKEN}', "${TOKEN:-hunter3}", hunter4, '']
  prefix: 0777
  tls: yes
  tags: [on, '1', "a: b", "line\nbreak", '$${x}', "\x7f\x9f\ufeff\uffff\u2028\U0001fffe"]
  extra: {a: [1, "2", true, "true", 1.50, null], b: {c: '${HOST}'}}
  limits: {1: 5s, 2: 0.5}
  labels: {'<<': no merge, a: ''}
  nodes:
    - {host: a}
    - {host: b, port: 12}
  pool: {idle: 2}
  backup: B
  clocks: {x: ''}
- class: kit.Store
  entries: [{interface: kit.IStore, name: B}]
  password: ''
- class: kit.Clock
  entries: [{interface: kit.IClock}]
- class: kit.Open
  path: x
  modules: [a, b]
  on: 12
`

func TestDumpLoadsAsAnEqualSite(t *testing.T) {
	environment := map[string]string{
		"HOST": "example.org", "TOKEN": "t1",
		"KIT_STORE_A_PASSWORD": "hunter2", "KIT_STORE_A_TOKENS_2": "hunter4",
	}
	for _, format := range []string{"yaml", "json"} {
		for _, defaults := range []bool{false, true} {
			name := format
			opts := []builder.Option{builder.WithRegistry(kit(t)), builder.WithEnvironment(environment)}
			if defaults {
				name += " with defaults"
				opts = append(opts, builder.WithDefaults())
			}
			t.Run(name, func(t *testing.T) {
				b := builder.New(opts...)
				first := mustLoad(t, b, "first.yml", dumped)
				text := mustDump(t, b, first, format)
				if strings.Contains(text, "hunter") {
					t.Errorf("the dump shows a secret:\n%s", text)
				}
				second := mustLoad(t, b, "second."+format, text)
				if got, want := configsOf(t, second), configsOf(t, first); !reflect.DeepEqual(got, want) {
					t.Errorf("the dump builds\n%+v\nfrom\n%s\nwant\n%+v", got, text, want)
				}
				if got, want := second.Entries(), first.Entries(); !reflect.DeepEqual(got, want) {
					t.Errorf("entries %v, want %v", got, want)
				}
				if again := mustDump(t, b, mustLoad(t, b, "second."+format, text), format); stripPlaces(again) != stripPlaces(text) {
					t.Errorf("the dump of a dump is\n%s\nnot\n%s", again, text)
				}
			})
		}
	}
}

// TestDumpKeepsNothing holds that a key without a value, which is none of the
// class's own, is there in what the dump builds.
func TestDumpKeepsNothing(t *testing.T) {
	b := builder.New(builder.WithRegistry(kit(t)))
	const open = "- entries:\n    - interface: kit.IClock\n  class: kit.Open\n  path: x\n  nothing: null\n"
	text := open
	for range 2 {
		site := mustLoad(t, b, "x.yml", text)
		c, err := component.Get[IClock](site, "")
		if err != nil {
			t.Fatal(err)
		}
		if rest := c.(*clock).config.(OpenConfig).Rest; !reflect.DeepEqual(rest, map[string]any{"nothing": nil}) {
			t.Errorf("%s\nbuilds %v", text, rest)
		}
		text = mustDump(t, b, site, "yaml")
	}
}

// TestDumpFindsFiles holds that a dump of sources in several folders, written
// beside the first of them, reads the files that they read.
func TestDumpFindsFiles(t *testing.T) {
	const first = `
- class: kit.Store
  entries: [{interface: kit.IStore, name: First}]
  prefix: ${file:pw.txt}
`
	const second = `
- class: kit.Store
  entries: [{interface: kit.IStore, name: Second}]
  description: from ${file:pw.txt}
  prefix: ${file:pw.txt}
  password: ${file:./pw.txt}
  comment: 'a $${file:pw.txt} b ${file:more/pw.txt}${NONE:-c ${file:pw.txt} $${file:pw.txt}} ${HOME:?see ${file:pw.txt}} d'
  tags: ['${file:../pw.txt}', '${file:%s}']
`
	root := t.TempDir()
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"a/pw.txt": "of a", "a/b/pw.txt": "of b", "a/b/more/pw.txt": "of more", "pw.txt": "of the root", "c/pw.txt": "of c", "c/more/pw.txt": "of more of c",
		"a/first.yml": first, "a/b/first.yml": first, "a/b/second.yml": fmt.Sprintf(second, filepath.Join(root, "pw.txt")), "c/second.yml": fmt.Sprintf(second, filepath.Join(root, "pw.txt")),
		"a/b/inside.yml": fmt.Sprintf(second, "more/pw.txt"),
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	if err := os.CopyFS(root, files); err != nil {
		t.Fatal(err)
	}
	inFiles := func(name string) builder.Source { return builder.FileFS(files, name) }
	inDir := func(name string) builder.Source { return builder.FileFS(os.DirFS(root), name) }
	absolute := func(name string) builder.Source { return builder.File(filepath.Join(root, name)) }
	type open = func(name string) builder.Source
	for _, tt := range []struct {
		name          string
		folder        string // the process's
		first, second string
		open, over    open
		want          string
	}{
		{"below", ".", "a/first.yml", "a/b/second.yml", builder.File, builder.File, "'${file:b/pw.txt}'"},
		{"above", ".", "a/b/first.yml", "c/second.yml", builder.File, builder.File, "'${file:../../c/pw.txt}'"},
		{"the same", ".", "a/b/first.yml", "a/b/second.yml", builder.File, builder.File, "'${file:pw.txt}'"},
		{"from another folder", "c", "../a/first.yml", "second.yml", builder.File, builder.File, "'${file:../c/pw.txt}'"},
		{"from within", "a/b", "../first.yml", "second.yml", builder.File, builder.File, "'${file:b/pw.txt}'"},
		{"one absolute", ".", "a/first.yml", "a/b/second.yml", builder.File, absolute, "'${file:b/pw.txt}'"},
		{"a file system", ".", "a/first.yml", "a/b/inside.yml", inFiles, inFiles, "'${file:b/pw.txt}'"},
		{"a folder as file system", ".", "a/first.yml", "a/b/inside.yml", inDir, inDir, "'${file:b/pw.txt}'"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(filepath.Join(root, tt.folder))
			b := builder.New(builder.WithRegistry(kit(t)), builder.WithEnvironment(map[string]string{"HOME": "home"}))
			site := component.NewSite()
			if err := b.Load(t.Context(), site, tt.open(tt.first), tt.over(tt.second)); err != nil {
				t.Fatal(err)
			}
			for _, format := range []string{"yaml", "json"} {
				text := mustDump(t, b, site, format)
				dump := path.Join(path.Dir(tt.first), "dump."+format)
				files[dump] = &fstest.MapFile{Data: []byte(text)}
				if err := os.WriteFile(filepath.Join(root, tt.folder, dump), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				again := component.NewSite()
				if err := b.Load(t.Context(), again, tt.open(dump)); err != nil {
					t.Fatalf("%v\nin\n%s", err, text)
				}
				if got, want := configsOf(t, again), configsOf(t, site); !reflect.DeepEqual(got, want) {
					t.Errorf("the dump builds\n%+v\nfrom\n%s\nwant\n%+v", got, text, want)
				}
				if format == "yaml" && !strings.Contains(text, "prefix: "+tt.want) {
					t.Errorf("there is no %s in\n%s", tt.want, text)
				}
			}
		})
	}
}

// stripPlaces takes out where secrets stood, which a dump changes.
func stripPlaces(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if i := strings.Index(line, ":?the secret that stood at"); i >= 0 {
			line = line[:i]
		}
		lines = append(lines, strings.TrimRight(strings.TrimRight(line, "\n"), `}',"`))
	}
	return strings.Join(lines, "\n")
}

// configsOf returns the configs of a site's components as plain values.
func configsOf(t *testing.T, site *component.Site) []any {
	t.Helper()
	var all []any
	for name, s := range component.All[IStore](site) {
		c := s.Config()
		secrets := []string{c.Password.Reveal()}
		for _, token := range c.Tokens {
			secrets = append(secrets, token.Reveal())
		}
		refs := component.Refs(c)
		c.Password, c.Tokens, c.Backup, c.Others, c.Clocks = component.Secret{}, nil, component.Ref[IStore]{}, nil, nil
		all = append(all, name, c, secrets, refs)
	}
	return all
}

func mustLoad(t *testing.T, b *builder.Builder, name, text string) *component.Site {
	t.Helper()
	site := component.NewSite()
	if err := b.Load(t.Context(), site, builder.Reader(name, "", strings.NewReader(text))); err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	t.Cleanup(func() {
		if err := site.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return site
}

func mustDump(t *testing.T, b *builder.Builder, site *component.Site, format string) string {
	t.Helper()
	var text bytes.Buffer
	if err := b.Dump(site, &text, format); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
