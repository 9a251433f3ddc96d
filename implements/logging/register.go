package logging

import "github.com/fivcglue/fivcglue-go/component"

// Register makes the class logging.Site known to reg. It has the names of the
// original's logger classes as aliases.
func Register(reg *component.Registry) error {
	return component.RegisterClass(reg, component.Class[*Site, Config]{
		Name: "logging.Site",
		Aliases: []string{
			"fivcglue.implements.loggers_builtin.LoggerSiteImpl",
			"fivcglue.implements.loggers_default.LoggerSiteImpl",
		},
		Summary: "loggers by topic on log/slog, as text or JSON, to stderr, stdout or a file",
		Default: DefaultConfig,
		New:     NewSite,
	})
}
