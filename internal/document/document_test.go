package document_test

import (
	"fmt"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

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
		{"YAML behind a line break of its own", document.JSON, "# a\u0085b\n- c\n", []string{"2:1 this looks like YAML; JSON begins with [ or { ()"}},
		{"YAML with a beginning", document.JSON, "---\n[1]\n", []string{"1:1 this looks like YAML; JSON begins with [ or { ()"}},
		{"JSON behind comments", document.JSON, "# a\n[1]\n", []string{"1:1 JSON has no comments ()"}},
		{"a negative number", document.JSON, "-01", []string{"1:1 this is not a number as JSON writes them ()"}},
		{"a wrong character at the beginning of a line", document.YAML, "a: [\n@b]\n", []string{"2:1 a value cannot begin with @; put it in quotes ()"}},
		{"a tab below a value", document.YAML, "- a: 1\n\tb: |\n    'c\n", []string{"2:1 a tab stands in the indentation; indent with spaces ()"}},
		{"a bracket above a dash", document.YAML, "- a:\n    - b: [1\n    - b: 2\n      b: 3\n", []string{
			"2:10 this [ is not closed ()", `4:7 duplicate key "b"; the first is on line 3 ()`,
		}},
		{"a map as a key", document.YAML, "- ? {a: {b: [1], b: 2}}\n  : 1\n", []string{"1:5 a key must be a word, not a list or a map ()"}},
		{"a wrong escape of YAML", document.YAML, "a: \"\\q\"\n", []string{"1:5 this backslash begins no escape that YAML has; put the text in single quotes ()"}},
		{"a quote behind a lone carriage return", document.YAML, "a: 1\rb: \"", []string{"2:4 this quote is not closed ()"}},
		{"brackets deeper than the parser goes", document.YAML, "- a: 1\n  b: " + strings.Repeat("[", 11_000) + strings.Repeat("]", 11_000), []string{"2:68 nested more than 64 levels deep ()"}},
		{"dashes deeper than the parser goes", document.YAML, "a:\n  " + strings.Repeat("- ", 11_000), []string{"2:129 nested more than 64 levels deep ()"}},
		{"a key that is too long", document.YAML, "? " + strings.Repeat("ä", 1025) + "\n: 1\n", []string{"1:3 this key is longer than 1024 characters ()"}},
		{"a key of JSON that is too long", document.JSON, "{\"a\": 1, \"" + strings.Repeat("b", 1025) + "\": [1]}", []string{"1:10 this key is longer than 1024 characters ()"}},
		{"aliases of a large text", document.YAML, "- &a " + strings.Repeat("x", 1<<20) + strings.Repeat("\n- *a", 17), []string{"18:3 the aliases up to here stand for more than 16 MiB of text ()"}},
		{"too many tag directives", document.YAML, strings.Repeat("%TAG !a! b\n", 1001) + "--- a", []string{"0:0 the file has %TAG more than 1000 times ()"}},
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

// FuzzRead holds that every problem and every value has a place that there is,
// that reading again finds the same, that it takes neither long nor much memory,
// and that what is both JSON and YAML means the same.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"a: &a [*a]", "{\"a\": [1, 2,]}", "a:\n\t- b", "\xff\xfe", "? - a\n: b", "<<: {a: 1}\na: 2", "a: !x y", "- |\n x",
		"\ufeff- a\r\n- b\r- c\u2028- d", "---\na: 1\n---\nb: 2\n", "on: 1\n1: 2\n~: 3\nnull: 4\n", "a: &x b\nc: &x d\ne: *x\n*x : f\n",
		"{\"a\": [true, null, 1.50e3, \"\\u00e4\\n\"], \"b\": {}}", "- <<: [*a, {b: 1}]\n- 'a'': b'\n- \"\\x41\"\n", "- a: [b\n- c: 'd\n- *e\n- {f: g\n", "%TAG ! b\n---\n!a b",
		"[1,/*\n*/ 2 //\n]", "{\"a\" 1, 'b': 007, c: \"\\ud800\"}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		trees := map[string]*document.Node{}
		for _, format := range []string{document.YAML, document.JSON} {
			lines := linesOf(text, format)
			read := func() (*document.Document, string) {
				var told strings.Builder
				d := document.Read("f", format, []byte(text), func(at document.Place, message, suggestion string) {
					fmt.Fprintln(&told, at, message, suggestion)
					if !within(at, lines) {
						t.Errorf("%s: there is no place %v: %s", format, at, message)
					}
				})
				return d, told.String()
			}
			start, allocated := time.Now(), allocatedBytes()
			d, told := read()
			took, size := time.Since(start), allocatedBytes()-allocated
			if size > 256<<20 {
				t.Errorf("%s allocated %d MB for %d bytes", format, size>>20, len(text))
			}
			if d.Complete != (told == "") {
				t.Errorf("%s: complete %t with the problems %s", format, d.Complete, told)
			}
			start = time.Now()
			again, toldAgain := read()
			// The quicker of both, since a machine may stand still.
			if took = min(took, time.Since(start)); took > time.Second {
				t.Errorf("%s took %v for %d bytes", format, took, len(text))
			}
			if told != toldAgain || shape(d.Root, true) != shape(again.Root, true) {
				t.Errorf("%s: read twice it is\n%s%s\nand\n%s%s", format, told, shape(d.Root, true), toldAgain, shape(again.Root, true))
			}
			for _, n := range append(d.Dropped, d.Root) {
				checkPlaces(t, n, lines, map[*document.Node]bool{})
			}
			if d.Complete && d.Root != nil {
				trees[format] = d.Root
			}
		}
		// In YAML a text may go on over a line break of Unicode's, which JSON has as it stands.
		if len(trees) == 2 && !strings.ContainsAny(text, "\u0085\u2028\u2029") && shape(trees[document.YAML], false) != shape(trees[document.JSON], false) {
			t.Errorf("in YAML it is\n%s\nand in JSON\n%s", shape(trees[document.YAML], false), shape(trees[document.JSON], false))
		}
	})
}

// linesOf returns how many characters there are in each line.
func linesOf(text, format string) []int {
	breaks := []string{"\r\n", "\n", "\r", "\n"}
	if format == document.YAML {
		breaks = append(breaks, "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")
	}
	var sizes []int
	for _, line := range strings.Split(strings.NewReplacer(breaks...).Replace(strings.TrimPrefix(text, "\ufeff")), "\n") {
		sizes = append(sizes, utf8.RuneCountInString(line))
	}
	return sizes
}

// within reports whether a place is in the text, or just behind one of its lines.
func within(at document.Place, lines []int) bool {
	return at == document.Place{} || at.Line > 0 && at.Line <= len(lines) && at.Column >= 0 && at.Column <= lines[at.Line-1]+2
}

func checkPlaces(t *testing.T, n *document.Node, lines []int, seen map[*document.Node]bool) {
	t.Helper()
	if n == nil || seen[n] {
		return
	}
	seen[n] = true
	if n.Line == 0 || !within(n.Place(), lines) {
		t.Errorf("there is no place %v, at which %q is", n.Place(), n.Text)
	}
	for _, child := range n.Children {
		checkPlaces(t, child, lines, seen)
	}
}

// shape writes the first values of a tree, with their places or without.
func shape(n *document.Node, places bool) string {
	var b strings.Builder
	left := 2000 // aliases may stand for a million
	var write func(n *document.Node)
	write = func(n *document.Node) {
		if n == nil || left == 0 {
			return
		}
		left--
		text := n.Text
		if n.Kind == document.Null {
			text = ""
		}
		fmt.Fprintf(&b, "%d %q", n.Kind, text)
		if places {
			fmt.Fprint(&b, n.Place(), n.Quoted, n.Broken)
		}
		b.WriteString("(")
		for _, child := range n.Children {
			write(child)
		}
		b.WriteString(")")
	}
	write(n)
	return b.String()
}

// allocatedBytes returns how much this process has allocated so far.
func allocatedBytes() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
