// Package sitelog finds the logger that a built-in component writes to.
package sitelog

import (
	"log/slog"

	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// For returns the logger of a topic from the site's ILoggerSite: the unnamed
// one, else the first by name. Without any, and without a site, it is
// slog.Default with the topic as an attribute.
func For(site *component.Site, topic string) interfaces.ILogger {
	if loggers, ok := component.Query[interfaces.ILoggerSite](site, ""); ok {
		return loggers.GetLogger(topic)
	}
	for _, loggers := range component.All[interfaces.ILoggerSite](site) {
		return loggers.GetLogger(topic)
	}
	return slog.Default().With("topic", topic)
}
