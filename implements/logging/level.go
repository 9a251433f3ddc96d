package logging

import (
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
)

// Level is how important a record is. Its numbers are those of slog.Level. The
// zero Level is Info.
type Level int

// The levels that have names. Off is above all others.
const (
	Debug = Level(slog.LevelDebug)
	Info  = Level(slog.LevelInfo)
	Warn  = Level(slog.LevelWarn)
	Error = Level(slog.LevelError)
	Off   = Level(math.MaxInt32)
)

var levelNames = []string{"debug", "info", "warn", "error", "off"}

// ParseLevel reads a level as a configuration has it: debug, info, warn (or
// warning), error or off, in small or capital letters. A distance may follow,
// as in log/slog: info+2, debug-4.
func ParseLevel(text string) (Level, error) {
	name, distance, err := cutDistance(text)
	if err != nil {
		return 0, err
	}
	switch strings.ToLower(name) {
	case "debug":
		return Debug + distance, nil
	case "info":
		return Info + distance, nil
	case "warn", "warning":
		return Warn + distance, nil
	case "error":
		return Error + distance, nil
	case "off":
		if distance == 0 {
			return Off, nil
		}
	}
	return 0, unknownWord("level", text, levelNames...)
}

// maxDistance bounds how far a level may be from one that has a name.
const maxDistance = 1000

func cutDistance(text string) (name string, distance Level, err error) {
	i := strings.IndexAny(text, "+-")
	if i < 0 {
		return text, 0, nil
	}
	n, err := strconv.Atoi(text[i:])
	if err != nil || n < -maxDistance || n > maxDistance {
		return "", 0, fmt.Errorf("level %q: what follows the name must be a whole number from -%d to +%d, as in info+2", text, maxDistance, maxDistance)
	}
	return text[:i], Level(n), nil
}

// Level returns the level as log/slog has it. A Level is a slog.Leveler.
func (l Level) Level() slog.Level { return slog.Level(l) }

// String returns the level as ParseLevel reads it.
func (l Level) String() string {
	if l == Off {
		return "off"
	}
	return strings.ToLower(slog.Level(l).String())
}

// MarshalText returns what String does.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText sets the level to what ParseLevel reads.
func (l *Level) UnmarshalText(text []byte) error {
	level, err := ParseLevel(string(text))
	if err != nil {
		return err
	}
	*l = level
	return nil
}
