package config_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
	"github.com/fivcglue/fivcglue-go/implements"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

// A session may hold a password, so a dump shows no value, and builds the same
// once it is told them.
func TestValuesAreNotDumped(t *testing.T) {
	registry := component.NewRegistry()
	if err := implements.Register(registry); err != nil {
		t.Fatal(err)
	}
	load := func(b *builder.Builder, text string) *component.Site {
		site := component.NewSite()
		if err := b.Load(t.Context(), site, builder.Reader("config.yml", "yaml", strings.NewReader(text))); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		return site
	}
	b := builder.New(builder.WithRegistry(registry), builder.WithDefaults(), builder.WithEnvironment(map[string]string{
		"CONFIG_VALUES_SESSIONS_REDIS_PASSWORD": "hunter2",
	}))
	site := load(b, "- class: config.Values\n  entries: [{interface: interfaces.IConfig}]\n  sessions: {redis: {password: hunter2}}\n")
	var dumped bytes.Buffer
	if err := b.Dump(site, &dumped, "yaml"); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(dumped.String(), "hunter2") {
		t.Errorf("the dump shows a value:\n%s", &dumped)
	}
	for _, value := range builder.Values(site.Items()[0]) {
		if strings.Contains(value.Text+value.Written, "hunter2") {
			t.Errorf("the description shows a value: %+v", value)
		}
	}
	config, err := component.Get[interfaces.IConfig](load(b, dumped.String()), "")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := config.GetSession("redis").GetValue("password"); got != "hunter2" {
		t.Errorf("what the dump builds has %q\n%s", got, &dumped)
	}
}

func TestSessionsArePrintedWithoutTheirValues(t *testing.T) {
	values := newValues(t, map[string]map[string]string{"redis": {"password": "hunter2"}})
	session := newOverlay(t, values).GetSession("redis")
	session.SetValue("token", "hunter3")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(verb, session); got != `session "redis"` {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	var text bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "session", session, "config", values)
	slog.New(slog.NewJSONHandler(&text, nil)).Info("x", "session", session, "config", values)
	if strings.Contains(text.String(), "hunter") {
		t.Errorf("a log has %s", &text)
	}
}
