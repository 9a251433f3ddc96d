package interfacestest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/interfaces"
	"github.com/fivcglue/fivcglue-go/interfaces/interfacestest"
)

func TestConfigOfTheReference(t *testing.T) {
	interfacestest.TestConfig(t, func(*testing.T) interfacestest.ConfigHarness {
		return interfacestest.ConfigHarness{Config: tinyConfig(interfacestest.ConfigSample())}
	})
}

func TestConfigWithASampleOfItsOwn(t *testing.T) {
	sample := map[string]map[string]string{"app": {"a": "1", "b": "2"}}
	err := interfacestest.CheckConfig(t.Context(), func() (interfacestest.ConfigHarness, error) {
		return interfacestest.ConfigHarness{Config: tinyConfig(sample), Sample: sample}, nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestCheckConfigSkips(t *testing.T) {
	err := interfacestest.CheckConfig(t.Context(), func() (interfacestest.ConfigHarness, error) {
		broken := brokenConfig{IConfig: tinyConfig(interfacestest.ConfigSample()), sessions: func([]string) []string { return nil }}
		return interfacestest.ConfigHarness{Config: broken, Skip: map[string]string{"read/sessions": "it cannot list"}}, nil
	})
	if err != nil {
		t.Error(err)
	}
}

// brokenConfig is the reference with faults.
type brokenConfig struct {
	interfaces.IConfig
	sessions func([]string) []string
	session  func(name string, right func(string) interfaces.IConfigSession) interfaces.IConfigSession
}

func (c brokenConfig) ListSessions() []string {
	if c.sessions != nil {
		return c.sessions(c.IConfig.ListSessions())
	}
	return c.IConfig.ListSessions()
}

func (c brokenConfig) GetSession(name string) interfaces.IConfigSession {
	if c.session != nil {
		return c.session(name, c.IConfig.GetSession)
	}
	return c.IConfig.GetSession(name)
}

// brokenSession is a session of the reference with faults; nil means none.
type brokenSession struct {
	interfaces.IConfigSession
	list   func([]string) []string
	get    func(key string, right func(string) (string, bool)) (string, bool)
	set    func(key, value string, right func(string, string))
	delete func(key string, right func(string) bool) bool
}

func (s brokenSession) ListKeys() []string {
	if s.list != nil {
		return s.list(s.IConfigSession.ListKeys())
	}
	return s.IConfigSession.ListKeys()
}

func (s brokenSession) GetValue(key string) (string, bool) {
	if s.get != nil {
		return s.get(key, s.IConfigSession.GetValue)
	}
	return s.IConfigSession.GetValue(key)
}

func (s brokenSession) SetValue(key, value string) {
	if s.set != nil {
		s.set(key, value, s.IConfigSession.SetValue)
		return
	}
	s.IConfigSession.SetValue(key, value)
}

func (s brokenSession) DeleteValue(key string) bool {
	if s.delete != nil {
		return s.delete(key, s.IConfigSession.DeleteValue)
	}
	return s.IConfigSession.DeleteValue(key)
}

// liar is a session that is a ConfigLocator and does not know its name.
type liar struct{ interfaces.IConfigSession }

func (liar) Locate(string) (session, origin string) { return "another", "settings.yml:1:1" }

// withSession has every session broken in the same way.
func withSession(fault brokenSession) func() brokenConfig {
	return func() brokenConfig {
		return brokenConfig{session: func(name string, right func(string) interfaces.IConfigSession) interfaces.IConfigSession {
			fault := fault
			fault.IConfigSession = right(name)
			return fault
		}}
	}
}

var configFaults = []struct {
	name  string
	fault func() brokenConfig
	found []string
}{
	{"reads numbers as numbers", withSession(brokenSession{get: func(key string, right func(string) (string, bool)) (string, bool) {
		value, ok := right(key)
		return strings.TrimLeft(value, "0") + map[bool]string{true: "0"}[strings.Trim(value, "0") == "" && value != ""], ok
	}}), []string{"read/values"}},
	{"trims values", withSession(brokenSession{get: func(key string, right func(string) (string, bool)) (string, bool) {
		value, ok := right(key)
		return strings.TrimSpace(value), ok
	}}), []string{"read/values"}},
	{"takes empty for absent", withSession(brokenSession{get: func(key string, right func(string) (string, bool)) (string, bool) {
		value, _ := right(key)
		return value, value != ""
	}}), []string{"change/set empty"}},
	{"gives a value for an absent key", withSession(brokenSession{get: func(key string, right func(string) (string, bool)) (string, bool) {
		value, ok := right(key)
		if !ok {
			value = "<none>"
		}
		return value, ok
	}}), []string{"read/absent key", "read/absent session", "change/delete"}},
	{"folds the case of keys", withSession(brokenSession{get: func(key string, right func(string) (string, bool)) (string, bool) {
		if value, ok := right(key); ok {
			return value, ok
		}
		return right(strings.ToLower(key))
	}}), []string{"read/exact names"}},
	{"lists keys as they come", withSession(brokenSession{list: func(keys []string) []string {
		slices.Reverse(keys)
		return keys
	}}), []string{"read/keys", "change/set"}},
	{"lists a key twice", withSession(brokenSession{list: func(keys []string) []string {
		return append(keys[:len(keys):len(keys)], keys...)
	}}), []string{"read/keys"}},
	{"lists no keys with dots", withSession(brokenSession{list: func(keys []string) []string {
		return slices.DeleteFunc(keys, func(key string) bool { return strings.Contains(key, ".") })
	}}), []string{"read/keys"}},
	{"sets nothing", withSession(brokenSession{set: func(string, string, func(string, string)) {}}),
		[]string{"change/set", "read/absent session"}},
	{"sets only keys that are there", func() brokenConfig {
		return brokenConfig{session: func(name string, right func(string) interfaces.IConfigSession) interfaces.IConfigSession {
			session := right(name)
			return brokenSession{IConfigSession: session, set: func(key, value string, set func(string, string)) {
				if _, ok := session.GetValue(key); ok {
					set(key, value)
				}
			}}
		}}
	}, []string{"change/set", "read/absent session"}},
	{"says true to every delete", withSession(brokenSession{delete: func(key string, right func(string) bool) bool {
		right(key)
		return true
	}}), []string{"change/delete", "read/absent session"}},
	{"deletes nothing", withSession(brokenSession{delete: func(string, func(string) bool) bool { return true }}), []string{"change/delete"}},
	{"deletes by setting to nothing", func() brokenConfig {
		return brokenConfig{session: func(name string, right func(string) interfaces.IConfigSession) interfaces.IConfigSession {
			session := right(name)
			return brokenSession{IConfigSession: session, delete: func(key string, _ func(string) bool) bool {
				_, ok := session.GetValue(key)
				session.SetValue(key, "")
				return ok
			}}
		}}
	}, []string{"change/delete"}},
	{"gives nil for an absent session", func() brokenConfig {
		return brokenConfig{session: func(name string, right func(string) interfaces.IConfigSession) interfaces.IConfigSession {
			if session := right(name); len(session.ListKeys()) > 0 {
				return session
			}
			return nil
		}}
	}, []string{"read/absent session"}},
	{"shares session objects", func() brokenConfig {
		shared := map[string]interfaces.IConfigSession{}
		return brokenConfig{session: func(name string, right func(string) interfaces.IConfigSession) interfaces.IConfigSession {
			if shared[name] == nil {
				shared[name] = right(name)
			}
			return shared[name]
		}}
	}, []string{"change/this object only"}},
	{"folds the case of sessions", func() brokenConfig {
		return brokenConfig{session: func(name string, right func(string) interfaces.IConfigSession) interfaces.IConfigSession {
			return right(strings.ToLower(name))
		}}
	}, []string{"read/values", "read/keys"}},
	{"lists sessions that were asked for", func() brokenConfig {
		asked := []string{}
		return brokenConfig{
			session: func(name string, right func(string) interfaces.IConfigSession) interfaces.IConfigSession {
				asked = append(asked, name)
				return right(name)
			},
			sessions: func(names []string) []string {
				names = append(names, asked...)
				slices.Sort(names)
				return slices.Compact(names)
			},
		}
	}, []string{"read/absent session"}},
	{"lists sessions as they come", func() brokenConfig {
		return brokenConfig{sessions: func(names []string) []string { slices.Reverse(names); return names }}
	}, []string{"read/sessions"}},
	{"lists no sessions", func() brokenConfig {
		return brokenConfig{sessions: func([]string) []string { return nil }}
	}, []string{"read/sessions"}},
	{"gives the list it keeps", func() brokenConfig {
		var kept []string
		return brokenConfig{sessions: func(names []string) []string {
			if kept == nil {
				kept = names
			}
			return kept
		}}
	}, []string{"change/lists are the caller's"}},
	{"names another session", func() brokenConfig {
		return brokenConfig{session: func(name string, right func(string) interfaces.IConfigSession) interfaces.IConfigSession {
			return liar{right(name)}
		}}
	}, []string{"read/located"}},
}

func TestConfigFaultsAreFound(t *testing.T) {
	for _, test := range configFaults {
		t.Run(test.name, func(t *testing.T) {
			err := interfacestest.CheckConfig(t.Context(), func() (interfacestest.ConfigHarness, error) {
				broken := test.fault()
				broken.IConfig = tinyConfig(interfacestest.ConfigSample())
				// The check for concurrent use needs the race detector to
				// tell something, and some of the faults race.
				return interfacestest.ConfigHarness{Config: broken, Skip: map[string]string{"read/concurrent": "the faults race"}}, nil
			})
			found := failedChecks(err)
			for _, check := range test.found {
				if !slices.Contains(found, check) {
					t.Errorf("check %s did not find it; these did: %q", check, found)
				}
			}
		})
	}
}

func TestEveryConfigCheckFindsAFault(t *testing.T) {
	found := []string{"read/concurrent"} // by TestConfigConcurrencyFault
	for _, fault := range configFaults {
		found = append(found, fault.found...)
	}
	for _, check := range interfacestest.ConfigCheckNames() {
		if !slices.Contains(found, check) {
			t.Errorf("no fault is found by check %s", check)
		}
	}
}

// A map that is changed for everybody is found without the race detector too.
func TestConfigConcurrencyFault(t *testing.T) {
	err := interfacestest.CheckConfig(t.Context(), func() (interfacestest.ConfigHarness, error) {
		shared := &lockedSession{session: tinySession{values: interfacestest.ConfigSample()["redis"]}}
		broken := brokenConfig{IConfig: tinyConfig(interfacestest.ConfigSample())}
		broken.session = func(name string, right func(string) interfaces.IConfigSession) interfaces.IConfigSession {
			if name == "redis" {
				return shared
			}
			return right(name)
		}
		return interfacestest.ConfigHarness{Config: broken}, nil
	})
	if found := failedChecks(err); !slices.Contains(found, "read/concurrent") {
		t.Errorf("it was not found: %v", err)
	}
}
