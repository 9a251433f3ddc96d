package logging

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// Site gives loggers on log/slog by topic. Make one with NewSite. It is safe
// for concurrent use.
type Site struct {
	config Config
	writer io.Writer
	file   *logFile    // nil if the output is no file
	attrs  []slog.Attr // of every record

	levels  atomic.Pointer[levelTable]
	setting sync.Mutex // held while levels is replaced

	mu      sync.RWMutex
	loggers map[string]*slog.Logger

	close func() error
}

var (
	_ interfaces.ILoggerSite  = (*Site)(nil)
	_ interfaces.ILogger      = (*slog.Logger)(nil)
	_ component.Closer        = (*Site)(nil)
	_ component.HealthChecker = (*Site)(nil)
	_ component.Validator     = Config{}
)

// These bound what is remembered of loggers. A program that makes topics from
// its data gets loggers all the same, made anew now and then.
const (
	maxLoggers = 1024
	maxTopic   = 256 // bytes of a topic whose logger is remembered
)

// NewSite makes a Site. The only errors are those of the config: a log file
// that cannot be opened is said on stderr, is tried again, and does not keep a
// program from starting. site may be nil.
func NewSite(_ context.Context, _ *component.Site, config Config) (*Site, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	s := &Site{config: config, loggers: map[string]*slog.Logger{}}
	for _, key := range slices.Sorted(maps.Keys(config.Attrs)) {
		s.attrs = append(s.attrs, slog.String(key, config.Attrs[key]))
	}
	s.levels.Store(config.levelTable())
	switch config.Output {
	case "", outputStderr:
		s.writer = os.Stderr
	case outputStdout:
		s.writer = os.Stdout
	default:
		notices := slog.New(s.newHandler(os.Stderr, slog.LevelInfo, "fivcglue.logging"))
		s.file = openLogFile(config.Output, os.Stderr, notices)
		s.writer = s.file
	}
	stop := func() {}
	if config.ReopenOnSIGHUP && s.file != nil {
		stop = onHangup(func() { _ = s.file.reopen() })
	}
	s.close = sync.OnceValue(func() error {
		stop()
		if s.file == nil {
			return nil
		}
		return s.file.close()
	})
	return s, nil
}

// GetLogger returns the logger of a topic, which is a *slog.Logger. Records
// carry the topic as an attribute unless it is "". After Close, what would go
// to a file goes to stderr.
func (s *Site) GetLogger(topic string) interfaces.ILogger {
	if len(topic) > maxTopic {
		return s.newLogger(topic)
	}
	s.mu.RLock()
	logger, ok := s.loggers[topic]
	s.mu.RUnlock()
	if ok {
		return logger
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if logger, ok := s.loggers[topic]; ok {
		return logger
	}
	if len(s.loggers) >= maxLoggers {
		clear(s.loggers)
	}
	logger = s.newLogger(topic)
	s.loggers[topic] = logger
	return logger
}

func (s *Site) newLogger(topic string) *slog.Logger {
	return slog.New(s.newHandler(s.writer, &topicLevel{topic: topic, table: &s.levels}, topic))
}

func (s *Site) newHandler(w io.Writer, level slog.Leveler, topic string) slog.Handler {
	options := &slog.HandlerOptions{AddSource: s.config.Source, Level: level, ReplaceAttr: writeErrors}
	var handler slog.Handler
	if s.config.Format == formatJSON {
		handler = slog.NewJSONHandler(w, options)
	} else {
		handler = slog.NewTextHandler(w, options)
	}
	attrs := s.attrs
	if topic != "" {
		attrs = append(slices.Clip(attrs), slog.String(topicKey, topic))
	}
	return handler.WithAttrs(attrs)
}

// SetLevel changes the level of the topics that have none of their own, at
// once and for loggers that are out already too.
func (s *Site) SetLevel(level Level) {
	s.setLevels(func(t *levelTable) *levelTable { return newLevelTable(level, t.byTopic) })
}

// SetTopicLevel gives a level to a topic or to a pattern of topics, written as
// in Config.Levels, at once and for loggers that are out already too. An empty
// pattern is an error.
func (s *Site) SetTopicLevel(pattern string, level Level) error {
	if pattern == "" {
		return fmt.Errorf("set the level of a topic: the topic is empty: %w", interfaces.ErrInvalid)
	}
	s.setLevels(func(t *levelTable) *levelTable { return t.with(pattern, level) })
	return nil
}

// UnsetTopicLevel takes back what SetTopicLevel or Config.Levels said of
// exactly this pattern, and reports whether there was anything.
func (s *Site) UnsetTopicLevel(pattern string) (found bool) {
	s.setLevels(func(t *levelTable) *levelTable {
		if _, found = t.byTopic[pattern]; !found {
			return t
		}
		return t.without(pattern)
	})
	return found
}

func (s *Site) setLevels(change func(*levelTable) *levelTable) {
	s.setting.Lock()
	defer s.setting.Unlock()
	s.levels.Store(change(s.levels.Load()))
}

// Levels returns the level for all and those of topics and patterns. The map
// is the caller's own.
func (s *Site) Levels() (Level, map[string]Level) {
	table := s.levels.Load()
	return table.base, maps.Clone(table.byTopic)
}

// Reopen opens the log file anew, after it was moved away. If that fails, the
// file that is open is kept. Where the output is no file it does nothing.
func (s *Site) Reopen() error {
	if s.file == nil {
		return nil
	}
	return s.file.reopen()
}

// CheckHealth returns why records cannot be written to the log file, nil if
// the last one could be.
func (s *Site) CheckHealth(context.Context) error {
	if s.file == nil {
		return nil
	}
	return s.file.health()
}

// Close closes the log file and gives SIGHUP back. Loggers live on: what they
// are given from now on goes to stderr, if it would have gone to a file.
func (s *Site) Close(context.Context) error { return s.close() }
