package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestWantsColor(t *testing.T) {
	device, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("there are no terminals here: ", err)
	}
	t.Cleanup(func() { _ = device.Close() })
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })

	tests := []struct {
		name, noColor, term string
		out                 io.Writer
		want                bool
	}{
		{"a terminal", "", "xterm", device, true},
		{"a terminal, NO_COLOR", "1", "xterm", device, false},
		{"a terminal that is dumb", "", "dumb", device, false},
		{"a file", "", "xterm", file, false},
		{"a buffer", "", "xterm", &bytes.Buffer{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", test.noColor)
			t.Setenv("TERM", test.term)
			if got := wantsColor(test.out); got != test.want {
				t.Errorf("wantsColor = %v, want %v", got, test.want)
			}
		})
	}
}
