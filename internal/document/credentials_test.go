package document_test

import (
	"testing"

	"github.com/fivcglue/fivcglue-go/internal/document"
)

func TestWithoutCredentials(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "",
		"redis://u:hunter2@h:6379/0":       "redis://[redacted]@h:6379/0",
		"redis://:hunter2@h":               "redis://[redacted]@h",
		"redis://u:p@hunter2@h":            "redis://[redacted]@h",
		"redis://u:p/hunter2@h":            "redis://[redacted]@h",
		"redis://u:hun'ter2@h":             "redis://[redacted]@h",
		`"redis://u:hun\"ter2@h" is wrong`: `"redis://[redacted]@h" is wrong`,
		"https://hunter2@h/path":           "https://[redacted]@h/path",
		"//u:hunter2@h":                    "//[redacted]@h",
		"user:hunter2@127.0.0.1:6379":      "[redacted]@127.0.0.1:6379",
		":hunter2@h":                       "[redacted]@h",
		"(u:hunter2@h)":                    "([redacted]@h)",
		"a=redis://u:hunter2@h":            "a=redis://[redacted]@h",
		"[u:hunter2@a, 'v:hunter3@b']":     "[[redacted]@a, '[redacted]@b']",
		`{"a":"u:hunter2@h","b":"x"}`:      `{"a":"[redacted]@h","b":"x"}`,
		"${U:-redis://u:hunter2@h}":        "${U:-redis://[redacted]@h}",
		"${A:-${B:-u:hunter2@h}}":          "${A:-${B:-[redacted]@h}}",
		"${hunter2:-hunter3@h}":            "[redacted]@h}",
		"u:/hunter2@h":                     "[redacted]@h",
		"u:@h":                             "[redacted]@h",
		"${file:pw}@h":                     "[redacted]@h",
		"üser:hünter2@h, ü":                "[redacted]@h, ü",
		`there is no "x"; see a@b.org`:     `there is no "x"; see a@b.org`,
		"such as redis://user:password@h, not u:hunter2@h": "such as redis://user:password@h, not [redacted]@h",
		"redis://user:password1@h":                         "redis://[redacted]@h",
		"a: b@c":                                           "a: b@c",
		`a: "-----BEGIN PRIVATE KEY-----\nMIIE" # b`:       `a: "[redacted]" # b`,
		"u:hunter2@h: -----BEGIN X-----":                   "[redacted]@h: [redacted]",
		"127.0.0.1:6379":                                   "127.0.0.1:6379",
		"https://unpkg.com/@scope/x":                       "https://unpkg.com/@scope/x",
		"app@2/config.yml:3:5":                             "app@2/config.yml:3:5",
		`"a:b", "c@d"`:                                     `"a:b", "c@d"`,
	} {
		if got := document.WithoutCredentials(text); got != want {
			t.Errorf("of %q is shown %q, want %q", text, got, want)
		}
	}
}
