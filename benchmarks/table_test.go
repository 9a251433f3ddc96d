package benchmarks

import (
	"bufio"
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"
)

// results are the comparisons of this run, in their order.
var results []section

// section is one comparison.
type section struct {
	title string
	unit  string // of figures that are no times
	rows  []row
}

// row is what one contender took.
type row struct {
	name    string
	each    float64 // ns, or in the section's unit
	allocs  float64 // -1: of no interest
	ratio   string
	targets []string
	missed  int // of the targets
}

func (s section) value(r row) string {
	if s.unit != "" {
		return fmt.Sprintf("%.3f", r.each)
	}
	return duration(r.each)
}

func (r *row) judge(target string, reached bool) {
	if !reached {
		r.missed++
		target += " **missed**"
	}
	r.targets = append(r.targets, target)
}

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && *rounds > 1 {
		printResults(os.Stdout)
		if *output != "" {
			if err := record(*output); err != nil {
				fmt.Fprintln(os.Stderr, err)
				code = 1
			}
		}
	}
	os.Exit(code)
}

var output = flag.String("results", "", "a file to write the tables to, too")

func record(name string) error {
	var text bytes.Buffer
	text.WriteString("# Results\n\nWritten by `make bench OUT=RESULTS.md`; README.md says how they are measured.\n\n")
	printResults(&text)
	return os.WriteFile(name, text.Bytes(), 0o644)
}

// printResults writes the results as a Markdown document, whose tables are
// aligned so that it can be read as it stands.
func printResults(w io.Writer) {
	fmt.Fprintf(w, "%s, %s, %d cores, %s/%s; %d rounds of %v.\n", runtime.Version(), processor(), runtime.GOMAXPROCS(0),
		runtime.GOOS, runtime.GOARCH, *rounds, *slice)
	fmt.Fprintf(w, "Times are medians; a ratio is the median of ours divided by theirs in the same round.\n")
	targets, missed := 0, 0
	for _, s := range results {
		cells := [][]string{{s.title, cmp.Or(s.unit, "each"), "allocs", "ratio", "target"}}
		for _, r := range s.rows {
			cells = append(cells, []string{r.name, s.value(r), allocs(r.allocs), r.ratio, strings.Join(r.targets, ", ")})
			targets += len(r.targets)
			missed += r.missed
		}
		fmt.Fprintln(w)
		printTable(w, cells)
	}
	fmt.Fprintf(w, "\n%d targets, %d missed.\n", targets, missed)
}

// printTable aligns the first column left and the others right.
func printTable(w io.Writer, cells [][]string) {
	widths := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for number, line := range cells {
		for i, cell := range line {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				fmt.Fprintf(w, "| %s%s ", cell, padding)
			} else {
				fmt.Fprintf(w, "| %s%s ", padding, cell)
			}
		}
		fmt.Fprintln(w, "|")
		if number == 0 {
			fmt.Fprintf(w, "| %s ", strings.Repeat("-", widths[0]))
			for _, width := range widths[1:] {
				fmt.Fprintf(w, "| %s: ", strings.Repeat("-", width-1))
			}
			fmt.Fprintln(w, "|")
		}
	}
}

func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.1f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.1f µs", ns/1e3)
	default:
		return fmt.Sprintf("%.1f ms", ns/1e6)
	}
}

func allocs(n float64) string {
	switch {
	case n < 0:
		return ""
	case n < 0.01:
		return "0"
	case n < 100:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0")
	default:
		return fmt.Sprintf("%.0f", n)
	}
}

// processor is the name of this machine's, where the system tells it.
func processor() string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
