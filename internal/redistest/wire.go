package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// wire speaks the second version of the Redis protocol, so that what checks
// the clients does not rest on one of them.
type wire struct {
	conn   net.Conn
	reader *bufio.Reader
}

func newWire(conn net.Conn) *wire {
	return &wire{conn: conn, reader: bufio.NewReader(conn)}
}

func (w *wire) call(args ...string) (string, error) {
	var request strings.Builder
	fmt.Fprintf(&request, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&request, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := io.WriteString(w.conn, request.String()); err != nil {
		return "", err
	}
	return w.reply()
}

func (w *wire) reply() (string, error) {
	line, err := w.reader.ReadString('\n')
	if err != nil {
		return "", err
	}

	line = strings.TrimSuffix(line, "\r\n")
	if line == "" {
		return "", errors.New("an empty line for a reply")
	}

	switch kind, rest := line[0], line[1:]; kind {
	case '+', ':':
		return rest, nil
	case '-':
		return "", errors.New(rest)
	case '$', '*':
		n, err := strconv.Atoi(rest)
		if err != nil {
			return "", fmt.Errorf("length of a reply: %w", err)
		}
		if n < 0 {
			return "(nil)", nil
		}
		if kind == '*' {
			return w.array(n)
		}
		return w.bulk(n)
	default:
		return "", fmt.Errorf("reply of an unknown kind: %q", line)
	}
}

func (w *wire) bulk(n int) (string, error) {
	text := make([]byte, n+len("\r\n"))
	if _, err := io.ReadFull(w.reader, text); err != nil {
		return "", err
	}
	return string(text[:n]), nil
}

func (w *wire) array(n int) (string, error) {
	elements := make([]string, n)
	for i := range elements {
		element, err := w.reply()
		if err != nil {
			return "", err
		}
		elements[i] = element
	}
	return strings.Join(elements, "\n"), nil
}
