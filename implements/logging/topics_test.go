package logging_test

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/fivcglue/fivcglue-go/implements/logging"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// least returns the least level that a topic's logger writes, as one of those
// that have names.
func least(t *testing.T, site *logging.Site, topic string) logging.Level {
	t.Helper()
	logger := site.GetLogger(topic).(*slog.Logger)
	for _, level := range []logging.Level{logging.Debug, logging.Info, logging.Warn, logging.Error} {
		if logger.Enabled(t.Context(), level.Level()) {
			return level
		}
	}
	return logging.Off
}

func TestLevelsByTopic(t *testing.T) {
	site := newSite(t, logging.Config{Level: "warn", Levels: map[string]string{
		"db.*":        "debug",
		"db.pool*":    "error",
		"db.pool":     "info",
		"*.access":    "off",
		"job?":        "debug",
		"a*":          "info",
		"*a":          "error",
		"*b*c":        "debug",
		"in[a-c]side": "debug",
		"é*":          "info",
		"*x":          "error",
	}})
	for _, test := range []struct {
		name, topic string
		want        logging.Level
	}{
		{"no pattern", "cache", logging.Warn},
		{"no topic", "", logging.Warn},
		{"by pattern", "db.query", logging.Debug},
		{"a star stands for dots too", "db.query.slow", logging.Debug},
		{"a star stands for nothing too", "db.", logging.Debug},
		{"the pattern's beginning alone", "db", logging.Warn},
		{"the longer pattern", "db.pool2", logging.Error},
		{"the topic itself goes before patterns", "db.pool", logging.Info},
		{"star in front", "http.access", logging.Off},
		{"the one with more characters of its own", "db.x.access", logging.Off},
		{"one character", "job7", logging.Debug},
		{"one character, of none", "job", logging.Warn},
		{"one character, of two", "job77", logging.Warn},
		{"alike: the first in the alphabet", "aba", logging.Error},
		{"one character of several bytes", "jobé", logging.Debug},
		{"alike in characters, not in bytes", "éx", logging.Error},
		{"two stars", "xbycbc", logging.Debug},
		{"two stars, another end", "xbycbd", logging.Warn},
		{"brackets are themselves", "in[a-c]side", logging.Debug},
		{"brackets are no choice", "inbside", logging.Warn},
		{"letters of another case", "DB.query", logging.Warn},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := least(t, site, test.topic); got != test.want {
				t.Errorf("topic %q writes from %v, want %v", test.topic, got, test.want)
			}
		})
	}
}

func TestLevelsChangeAtRunTime(t *testing.T) {
	site := newSite(t, logging.Config{Levels: map[string]string{"db.*": "debug"}})
	want := func(step, topic string, want logging.Level) {
		t.Helper()
		if got := least(t, site, topic); got != want {
			t.Errorf("%s: topic %q writes from %v, want %v", step, topic, got, want)
		}
	}
	logger := site.GetLogger("db.pool").(*slog.Logger).With("k", "v")
	want("at first", "db.pool", logging.Debug)
	want("at first", "web", logging.Info)

	site.SetLevel(logging.Error)
	want("after SetLevel", "web", logging.Error)
	want("after SetLevel", "db.pool", logging.Debug)

	if err := site.SetTopicLevel("db.pool", logging.Warn); err != nil {
		t.Fatal(err)
	}
	want("after SetTopicLevel", "db.pool", logging.Warn)
	want("after SetTopicLevel", "db.query", logging.Debug)
	if logger.Enabled(t.Context(), slog.LevelInfo) {
		t.Error("a logger that was made from one that was out already still has the old level")
	}

	if !site.UnsetTopicLevel("db.pool") || !site.UnsetTopicLevel("db.*") {
		t.Error("UnsetTopicLevel did not find what was set")
	}
	if site.UnsetTopicLevel("db.*") {
		t.Error("UnsetTopicLevel found what was unset")
	}
	want("after UnsetTopicLevel", "db.pool", logging.Error)

	if err := site.SetTopicLevel("", logging.Info); !errors.Is(err, interfaces.ErrInvalid) {
		t.Errorf("SetTopicLevel of no topic: %v, want ErrInvalid", err)
	}
	if err := site.SetTopicLevel("x*", logging.Off); err != nil {
		t.Fatal(err)
	}
	level, topics := site.Levels()
	if level != logging.Error || len(topics) != 1 || topics["x*"] != logging.Off {
		t.Errorf("Levels() = %v, %v", level, topics)
	}
	topics["x*"] = logging.Debug
	want("after the caller changed what Levels gave", "xyz", logging.Off)
}

func TestConfigIsCopied(t *testing.T) {
	levels := map[string]string{"db": "error"}
	site := newSite(t, logging.Config{Levels: levels})
	levels["db"] = "debug"
	if got := least(t, site, "db"); got != logging.Error {
		t.Errorf("a change of the map that was given is seen: %v", got)
	}
}

// Loggers, levels and records at once: for the race detector, and so that no
// change is lost.
func TestLevelsChangeWhileInUse(t *testing.T) {
	site, records := newFileSite(t, logging.Config{Level: "off"})
	const changes, topics = 50, 8
	var all sync.WaitGroup
	for i := range topics {
		topic := fmt.Sprintf("topic%d", i)
		all.Go(func() {
			for j := range changes {
				site.GetLogger(topic).Info("off", "j", j)
			}
		})
		all.Go(func() {
			for j := range changes {
				if err := site.SetTopicLevel(fmt.Sprintf("%s.%d", topic, j), logging.Debug); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if _, set := site.Levels(); len(set) != topics*changes {
		t.Errorf("%d levels are set, want %d", len(set), topics*changes)
	}
	if got := records(); len(got) != 0 {
		t.Errorf("%d records were written at level off", len(got))
	}
}
