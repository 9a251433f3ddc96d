// Package logging gives loggers by topic: [Site] is an interfaces.ILoggerSite
// on log/slog. In a site's file:
//
//	# config.yml
//	- entries:
//	    - interface: interfaces.ILoggerSite
//	  class: logging.Site
//	  format: json
//	  output: /var/log/app.log
//	  level: info
//	  levels:
//	    db.*: debug
//	    http.access: off
//
// What GetLogger returns is a plain *slog.Logger, so that a call has the cost
// and the manner of log/slog. A call below its topic's level allocates nothing
// by itself; what it is given the Go compiler puts on the heap where the call
// is made through the interface, so a hot path keeps the *slog.Logger:
//
//	logger := site.GetLogger("db.pool").(*slog.Logger)
//
// Levels can be changed while the program runs, for loggers that are out
// already too.
//
// Trouble with the log is never the program's trouble. While a log file cannot
// be opened or written, records go to stderr; that is said once there, the
// component is unhealthy for that time, and the file is tried again.
package logging
