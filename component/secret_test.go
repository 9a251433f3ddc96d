package component_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/fivcglue/fivcglue-go/component"
)

func TestSecretPrintsNowhere(t *testing.T) {
	const password = "hunter2"
	secret := component.NewSecret(password)
	type login struct {
		User   string
		Secret component.Secret
		Often  []component.Secret
		ByName map[string]*component.Secret
		hidden component.Secret
	}
	l := login{"rex", secret, []component.Secret{secret}, map[string]*component.Secret{"a": &secret}, secret}
	var printed strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T", "%U", "%c", "%b", "%e", "%20s", "%-5v"} {
		fmt.Fprintf(&printed, verb+verb+verb+verb+"\n", secret, &secret, l, &l)
	}
	if got := fmt.Sprintf("%v %x %q", secret, secret, struct{ S component.Secret }{secret}); got != "[redacted] [redacted] {[redacted]}" {
		t.Errorf("printed as %s", got)
	}
	text, err := json.Marshal(l)
	if err != nil || strings.Count(string(text), "[redacted]") != 3 {
		t.Errorf("as JSON: %s, %v", text, err)
	}
	printed.Write(text)
	slog.New(slog.NewTextHandler(&printed, nil)).Info("login", "secret", secret, "login", l, "pointer", &secret)
	slog.New(slog.NewJSONHandler(&printed, nil)).Info("login", "secret", secret, "login", l, "pointer", &secret)
	if strings.Contains(printed.String(), password) || strings.Contains(printed.String(), fmt.Sprintf("%x", password)) {
		t.Errorf("it shows:\n%s", &printed)
	}
}

func TestSecretReveals(t *testing.T) {
	var s component.Secret
	if s.Reveal() != "" || !s.IsEmpty() {
		t.Errorf("the zero Secret reveals %q", s.Reveal())
	}
	must(t, s.UnmarshalText([]byte("hunter2")))
	if s.Reveal() != "hunter2" || s.IsEmpty() {
		t.Errorf("it reveals %q", s.Reveal())
	}
	text, _ := s.MarshalText()
	if err := s.UnmarshalText(text); err == nil || s.Reveal() != "hunter2" {
		t.Errorf("its own placeholder was taken for a secret: %v", err)
	}
}
