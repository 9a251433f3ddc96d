package redistest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience is how long a server may take to do as it is told.
const patience = 10 * time.Second

// Options says how a server is set up.
type Options struct {
	Password   string   // of the default user; empty: none is asked for
	AppendOnly bool     // what was written survives Kill, not only Stop
	Config     []string // further lines of redis.conf, such as "maxmemory 2mb"
}

// Server is a redis-server process. Its methods fail the test when they do not
// succeed; they are for the test's own goroutine.
type Server struct {
	t        testing.TB
	binary   string
	dir      string
	port     *port
	password string
	options  Options
	process  *process // nil while it is stopped
}

// New starts a server on a free port of loopback and waits until it answers.
func New(t testing.TB, options Options) *Server {
	t.Helper()
	s := &Server{t: t, binary: Binary(t), dir: t.TempDir(), password: options.Password, options: options}
	t.Cleanup(func() {
		if s.process != nil {
			s.process.kill()
		}
		if s.port != nil {
			s.port.free()
		}
	})
	var err error

	// A program that is none of ours may take the port before the start.
	for range 5 {
		if s.port, err = claimFreePort(); err != nil {
			break
		}
		if err = s.run(); err == nil {
			return s
		}
		s.port.free()
	}
	t.Fatalf("starting redis-server: %v", err)
	return nil
}

// Addr returns host:port, which stay the same when the server is started again.
func (s *Server) Addr() string { return s.port.addr() }

// Port returns the port.
func (s *Server) Port() int { return s.port.number }

// Dir returns the folder that the server works in, which is where a file of
// Options.Config without a path of its own is found.
func (s *Server) Dir() string { return s.dir }

// Stop has the server save its data and end.
func (s *Server) Stop() {
	s.t.Helper()
	s.mustRun()
	if err := s.process.terminate(patience); err != nil {
		s.t.Fatalf("stopping redis-server: %v", err)
	}
	s.process = nil
}

// Kill ends the server at once, as a crash would.
func (s *Server) Kill() {
	s.t.Helper()
	s.mustRun()
	s.process.kill()
	s.process = nil
}

// Start starts a server that was stopped or killed, on the same port and data,
// and waits until it answers.
func (s *Server) Start() {
	s.t.Helper()
	if s.process != nil {
		s.t.Fatal("redis-server is running already")
	}
	if err := s.run(); err != nil {
		s.t.Fatalf("starting redis-server again: %v", err)
	}
}

// Freeze has the process stand still: connections are accepted by the system
// and nothing answers.
func (s *Server) Freeze() {
	s.t.Helper()
	s.mustRun()
	if err := s.process.freeze(); err != nil {
		s.t.Fatalf("freezing redis-server: %v", err)
	}
}

// Thaw ends Freeze and waits until the server answers.
func (s *Server) Thaw() {
	s.t.Helper()
	s.mustRun()
	if err := s.process.thaw(); err != nil {
		s.t.Fatalf("thawing redis-server: %v", err)
	}
	if err := s.ready(); err != nil {
		s.t.Fatalf("redis-server after it was thawed: %v", err)
	}
}

// Flush empties all databases.
func (s *Server) Flush() {
	s.t.Helper()
	s.Do("FLUSHALL")
}

// SetPassword changes what the server asks of the default user; connections
// that are open stay. Empty is none.
func (s *Server) SetPassword(password string) {
	s.t.Helper()
	s.Do("CONFIG", "SET", "requirepass", password)
	s.password = password
}

// Do sends a command on a connection of its own and returns the reply as text,
// the elements of an array one per line, a null as "(nil)".
func (s *Server) Do(args ...string) string {
	s.t.Helper()
	reply, err := s.call(args...)
	if err != nil {
		s.t.Fatalf("redis-server: %s: %v", args[0], err)
	}
	return reply
}

func (s *Server) mustRun() {
	s.t.Helper()
	if s.process == nil {
		s.t.Fatal("redis-server is not running")
	}
}

func (s *Server) run() error {
	lines := []string{
		"bind 127.0.0.1",
		"port " + strconv.Itoa(s.port.number),
		"dir " + s.dir,
		"save 86400 1000000", // Stop saves; nothing does in between
		"enable-debug-command local",
	}
	if s.password != "" {
		lines = append(lines, "requirepass "+strconv.Quote(s.password))
	}
	if s.options.AppendOnly {
		lines = append(lines, "appendonly yes", "appendfsync always")
	}
	lines = append(lines, s.options.Config...)

	file := filepath.Join(s.dir, "redis.conf")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return err
	}

	p, err := startProcess(s.binary, file)
	if err != nil {
		return err
	}
	s.process = p

	if err := s.ready(); err != nil {
		p.kill()
		s.process = nil
		return err
	}
	return nil
}

// ready waits until the process that was started answers at the address. It
// asks for the process's number, for the port may be another server's.
func (s *Server) ready() error {
	want := fmt.Sprintf("process_id:%d\r\n", s.process.pid())
	deadline := time.Now().Add(patience)
	for {
		info, err := s.call("INFO", "server")
		if err == nil && !strings.Contains(info, want) {
			return fmt.Errorf("another server listens on port %d", s.port.number)
		}

		if err == nil {
			var pong string
			if pong, err = s.call("PING"); err == nil && pong == "PONG" {
				return nil
			}
		}

		select {
		case <-s.process.ended:
			return fmt.Errorf("it ended: %s", s.process.output())
		case <-time.After(2 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("no answer for %v: %w", patience, err)
		}
	}
}

func (s *Server) call(args ...string) (string, error) {
	conn, err := net.DialTimeout("tcp", s.Addr(), time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	wire := newWire(conn)
	if s.password != "" {
		if _, err := wire.call("AUTH", s.password); err != nil {
			return "", fmt.Errorf("AUTH: %w", err)
		}
	}
	return wire.call(args...)
}
