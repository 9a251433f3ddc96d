package benchmarks

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"
)

// One short round by default: enough to see that everything works.
var (
	rounds = flag.Int("rounds", 1, "how often each contender of a comparison has its turn")
	slice  = flag.Duration("slice", time.Millisecond, "how long a turn lasts")
)

// contender is one way of doing the work that is compared.
type contender struct {
	name string
	work func(n int) // does it n times

	target     float64 // ours takes at most so many times what this one takes; 0: only shown
	moreAllocs float64 // ours allocates at most so often more than this one; -1: only shown
}

// ours is the contender that the others are measured against.
func ours(name string, work func(n int)) contender {
	return contender{name: name, work: work, moreAllocs: -1}
}

// peer is a contender that is shown beside ours.
func peer(name string, work func(n int)) contender {
	return contender{name: name, work: work, moreAllocs: -1}
}

// atMost sets the target: ours takes at most ratio times as long as c.
func (c contender) atMost(ratio float64) contender {
	c.target = ratio
	return c
}

// allocating sets the target that ours allocates at most n times more than c.
func (c contender) allocating(n float64) contender {
	c.moreAllocs = n
	return c
}

// compare measures the contenders, the first of which is ours, and adds the
// outcome to the table.
func compare(t *testing.T, title string, contenders ...contender) {
	t.Helper()
	turns := make([]*turns, len(contenders))
	for i, c := range contenders {
		turns[i] = calibrate(c)
	}
	order := make([]int, len(turns))
	for i := range order {
		order[i] = i
	}
	for round := range *rounds {
		for i := range order {
			turns[order[(i+round)%len(order)]].take()
		}
	}
	outcome := section{title: title}
	for _, turn := range turns {
		outcome.rows = append(outcome.rows, turn.row(turns[0]))
	}
	results = append(results, outcome)
}

// turns is what one contender took at each of its turns.
type turns struct {
	contender
	n      int       // times that the work is done in a turn
	took   []float64 // ns each time
	allocs float64   // each time; the least seen, as the runtime allocates too
}

// calibrate finds out how often the work can be done in a turn.
func calibrate(c contender) *turns {
	for n := 1; ; n *= 2 {
		began := time.Now()
		c.work(n)
		if took := time.Since(began); took >= *slice/2 || n >= 1<<30 {
			return &turns{contender: c, n: n, allocs: -1}
		}
	}
}

func (t *turns) take() {
	var before, after runtime.MemStats
	runtime.GC() // nobody pays for what the one before left
	runtime.ReadMemStats(&before)
	began := time.Now()
	t.work(t.n)
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	t.took = append(t.took, float64(took.Nanoseconds())/float64(t.n))
	if allocs := float64(after.Mallocs-before.Mallocs) / float64(t.n); t.allocs < 0 || allocs < t.allocs {
		t.allocs = allocs
	}
}

func (t *turns) row(ours *turns) row {
	r := row{name: t.name, each: median(t.took), allocs: t.allocs}
	if t == ours {
		return r
	}
	ratios := make([]float64, len(t.took))
	for i := range ratios {
		ratios[i] = ours.took[i] / t.took[i]
	}
	r.ratio = fmt.Sprintf("%.2f", median(ratios))
	if t.target > 0 {
		r.judge(fmt.Sprintf("≤ %.3g", t.target), median(ratios) <= t.target)
	}
	if t.moreAllocs >= 0 {
		// A hundredth of an allocation each time is the runtime's own.
		r.judge(fmt.Sprintf("≤ %+.0f allocs", t.moreAllocs), ours.allocs-t.allocs <= t.moreAllocs+0.01)
	}
	return r
}

// figure is a number that is compared as it is, such as a ratio of hits.
type figure struct {
	name    string
	value   float64
	atLeast float64 // ours is at least so many times this one; 0: only shown
}

// report adds figures that are no times to the table; the first is ours.
func report(title, unit string, figures ...figure) {
	outcome := section{title: title, unit: unit}
	for i, f := range figures {
		r := row{name: f.name, each: f.value, allocs: -1}
		if i > 0 {
			r.ratio = fmt.Sprintf("%.2f", figures[0].value/f.value)
		}
		if f.atLeast > 0 {
			r.judge(fmt.Sprintf("≥ %.3g", f.atLeast), figures[0].value >= f.atLeast*f.value)
		}
		outcome.rows = append(outcome.rows, r)
	}
	results = append(results, outcome)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// parallel has workers goroutines share n times of work; each is told its
// number and its share.
func parallel(workers int, work func(worker, n int)) func(n int) {
	return func(n int) {
		done := make(chan struct{})
		for w := range workers {
			share := n / workers
			if w < n%workers {
				share++
			}
			go func() {
				work(w, share)
				done <- struct{}{}
			}()
		}
		for range workers {
			<-done
		}
	}
}
