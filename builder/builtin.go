package builder

import (
	"slices"
	"strings"

	"github.com/fivcglue/fivcglue-go/component"
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
	if what == "class" && slices.Contains(builtIn["interface"], name) {
		return quote(n.Shown()) + " is an interface, not a class", ""
	}
	if what == "interface" && slices.Contains(builtIn["class"], name) {
		return quote(n.Shown()) + " is a class, not an interface", ""
	}
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

// interfaceAsClass says that what should be a class is an interface, and which
// classes implement it.
func (c *checker) interfaceAsClass(n *document.Node, info *component.InterfaceInfo) string {
	var names []string
	for _, class := range c.builder.registry.Classes() {
		if class.Serves(info) {
			names = append(names, class.Name)
		}
	}
	message := quote(n.Shown()) + " is an interface, not a class"
	if len(names) == 0 {
		return message + "; no class implements it"
	}
	return message + "; it is implemented by " + few(names)
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
	switch len(names) {
	case 0:
		return "; none is registered"
	case 1:
		return "; there is " + names[0]
	}
	return "; there are " + few(names)
}

// few lists as many names as a message may.
func few(names []string) string {
	if len(names) > maxListed {
		return strings.Join(names[:maxListed], ", ") + " and more"
	}
	return strings.Join(names, ", ")
}
