package interfaces

// ILogger writes messages with attributes, given as alternating keys and
// values or as slog.Attr, in the manner of log/slog. A *slog.Logger is one.
type ILogger interface {
	Debug(msg string, args ...any)
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
	Error(msg string, args ...any)
}

// ILoggerSite gives loggers by topic.
type ILoggerSite interface {
	// GetLogger returns the logger of a topic, such as "db.pool"; it is never
	// nil. The topic "" is the logger of no topic in particular.
	GetLogger(topic string) ILogger
}
