package document_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/internal/document"
)

// outline writes a tree as one line: every node with its place.
func outline(n *document.Node) string {
	if n == nil {
		return "none"
	}
	at := fmt.Sprintf("@%d:%d", n.Line, n.Column)
	switch n.Kind {
	case document.Null:
		return "null" + at
	case document.Scalar:
		if n.Quoted {
			return fmt.Sprintf("%q%s", n.Text, at)
		}
		return n.Text + at
	}
	var parts []string
	if n.Kind == document.List {
		for _, element := range n.Children {
			parts = append(parts, outline(element))
		}
		return "[" + strings.Join(parts, " ") + "]" + at
	}
	for key, value := range n.Pairs {
		parts = append(parts, outline(key)+"="+outline(value))
	}
	return "{" + strings.Join(parts, " ") + "}" + at
}

func TestRead(t *testing.T) {
	for _, test := range []struct{ name, format, text, want string }{
		{"map", document.YAML, "a: 1\nb: 'x'\n", `{a@1:1=1@1:4 b@2:1="x"@2:4}@1:1`},
		{"list", document.YAML, "- a\n-\n- ~\n", `[a@1:3 null@2:1 null@3:3]@1:1`},
		{"null keys", document.YAML, "null: 1\n", `{null@1:1=1@1:7}@1:1`},
		{"columns are characters", document.YAML, "größe: {ä: 1}\n", `{größe@1:1={ä@1:9=1@1:12}@1:8}@1:1`},
		{"alias", document.YAML, "a: &x {b: 1}\nc: *x\n", `{a@1:1={b@1:8=1@1:11}@1:4 c@2:1={b@1:8=1@1:11}@1:4}@1:1`},
		{"merge", document.YAML, "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n", `{a@1:1={b@1:8=1@1:11 c@1:14=2@1:17}@1:4 d@2:1={c@2:13=3@2:16 b@1:8=1@1:11}@2:4}@1:1`},
		{"nothing", document.YAML, "# comment\n", "none"},
		{"JSON map", document.JSON, "{\"a\": 1,\n \"b\": \"x\"}", `{"a"@1:2=1@1:7 "b"@2:2="x"@2:7}@1:1`},
		{"JSON list", document.JSON, "[true, null, 1.50, []]", `[true@1:2 null@1:8 1.50@1:14 []@1:20]@1:1`},
		{"JSON columns are characters", document.JSON, `{"größe": {"ä": 1}}`, `{"größe"@1:2={"ä"@1:12=1@1:17}@1:11}@1:1`},
		{"JSON of nothing", document.JSON, " ", "none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := document.Read("f", test.format, []byte(test.text), func(at document.Place, message, _ string) {
				t.Errorf("%v: %s", at, message)
			})
			if got := outline(d.Root); got != test.want {
				t.Errorf("read\n\t%s\nwant\n\t%s", got, test.want)
			}
			if !d.Complete {
				t.Error("it is not complete")
			}
		})
	}
}

func TestReadReports(t *testing.T) {
	for _, test := range []struct {
		name, format, text string
		want               []string
	}{
		{"an anchor that was meant", document.YAML, "a: &base 1\nb: *bas\n", []string{"2:4 this alias names no anchor above it; put a text that begins with * in quotes (base)"}},
		{"two duplicates", document.YAML, "a: 1\na: 2\na: 3\n", []string{
			`2:1 duplicate key "a"; the first is on line 1 ()`, `3:1 duplicate key "a"; the first is on line 1 ()`,
		}},
		{"a duplicate among many", document.JSON, "{" + manyKeys(40) + "\"k7\": 0}", []string{`1:422 duplicate key "k7"; the first is on line 1 ()`}},
		{"an end behind a comma", document.JSON, "{\"a\": 0,", []string{"1:1 this map is not closed ()"}},
		{"half of a character", document.JSON, `["\ud800"]`, []string{"1:3 this is half of a character ()"}},
		{"a wrong escape", document.JSON, `["\x"]`, []string{`1:3 this backslash begins no escape that JSON has; write \\ for a backslash ()`}},
		{"a number with leading zeros", document.JSON, `[007]`, []string{"1:2 this is not a number as JSON writes them ()"}},
		{"YAML behind comments", document.JSON, "# a\r\n\n  - b: 1\n", []string{"3:3 this looks like YAML; JSON begins with [ or { ()"}},
		{"YAML with a beginning", document.JSON, "---\n[1]\n", []string{"1:1 this looks like YAML; JSON begins with [ or { ()"}},
		{"JSON behind comments", document.JSON, "# a\n[1]\n", []string{"1:1 JSON has no comments ()"}},
		{"a negative number", document.JSON, "-01", []string{"1:1 this is not a number as JSON writes them ()"}},
		{"a wrong escape of YAML", document.YAML, "a: \"\\q\"\n", []string{"1:5 this backslash begins no escape that YAML has; put the text in single quotes ()"}},
		{"brackets deeper than the parser goes", document.YAML, "- a: 1\n  b: " + strings.Repeat("[", 11_000) + strings.Repeat("]", 11_000), []string{"2:68 nested more than 64 levels deep ()"}},
		{"dashes deeper than the parser goes", document.YAML, "a:\n  " + strings.Repeat("- ", 11_000), []string{"2:129 nested more than 64 levels deep ()"}},
		{"UTF-32", document.YAML, "\xff\xfe\x00\x00a\x00\x00\x00", []string{"0:0 the file is in UTF-32; save it as UTF-8 ()"}},
		{"a control character", document.JSON, "{\n\"a\": \x1b}", []string{"2:6 the control character U+001B does not belong in a text ()"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			d := document.Read("f", test.format, []byte(test.text), func(at document.Place, message, suggestion string) {
				got = append(got, fmt.Sprintf("%d:%d %s (%s)", at.Line, at.Column, message, suggestion))
			})
			if !slices.Equal(got, test.want) {
				t.Errorf("reported\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(test.want, "\n\t"))
			}
			if d.Complete {
				t.Error("it is complete")
			}
		})
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "\"k%d\": %d, ", i, i)
	}
	return b.String()
}

func TestLine(t *testing.T) {
	d := document.Read("f", document.YAML, []byte("\ufeffa: 1\r\nb: 2\n\nc: 3"), nil)
	for number, want := range map[int]string{0: "", 1: "a: 1", 2: "b: 2", 3: "", 4: "c: 3", 5: ""} {
		if got := d.Line(number); got != want {
			t.Errorf("Line(%d) = %q, want %q", number, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{"a: &a [*a]", "{\"a\": [1, 2,]}", "a:\n\t- b", "\xff\xfe", "? - a\n: b", "<<: {a: 1}\na: 2", "a: !x y", "- |\n x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range []string{document.YAML, document.JSON} {
			problems := 0
			start := time.Now()
			defer func() {
				if took := time.Since(start); took > 500*time.Millisecond {
					t.Errorf("%s took %v for %d bytes", format, took, len(text))
				}
			}()
			d := document.Read("f", format, []byte(text), func(at document.Place, message, _ string) {
				problems++
				if at.Line > strings.Count(text, "\n")+strings.Count(text, "\r")+strings.Count(text, "\u0085")+strings.Count(text, "\u2028")+strings.Count(text, "\u2029")+1 {
					t.Errorf("%s: the place %v is behind the end: %s", format, at, message)
				}
			})
			if d.Complete != (problems == 0) {
				t.Errorf("%s: complete %t with %d problems", format, d.Complete, problems)
			}
		}
	})
}
