package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestToSVG(t *testing.T) {
	picture := string(toSVG("a \x1b[32m<b> µ\x1b[0m  c\n\x1b[1mstrong\x1b[0m\n"))
	for _, want := range []string{
		`<text x="20.0" y="48">a</text>`,
		`<text x="36.8" y="48" class="green">&lt;b&gt; µ</text>`,
		`<text x="95.6" y="48">c</text>`, // after 9 columns, of which one is of two bytes
		`<text x="20.0" y="67" class="strong">strong</text>`,
	} {
		if !strings.Contains(picture, want) {
			t.Errorf("%s is not in\n%s", want, picture)
		}
	}
	if strings.Contains(picture, "\x1b") {
		t.Errorf("an escape sequence is in\n%s", picture)
	}
	decoder := xml.NewDecoder(strings.NewReader(picture))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, picture)
		}
	}
}
