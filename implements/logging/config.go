package logging

import (
	"errors"
	"log/slog"
	"maps"
	"slices"

	"github.com/fivcglue/fivcglue-go/component"
)

// Config is the configuration of a Site. The zero Config is DefaultConfig.
type Config struct {
	// Format is "text", lines of key=value, or "json", an object per line.
	// "" is text.
	Format string `mapstructure:"format" enum:"text,json" doc:"how records are written: text (key=value) or json (an object per line)"`

	// Output is "stderr", "stdout" or the path of a file, which is appended
	// to. "" is stderr.
	Output string `mapstructure:"output" doc:"where records go: stderr, stdout or the path of a file to append to"`

	// Level is the least level that is written, of topics that Levels does
	// not name.
	// It is read by ParseLevel; "" is info.
	Level string `mapstructure:"level" doc:"the least level that is written: debug, info, warn, error or off"`

	// Levels gives levels to topics. A key is a topic or a pattern of topics:
	// * stands for any characters, dots too, and ? for one. The topic itself
	// goes before patterns, and of patterns the one with the most characters
	// that are not wildcards; of those that are alike, the first in the
	// alphabet.
	Levels map[string]string `mapstructure:"levels" doc:"levels of topics, by topic or pattern: {\"db.*\": debug}"`

	// Source has each record say which line of code wrote it.
	Source bool `mapstructure:"source" doc:"whether records say which line of code wrote them"`

	// Attrs are attributes of every record. What a record has by itself
	// (time, level, msg, source, topic) cannot be among them.
	Attrs map[string]string `mapstructure:"attrs" doc:"attributes of every record"`

	// ReopenOnSIGHUP has the process take SIGHUP as the request to open the
	// log file anew, as logrotate sends it. Without it the signal does what
	// it did.
	ReopenOnSIGHUP bool `mapstructure:"reopen_on_sighup" doc:"whether SIGHUP has the log file opened anew, for log rotation"`
}

const (
	formatText = "text"
	formatJSON = "json"

	outputStderr = "stderr"
	outputStdout = "stdout"
)

// topicKey is the attribute that names a record's topic.
const topicKey = "topic"

// DefaultConfig returns the configuration of a Site that is given none: text
// to stderr, from level info.
func DefaultConfig() Config {
	return Config{Format: formatText, Output: outputStderr, Level: Info.String()}
}

// Validate joins a component.KeyError for each key that is wrong.
func (c Config) Validate() error {
	var problems []error
	if c.Format != "" && c.Format != formatText && c.Format != formatJSON {
		problems = append(problems, component.KeyError{Key: "format", Err: unknownWord("format", c.Format, formatText, formatJSON)})
	}
	if _, err := c.level(); err != nil {
		problems = append(problems, component.KeyError{Key: "level", Err: err})
	}
	for _, pattern := range slices.Sorted(maps.Keys(c.Levels)) {
		if pattern == "" {
			problems = append(problems, component.KeyError{Key: "levels", Err: errors.New("a topic is empty; the level for all is the key level")})
		}
		if _, err := ParseLevel(c.Levels[pattern]); err != nil {
			problems = append(problems, component.KeyError{Key: "levels." + pattern, Err: err})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.Attrs)) {
		switch {
		case key == "":
			problems = append(problems, component.KeyError{Key: "attrs", Err: errors.New("the name of an attribute is empty")})
		case slices.Contains([]string{slog.TimeKey, slog.LevelKey, slog.MessageKey, slog.SourceKey, topicKey}, key):
			problems = append(problems, component.KeyError{Key: "attrs." + key, Err: errors.New("is an attribute that records have by themselves")})
		}
	}
	return errors.Join(problems...)
}

func (c Config) level() (Level, error) {
	if c.Level == "" {
		return Info, nil
	}
	return ParseLevel(c.Level)
}

// levelTable returns the levels of a config that is valid.
func (c Config) levelTable() *levelTable {
	base, _ := c.level()
	byTopic := make(map[string]Level, len(c.Levels))
	for pattern, text := range c.Levels {
		byTopic[pattern], _ = ParseLevel(text)
	}
	return newLevelTable(base, byTopic)
}
