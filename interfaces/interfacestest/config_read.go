package interfacestest

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// absentName is the name of a session, or of a key, that nobody has.
const absentName = "kit-absent"

var configReadChecks = []configCheck{
	{
		name: "read/values", promise: "a value is given as it was written",
		run: func(k *configKit) {
			for name, values := range k.sample {
				session := k.session(name)
				for key, value := range values {
					k.want(session, key, value, "of session "+name)
				}
			}
		},
	},
	{
		name: "read/keys", promise: "ListKeys gives the keys that have a value, each once, sorted",
		run: func(k *configKit) {
			for name, values := range k.sample {
				k.wantKeys(k.session(name), slices.Sorted(maps.Keys(values)), "of session "+name)
			}
		},
	},
	{
		name: "read/sessions", promise: "ListSessions gives the names of the sessions, each once, sorted",
		run: func(k *configKit) {
			names := k.ListSessions()
			for name := range k.sample {
				if !slices.Contains(names, name) {
					k.Errorf("ListSessions = %q lacks %q", names, name)
				}
			}
			for i := 1; i < len(names); i++ {
				if names[i-1] >= names[i] {
					k.Errorf("ListSessions has %q before %q", names[i-1], names[i])
				}
			}
		},
	},
	{
		name: "read/absent session", promise: "a session that is not there is empty, and can be used like any other",
		run: func(k *configKit) {
			session := k.session(absentName)
			k.wantKeys(session, nil, "of a session that is not there")
			k.wantNone(session, "host", "of a session that is not there")
			if session.DeleteValue("host") {
				k.Errorf("DeleteValue from a session that is not there = true")
			}
			session.SetValue("host", "v")
			k.want(session, "host", "v", "after SetValue in a session that was not there")
			k.wantKeys(session, []string{"host"}, "after SetValue in a session that was not there")
			if slices.Contains(k.ListSessions(), absentName) {
				k.Errorf("ListSessions has a session that was asked for and is not there")
			}
		},
	},
	{
		name: "read/absent key", promise: "a key that is not there has no value",
		run: func(k *configKit) {
			name, _ := k.fullSession()
			k.wantNone(k.session(name), absentName, "of a key that is not there")
			k.wantNone(k.session(name), "", "of the empty key")
		},
	},
	{
		name: "read/exact names", promise: "the names of sessions and keys are matched exactly",
		run: func(k *configKit) {
			name, keys := k.fullSession()
			session := k.session(name)
			for _, key := range keys {
				for _, other := range []string{strings.ToUpper(key), " " + key, key + ".", key[:len(key)-1]} {
					if _, there := k.sample[name][other]; !there {
						k.wantNone(session, other, "of a key whose name is like another's")
					}
				}
			}
			if _, there := k.sample[strings.ToUpper(name)]; !there {
				k.wantKeys(k.session(strings.ToUpper(name)), nil, "of a session whose name is like another's")
			}
			k.wantKeys(k.session(name+" "), nil, "of a session whose name is like another's")
		},
	},
	{
		name: "read/located", promise: "a session that is a ConfigLocator names itself",
		run: func(k *configKit) {
			name, keys := k.fullSession()
			located, ok := k.session(name).(interfaces.ConfigLocator)
			if !ok {
				return
			}
			if got, _ := located.Locate(keys[0]); got != name {
				k.Errorf("Locate(%q) names the session %q, want %q", keys[0], got, name)
			}
			if got, origin := located.Locate(absentName); got != name || origin != "" {
				k.Errorf("Locate of a key that is not there = %q, %q; want %q and no origin", got, origin, name)
			}
		},
	},
	{
		name: "read/concurrent", promise: "a configuration is safe for concurrent use",
		run: func(k *configKit) {
			name, keys := k.fullSession()
			shared := k.session(name)
			var wrong sync.Map
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					for range 50 {
						mine := k.GetSession(name)
						mine.SetValue(keys[0], "mine")
						for _, key := range keys[1:] {
							if got, ok := mine.GetValue(key); !ok || got != k.sample[name][key] {
								wrong.Store(key, got)
							}
						}
						if got, _ := shared.GetValue(keys[0]); got != k.sample[name][keys[0]] {
							wrong.Store(keys[0], got)
						}
						k.ListSessions()
						shared.ListKeys()
					}
				})
			}
			all.Wait()
			wrong.Range(func(key, got any) bool {
				k.Errorf("GetValue(%q) by several goroutines = %q", key, got)
				return true
			})
		},
	},
}
