package builder_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

// TestHostile holds that what is made to hurt takes neither long nor much
// memory: at most 256 bytes for each of the file. What grows with the square of
// the file takes a minute here, all else a second.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("makes large files")
	}
	const size = 1 << 19
	small := func(unit string) string { return strings.Repeat(unit, size/8/len(unit)) }
	full := func(unit string) string { return strings.Repeat(unit, size/len(unit)) }
	numbered := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size/4; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	long := small("k")
	tests := []struct{ name, file, text string }{
		{"empty keys", "x.yml", full("?\n")},
		{"empty elements", "x.yml", full("-\n")},
		{"brackets", "x.yml", full("[")},
		{"braces in braces", "x.yml", small("{a: ")},
		{"dashes", "x.yml", full("- ")},
		{"question marks", "x.yml", full("? ")},
		{"flow list", "x.yml", "- class: kit.Store\n  tags: [" + full("a,") + "]\n"},
		{"flow list in free form", "x.yml", "- class: kit.Store\n  extra: {a: [" + small("1,") + "]}\n"},
		{"flow list of mistakes", "x.yml", "- class: kit.Store\n  sizes: [" + small("a,") + "]\n"},
		{"one scalar", "x.yml", "- class: " + small("a")},
		{"one quote", "x.yml", "- class: \"" + full("a")},
		{"quotes", "x.yml", full("'")},
		{"tabs", "x.yml", full("\t")},
		{"line breaks", "x.yml", full("\n")},
		{"carriage returns", "x.yml", full("\r")},
		{"empty comments", "x.yml", full("#\n")},
		{"comments in a list", "x.yml", small("- a\n# b\n")},
		{"colons", "x.yml", full(":\n")},
		{"documents", "x.yml", full("---\n")},
		{"unclosed quotes", "x.yml", small("- 'x\n")},
		{"unknown aliases", "x.yml", small("- *a\n")},
		{"anchors", "x.yml", numbered("- &a%d x\n")},
		{"the same anchor", "x.yml", small("- &a x\n")},
		{"unknown keys in a line", "x.yml", "- {class: kit.Clock, " + numbered("k%d: x, ") + "}\n"},
		{"unknown keys", "x.yml", "- class: kit.Clock\n" + numbered("  k%d: x\n")},
		{"duplicate keys", "x.yml", "- class: kit.Clock\n" + small("  k: x\n")},
		{"merges", "x.yml", "- &a {class: kit.Clock, " + strings.Repeat("x: 1, ", 10_000) + "}\n" + full("- <<: *a\n")},
		{"merges of merges", "x.yml", "- &a0 {class: kit.Clock}\n" + mergeChain(size/4)},
		{"missing references", "x.yml", numbered("- {class: kit.Store, backup: Nobody%[1]d, entries: [{interface: kit.IStore, name: Name%[1]d}]}\n")},
		{"chain of references", "x.yml", numbered("- {class: kit.Store, entries: [{interface: kit.IStore, name: N%[1]d}], backup: N%[1]d0}\n")},
		{"unset variables", "x.yml", "- class: kit.Store\n  host: '" + full("${A:-${B:-") + "'\n"},
		{"unclosed variables", "x.yml", "- class: kit.Store\n  host: '" + full("${") + "'\n"},
		{"escaped variables", "x.yml", "- class: kit.Store\n  host: '" + full("$${") + "'\n"},
		{"variables", "x.yml", "- class: kit.Store\n  host: '" + full("${LARGE}") + "'\n"},
		{"unset variables of a line", "x.yml", "- class: kit.Store\n  tags: [" + full(`"${A}",`) + "]\n"},
		{"many variables in a text", "x.yml", "- class: kit.Store\n  host: '" + strings.Repeat(numbered("${V%d:-a}"), 4) + "'\n"},
		{"a long key", "x.yml", "- class: kit.Store\n  ? " + full("k") + "\n  : 1\n"},
		{"long keys in each other", "x.yml", "- class: kit.Store\n  extra: " + strings.Repeat("{? "+strings.Repeat("k", 1000)+" : ", 55) + "[" + full("'${A}',") + "]" + strings.Repeat("}", 55) + "\n"},
		{"a long class of many mistakes", "x.yml", "- class: " + long + "\n  entries: [" + full("{x: 1},") + "]\n"},
		{"aliases of a long class", "x.yml", "- class: &a " + long + "\n" + full("- class: *a\n")},
		{"aliases of a long name", "x.yml", "- class: kit.Store\n  host: &a " + long + "\n" + full("- {class: kit.Store, backup: *a}\n")},
		{"aliases of a long key", "x.yml", "- class: kit.Store\n  host: &a " + long + "\n  extra: {" + full("*a : 1, ") + "}\n"},
		{"aliases of items", "x.yml", "- &a {class: kit.Store}\n" + full("- *a\n")},
		{"aliases above mistakes", "x.yml", "- {class: kit.Store, host: &a x, tags: [" + full("*a,") + "],\n " + numbered("k%d: 1, ") + "}\n"},
		{"a long secret above mistakes", "x.yml", "- {class: kit.Store, password: '" + full("k") + "',\n " + numbered("k%d: 1, ") + "}\n"},
		{"tag directives", "x.yml", strings.Repeat(numbered("%%TAG !a%d! b\n"), 4)},
		{"circles through all before", "x.yml", circles(10_000)},
		{"references in a map", "x.yml", "- {class: kit.Clock, entries: [{interface: kit.IClock, name: C}]}\n- class: kit.Store\n  clocks: {" + numbered("k%d: C, ") + "}\n"},
		{"references to nothing", "x.yml", "- class: kit.Store\n  others: [" + full("N,") + "]\n"},
		{"aliases of a map in free form", "x.yml", "- {class: kit.Store, extra: {a: &a {b: c}, d: [" + full("*a,") + "]}}\n"},
		{"references to itself", "x.yml", "- {class: kit.Store, entries: [{interface: kit.IStore, name: A}], others: [" + small("A,") + "]}\n"},
		{"carriage returns in a list", "x.yml", full("-\r")},
		{"halves of characters", "x.yml", full("\xe2\x82")},
		{"json comments behind commas", "x.json", "[" + full("[1,#\n],")},
		{"json comments of a line behind commas", "x.json", "[" + full("[1,/**/],")},
		{"json lines of mistakes", "x.json", "[" + full(strings.Repeat("1 ", 1950)+"\n")},
		{"json list", "x.json", `[{"class": "kit.Store", "tags": [` + full("0,") + `0]}]`},
		{"json lists in lists", "x.json", full("[")},
		{"json numbers without commas", "x.json", "[" + full("1 ")},
		{"json comments", "x.json", full("//\n")},
		{"json open comments", "x.json", full("/*/")},
		{"json escapes", "x.json", `[{"class": "` + full(`\d`) + `"}]`},
		{"json duplicate keys", "x.json", `[{` + small(`"a":0,`) + `"a":0}]`},
		{"json unknown keys", "x.json", `[{"class": "kit.Clock"` + numbered(`,"k%d":0`) + `}]`},
		{"json quotes", "x.json", full(`"`)},
		{"json items", "x.json", "[" + full("{},") + "{}]"},
	}
	b := builder.New(builder.WithRegistry(kit(t)), builder.WithEnvironment(map[string]string{"LARGE": full("x")}))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			most := max(64<<20, 256*uint64(len(tt.text)))
			began := time.Now()
			peak := peakOf(most, func() {
				err := b.Check(t.Context(), builder.Reader(tt.file, "", strings.NewReader(tt.text)))
				var found builder.Diagnostics
				if errors.As(err, &found) {
					if err := found.WriteText(&bytes.Buffer{}, false); err != nil {
						t.Error(err)
					}
				} else if err != nil {
					t.Error(err)
				}
			})
			took := time.Since(began)
			t.Logf("%v, %d MB", took.Round(time.Millisecond), peak>>20)
			if took > time.Minute { // the race detector takes ten times as long as need be
				t.Errorf("%v", took)
			}
			if peak > most {
				t.Errorf("%d MB", peak>>20)
			}
		})
	}
}

// mergeChain returns maps, each of which merges the one before and adds a key.
func mergeChain(size int) string {
	var b strings.Builder
	for i := 1; b.Len() < size; i++ {
		fmt.Fprintf(&b, "- &a%d {<<: *a%d, k%d: 1}\n", i, i-1, i)
	}
	return b.String()
}

// circles returns items each of which closes a circle with all before it.
func circles(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "- {class: kit.Store, entries: [{interface: kit.IStore, name: N%d}], others: [N0, N%d]}\n", i, (i+1)%n)
	}
	return b.String()
}

// peakOf returns how many bytes of heap work needed, garbage included. How much
// garbage that is depends on what else the machine does, so the collector is
// told to stay below seven eighths of most where it can.
func peakOf(most uint64, work func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	debug.FreeOSMemory()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(before.Sys - before.HeapReleased + most/8*7)))
	done, result := make(chan struct{}), make(chan uint64)
	go func() {
		var peak uint64
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
			select {
			case <-done:
				result <- peak
				return
			case <-ticker.C:
			}
		}
	}()
	work()
	close(done)
	peak := <-result
	return peak - min(peak, before.HeapAlloc)
}

// refusal is an error that cannot be printed where it is nil.
type refusal struct{ text string }

func (r *refusal) Error() string { return r.text }

type refusingConfig struct {
	At string `mapstructure:"at"`
}

func (c refusingConfig) Validate() error {
	var none *refusal
	if c.At == "validate" {
		return none
	}
	return nil
}

// TestErrorsThatCannotBePrinted holds that an error which is a nil pointer, as
// a Validate gives that forgot what an interface is, is a problem like others.
func TestErrorsThatCannotBePrinted(t *testing.T) {
	registry := component.NewRegistry()
	if err := component.RegisterClass(registry, component.Class[*clock, refusingConfig]{
		Name: "kit.Refusing",
		New: func(_ context.Context, _ *component.Site, c refusingConfig) (*clock, error) {
			var none *refusal
			switch c.At {
			case "within":
				return nil, fmt.Errorf("it went wrong: %w", none)
			case "joined":
				return nil, fmt.Errorf("two: %w, %w", none, errors.New("b"))
			}
			return nil, none
		},
	}); err != nil {
		t.Fatal(err)
	}
	b := builder.New(builder.WithRegistry(registry))
	for at, want := range map[string]string{
		"validate": "x.yml:1:10: kit.Refusing: the error of Validate panicked: runtime error: ",
		"new":      "x.yml:1:10: kit.Refusing: cannot be built: the error of New panicked: runtime error: ",
		"within":   "x.yml:1:10: kit.Refusing: cannot be built: it went wrong: ",
		"joined":   "x.yml:1:10: kit.Refusing: cannot be built: two: ",
	} {
		err := b.Load(t.Context(), component.NewSite(), builder.Reader("x.yml", "", strings.NewReader("- class: kit.Refusing\n  at: "+at+"\n")))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: the error is %v", at, err)
		}
	}
}
