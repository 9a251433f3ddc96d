package cli_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/fivcglue/fivcglue-go/cli"
	"github.com/fivcglue/fivcglue-go/component"
)

// onTerminal runs a command whose output is a terminal, and returns the exit
// code and what a person would see.
func onTerminal(t *testing.T, args ...string) (code int, seen string) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this system gives no terminal: %v", err)
	}
	defer person.Close()
	var number, unlock uint32
	for request, argument := range map[uintptr]*uint32{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &number} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, person.Fd(), request, uintptr(unsafe.Pointer(argument))); errno != 0 {
			t.Fatal(errno)
		}
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	program := cli.Program{Name: "fivcglue", Registry: component.DefaultRegistry(), Out: terminal, Err: terminal}
	code = cli.Run(t.Context(), program, args)

	// What a terminal was given comes in pieces, so its end is marked.
	const end = "\x04end"
	if _, err := terminal.WriteString(end); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for piece := make([]byte, 1<<12); !strings.HasSuffix(all.String(), end); {
		n, err := person.Read(piece)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(piece[:n])
	}
	if err := terminal.Close(); err != nil {
		t.Fatal(err)
	}
	return code, strings.ReplaceAll(strings.TrimSuffix(all.String(), end), "\r\n", "\n")
}

func TestTerminal(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"config.yml": "- class: config.Values\n  entries: [{interface: interfaces.IConfig}]\n",
		"bad.yml":    "- class: memory.Cach\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name, command, variable, value string
		want                           string
	}{
		{"a table", "list --offline config.yml", "TERM", "xterm", "\x1b[1mINTERFACE           NAME  CLASS          PLACE\x1b[0m\ninterfaces.IConfig  ''    config.Values  config.yml:1\n"},
		{"without colour", "list --offline config.yml", "NO_COLOR", "1", "INTERFACE           NAME  CLASS          PLACE\ninterfaces.IConfig  ''    config.Values  config.yml:1\n"},
		{"a dumb terminal", "check config.yml", "TERM", "dumb", "config.yml: 1 item, no problems\n"},
		{"no problems", "check config.yml", "TERM", "xterm", "config.yml: 1 item, \x1b[32mno problems\x1b[0m\n"},
		{"JSON", "check --format json config.yml", "TERM", "xterm", "[]\n"},
		{"problems on stderr", "list bad.yml", "TERM", "xterm", "\x1b[1mbad.yml:1:10:\x1b[0m"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", "")
			t.Setenv(test.variable, test.value)
			if _, got := onTerminal(t, strings.Fields(test.command)...); !strings.HasPrefix(got, test.want) {
				t.Errorf("a person sees %q, want %q", got, test.want)
			}
		})
	}
}
