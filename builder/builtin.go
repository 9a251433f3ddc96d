package builder

import (
	"slices"
	"strings"

	"github.com/fivcglue/fivcglue-go/internal/document"
	"github.com/fivcglue/fivcglue-go/internal/nearest"
)

// bundle is the package whose import makes the built-in classes known.
const bundle = "github.com/fivcglue/fivcglue-go/implements"

// builtIn are the names of what the bundle registers. The builder does not
// import it, but tells whoever forgot to.
var builtIn = map[string][]string{
	"class": {
		"config.Environment", "config.Overlay", "config.Values", "file.JSON", "file.YAML", "logging.Site",
		"memory.Cache", "memory.MutexSite", "memory.QueueSite",
		"redis.Broadcast", "redis.Cache", "redis.MutexSite", "redis.QueueSite",
		"telemetry.Cache", "telemetry.MutexSite", "telemetry.QueueSite",
		"fivcglue.implements.caches_mem.CacheImpl", "fivcglue.implements.caches_redis.CacheImpl",
		"fivcglue.implements.configs_jsonfile.ConfigImpl", "fivcglue.implements.configs_yamlfile.ConfigImpl",
		"fivcglue.implements.loggers_builtin.LoggerSiteImpl", "fivcglue.implements.loggers_default.LoggerSiteImpl",
		"fivcglue.implements.mutexes_redis.MutexSiteImpl", "fivcglue.implements.queues_redis.QueueSiteImpl",
	},
	"interface": {
		"interfaces.ICache", "interfaces.IConfig", "interfaces.ILoggerSite", "interfaces.IMutexSite", "interfaces.IQueueSite",
		"fivcglue.interfaces.caches.ICache", "fivcglue.interfaces.configs.IConfig", "fivcglue.interfaces.loggers.ILoggerSite",
		"fivcglue.interfaces.mutexes.IMutexSite", "fivcglue.interfaces.queues.IQueueSite",
	},
}

// unknownName says that a name is none of the registered ones. what is "class"
// or "interface".
func unknownName(what string, n *document.Node, registered known) (message, suggestion string) {
	name, quoted := n.Text, what+" "+quote(n.Shown())
	if slices.Contains(builtIn[what], name) {
		return "unknown " + quoted + `, which is built in: import _ "` + bundle + `"`, ""
	}
	if suggestion = byLastPart(name, registered.canonical); suggestion == "" {
		suggestion = nearest.To(name, registered.all)
	}
	if suggestion == "" {
		if suggestion = nearest.To(name, builtIn[what]); suggestion != "" && !slices.Contains(registered.all, suggestion) {
			return "unknown " + quoted + "; the built-in ones are not registered: import _ \"" + bundle + `"`, suggestion
		}
	}
	message = "unknown " + quoted
	if suggestion == "" {
		message += listed(registered.canonical)
	}
	return message, suggestion
}

// byLastPart returns the only one of names whose part behind the last dot is
// name, or "": ICache for interfaces.ICache.
func byLastPart(name string, names []string) (found string) {
	for _, n := range names {
		if !strings.EqualFold(n[strings.LastIndexByte(n, '.')+1:], name) {
			continue
		}
		if found != "" {
			return ""
		}
		found = n
	}
	return found
}

// maxListed bounds how many names a message lists.
const maxListed = 12

// listed lists names, or says that there are none.
func listed(names []string) string {
	switch {
	case len(names) == 0:
		return "; none is registered"
	case len(names) > maxListed:
		return "; there are " + strings.Join(names[:maxListed], ", ") + " and more"
	}
	if len(names) == 1 {
		return "; there is " + names[0]
	}
	return "; there are " + strings.Join(names, ", ")
}
