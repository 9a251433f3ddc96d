package interfacestest

import "context"

// glob is a pattern and those of a list of names that it matches.
type glob struct {
	pattern string
	want    []string
}

// checkGlobs stores the names under the kit's prefix and scans for each
// pattern behind it.
func (k *cacheKit) checkGlobs(ctx context.Context, names []string, globs []glob) {
	for _, name := range names {
		k.set(ctx, k.key(name), "v")
	}
	for _, glob := range globs {
		var want []string
		for _, name := range glob.want {
			want = append(want, k.key(name))
		}
		k.wantScan(ctx, k.prefix+glob.pattern, want)
	}
}

var globNames = []string{
	"hello", "hallo", "hxllo", "hllo", "heello", "heeeello", "Hello", "hello/there", "hello.there",
	"h*llo", "h?llo", "h[e]llo", `h\llo`, "h^llo", "h-llo", "h!llo", "h]llo", "user:1", "user:22", "{a,b}", "+", "x\ny",
}

var globs = []glob{
	{"hello", []string{"hello"}},
	{"HELLO", nil},
	{"h?llo", []string{"hello", "hallo", "hxllo", "h*llo", "h?llo", `h\llo`, "h^llo", "h-llo", "h!llo", "h]llo"}},
	{"h*llo", []string{
		"hello", "hallo", "hxllo", "hllo", "heello", "heeeello", "h*llo", "h?llo", "h[e]llo", `h\llo`, "h^llo", "h-llo", "h!llo", "h]llo",
	}},
	{"h**llo?*", []string{"hello/there", "hello.there"}},
	{"hello*", []string{"hello", "hello/there", "hello.there"}}, // * takes a slash too
	{"hello?there", []string{"hello/there", "hello.there"}},     // and so does ?
	{"*there", []string{"hello/there", "hello.there"}},
	{"*e*e*e*o", []string{"heeeello"}},
	{"*a*b*", []string{"{a,b}"}},
	{"hello.there", []string{"hello.there"}}, // a dot is a dot
	{"h[ae]llo", []string{"hello", "hallo"}},
	{"h[a-e]llo", []string{"hello", "hallo"}},
	{"h[^e]llo", []string{"hallo", "hxllo", "h*llo", "h?llo", `h\llo`, "h^llo", "h-llo", "h!llo", "h]llo"}},
	{"h[^a-x]llo", []string{"h*llo", "h?llo", `h\llo`, "h^llo", "h-llo", "h!llo", "h]llo"}},
	{"h[!e]llo", []string{"hello", "h!llo"}}, // only ^ negates
	{"h[e^]llo", []string{"hello", "h^llo"}}, // and only at the start
	{`h[\^e]llo`, []string{"hello", "h^llo"}},
	{`h[a\-e]llo`, []string{"hello", "hallo", "h-llo"}},
	{`h[\]e]llo`, []string{"hello", "h]llo"}},
	{`h[\\]llo`, []string{`h\llo`}},
	{"h[*?]llo", []string{"h*llo", "h?llo"}},
	{`h\*llo`, []string{"h*llo"}},
	{`h\?llo`, []string{"h?llo"}},
	{`h\[e\]llo`, []string{"h[e]llo"}},
	{`h\[e]llo`, []string{"h[e]llo"}},
	{`h\\llo`, []string{`h\llo`}},
	{`\h\e\l\l\o`, []string{"hello"}},
	{"h]llo", []string{"h]llo"}},
	{"h^llo", []string{"h^llo"}},
	{"{a,b}", []string{"{a,b}"}}, // braces mean nothing
	{"+", []string{"+"}},
	{"user:[0-9]", []string{"user:1"}},
	{"user:[0-9][0-9]", []string{"user:22"}},
	{"user:?*", []string{"user:1", "user:22"}},
	{"x?y", []string{"x\ny"}}, // a newline is a character
	{"h[]llo", nil},
}

// What Redis does with the following was seen, not read: its matcher never
// refuses a pattern.
var malformedNames = []string{"a", "b", "c", "d", "]", "^", "_", "-", "[", `\`, "ab", "a]", "a[", `a\`, "z"}

var malformedGlobs = []glob{
	{"[", nil},
	{"[^", []string{"a", "b", "c", "d", "]", "^", "_", "-", "[", `\`, "z"}},
	{"[^]", []string{"a", "b", "c", "d", "]", "^", "_", "-", "[", `\`, "z"}},
	{"[ab", []string{"a", "b"}},
	{"[^ab", []string{"c", "d", "]", "^", "_", "-", "[", `\`, "z"}},
	{"[a-", []string{"a", "-"}},
	{"[a-]", []string{"]", "^", "_", "a"}}, // a range from a down to ], and no end
	{"[a-c", []string{"a", "b", "c"}},
	{"[c-a]", []string{"a", "b", "c"}},
	{"[-a]", []string{"-", "a"}},
	{"[]a]", nil},
	{"a[", nil},
	{`[\`, []string{`\`}},
	{`\`, []string{`\`}},
	{`a\`, []string{`a\`}},
	{`[a\`, []string{"a", `\`}},
}

var byteNames = []string{"é", "\xff", "\xc3", "x\x00y", "x\xffy", "\x80", "ab"}

var byteGlobs = []glob{
	{"?", []string{"\xff", "\xc3", "\x80"}},
	{"??", []string{"é", "ab"}},
	{"é", []string{"é"}},
	{"\xc3*", []string{"é", "\xc3"}},
	{"[\x80-\xff]", []string{"\xff", "\xc3", "\x80"}},
	{"x?y", []string{"x\x00y", "x\xffy"}},
	{"x\x00y", []string{"x\x00y"}},
	{"x[^\xff]y", []string{"x\x00y"}},
}
