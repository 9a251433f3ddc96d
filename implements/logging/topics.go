package logging

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// levelTable says which level a topic has. It is immutable: a change makes
// another one.
type levelTable struct {
	base     Level
	byTopic  map[string]Level // topics and patterns as they were given
	patterns []string         // those of byTopic that have wildcards, the one that goes first first
}

func newLevelTable(base Level, byTopic map[string]Level) *levelTable {
	table := &levelTable{base: base, byTopic: byTopic}
	for pattern := range byTopic {
		if strings.ContainsAny(pattern, "*?") {
			table.patterns = append(table.patterns, pattern)
		}
	}
	slices.SortFunc(table.patterns, func(a, b string) int {
		return cmp.Or(cmp.Compare(literals(b), literals(a)), cmp.Compare(a, b))
	})
	return table
}

// literals counts the characters of a pattern that stand for themselves.
func literals(pattern string) int {
	return utf8.RuneCountInString(pattern) - strings.Count(pattern, "*") - strings.Count(pattern, "?")
}

func (t *levelTable) with(pattern string, level Level) *levelTable {
	byTopic := maps.Clone(t.byTopic)
	byTopic[pattern] = level
	return newLevelTable(t.base, byTopic)
}

func (t *levelTable) without(pattern string) *levelTable {
	byTopic := maps.Clone(t.byTopic)
	delete(byTopic, pattern)
	return newLevelTable(t.base, byTopic)
}

func (t *levelTable) of(topic string) Level {
	if level, ok := t.byTopic[topic]; ok {
		return level
	}
	for _, pattern := range t.patterns {
		if matchTopic(pattern, topic) {
			return t.byTopic[pattern]
		}
	}
	return t.base
}

// matchTopic reports whether pattern, in which * stands for any characters and
// ? for one, matches all of topic. It goes back to the last * only, so that it
// takes time in proportion to the product of the lengths at worst.
func matchTopic(pattern, topic string) bool {
	p, t := 0, 0
	star, resume := -1, 0
	for t < len(topic) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && pattern[p] == '?':
			p++
			t += sizeOf(topic[t:])
		case p < len(pattern) && pattern[p] == topic[t]:
			p++
			t++
		case star >= 0:
			resume += sizeOf(topic[resume:])
			p, t = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// sizeOf returns the bytes of the character that text begins with.
func sizeOf(text string) int {
	_, size := utf8.DecodeRuneInString(text)
	return size
}

// topicLevel is the level of one topic, for the slog.Handler of its logger. It
// follows the table without the table knowing of it, so that loggers need not
// be remembered.
type topicLevel struct {
	topic string
	table *atomic.Pointer[levelTable]
	known atomic.Pointer[knownLevel]
}

// knownLevel is what a table said.
type knownLevel struct {
	table *levelTable
	level slog.Level
}

// Level is what a disabled call costs: two loads and a comparison.
func (l *topicLevel) Level() slog.Level {
	table := l.table.Load()
	if known := l.known.Load(); known != nil && known.table == table {
		return known.level
	}
	level := table.of(l.topic).Level()
	l.known.Store(&knownLevel{table, level})
	return level
}
