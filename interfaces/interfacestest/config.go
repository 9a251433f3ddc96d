package interfacestest

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// ConfigHarness is one configuration to test. Only Config is required.
//
// The configuration must hold what ConfigSample returns; it may hold other
// sessions too, but no other keys in those of the sample. The kit closes it,
// if it has a Close.
type ConfigHarness struct {
	Config interfaces.IConfig

	// Sample is what the configuration holds, where that is not what
	// ConfigSample returns: for a backend that cannot hold such names.
	Sample map[string]map[string]string

	// Skip names checks that this backend cannot pass, and why.
	Skip map[string]string
}

func (h ConfigHarness) subject() any { return h.Config }

// ConfigSample returns the values, by session and key, that a configuration
// must hold to be tested. A key with dots reaches into maps and lists, where
// the backend has them.
func ConfigSample() map[string]map[string]string {
	return map[string]map[string]string{
		"redis": {
			"host": "localhost", "port": "6379", "db": "0", "ratio": "1.10", "agent": "007",
			"on": "off", "1": "one", "password": "p: #{}[]'\" \\ ${HOME} %", "comment": "# none",
			"servers.0.host": "a.example.com", "servers.1.host": "b.example.com", "tls.ca.file": "/ca.pem",
		},
		"REDIS": {"HOST": "another", "Host": "a third"},
		"texts": {
			"blanks": "  kept  ", "lines": "one\ntwo\n", "letters": "grün 日本 🚀", "word": "null", "tilde": "~", "big": "123456789012345678901234567890",
		},
	}
}

// TestConfig makes one subtest of t for each promise of interfaces.IConfig.
// open is called by each subtest for a harness of its own.
func TestConfig(t *testing.T, open func(t *testing.T) ConfigHarness) {
	t.Helper()
	runTests(t, configChecks(), open, skippedConfigChecks)
}

// CheckConfig returns nil if the configurations that open gives keep all
// promises of interfaces.IConfig, else a *Failure for each that they do not,
// joined with errors.Join. open is called once per check.
func CheckConfig(ctx context.Context, open func() (ConfigHarness, error)) error {
	return runChecks(ctx, configChecks(), open, skippedConfigChecks)
}

func skippedConfigChecks(h ConfigHarness) map[string]string { return h.Skip }

func configChecks() []check[ConfigHarness] {
	var checks []check[ConfigHarness]
	for _, c := range slices.Concat(configReadChecks, configChangeChecks) {
		checks = append(checks, check[ConfigHarness]{
			name: c.name, promise: c.promise,
			run: func(_ context.Context, r *recorder, h ConfigHarness) { c.run(newConfigKit(r, h)) },
		})
	}
	return checks
}

// configCheck is a check written against a configKit.
type configCheck struct {
	name    string
	promise string
	run     func(k *configKit)
}

// configKit is what a check works with.
type configKit struct {
	*recorder
	interfaces.IConfig
	sample map[string]map[string]string
}

func newConfigKit(r *recorder, h ConfigHarness) *configKit {
	if h.Sample == nil {
		h.Sample = ConfigSample()
	}
	return &configKit{recorder: r, IConfig: h.Config, sample: h.Sample}
}

// session returns a session, which must not be nil.
func (k *configKit) session(name string) interfaces.IConfigSession {
	session := k.GetSession(name)
	if session == nil {
		k.Fatalf("GetSession(%q) is nil", name)
	}
	return session
}

// fullSession returns the name of the session of the sample with the most
// keys, and its keys, sorted.
func (k *configKit) fullSession() (name string, keys []string) {
	for _, candidate := range slices.Sorted(maps.Keys(k.sample)) {
		if len(k.sample[candidate]) > len(keys) {
			name, keys = candidate, slices.Sorted(maps.Keys(k.sample[candidate]))
		}
	}
	if len(keys) < 2 {
		k.Fatalf("the harness's sample has no session with two keys")
	}
	return name, keys
}

// want asks for a value that has to be there.
func (k *configKit) want(session interfaces.IConfigSession, key, want, when string) {
	if got, ok := session.GetValue(key); !ok || got != want {
		k.Errorf("GetValue(%q) %s = %s, %t; want %s", key, when, short(got), ok, short(want))
	}
}

// wantNone asks for a value that must not be there.
func (k *configKit) wantNone(session interfaces.IConfigSession, key, when string) {
	if got, ok := session.GetValue(key); ok || got != "" {
		k.Errorf("GetValue(%q) %s = %s, %t; want none", key, when, short(got), ok)
	}
}

// wantKeys compares a session's keys.
func (k *configKit) wantKeys(session interfaces.IConfigSession, want []string, when string) {
	if got := session.ListKeys(); !slices.Equal(got, want) {
		k.Errorf("ListKeys %s = %q, want %q", when, got, want)
	}
}
