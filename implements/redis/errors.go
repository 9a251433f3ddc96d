package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

// failure is what a failed attempt at a call says about the call and about the
// server.
type failure int

const (
	answered  failure = iota // the server answered: the error is the call's own affair
	invalid                  // the server refused the call
	locked                   // the server refuses the credentials
	unable                   // the server could not do it now, and is there
	elsewhere                // the server has not done it: another does that now, or soon
	unwell                   // the server cannot do anything now
	timedOut                 // the server was silent for longer than it may be
	lost                     // the connection was lost: the server may have acted
	unsent                   // no connection: the server has not seen the call
)

// replies says what errors mean that a server answers, by their first word.
var replies = map[string]failure{
	"WRONGPASS":   locked,
	"NOAUTH":      locked,
	"OOM":         unable,
	"READONLY":    elsewhere,
	"TRYAGAIN":    elsewhere,
	"BUSY":        unable,
	"MISCONF":     unable,
	"NOREPLICAS":  unable,
	"CLUSTERDOWN": elsewhere,
	"MOVED":       elsewhere,
	"ASK":         elsewhere,
	"LOADING":     unwell,
	"MASTERDOWN":  unwell,
}

func classify(err error) failure {
	if err == nil || err == goredis.Nil { //nolint:errorlint // the common cases, without a search
		return answered
	}
	var (
		reply goredis.Error
		dial  *net.OpError
		slow  net.Error
		node  *nodeError
	)
	if errors.As(err, &node) {
		return node.classify()
	}

	switch {
	case errors.Is(err, goredis.Nil), ours(err):
		return answered
	case errors.As(err, &reply):
		return classifyReply(reply.Error())
	case errors.As(err, &dial) && dial.Op == "dial":
		return unsent
	case errors.Is(err, goredis.ErrPoolTimeout), errors.Is(err, goredis.ErrPoolExhausted):
		return unsent
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &slow) && slow.Timeout():
		return timedOut
	default:
		return lost
	}
}

func classifyReply(text string) failure {
	word, rest, _ := strings.Cut(ofCommand(text), " ")
	if kind, known := replies[word]; known {
		return kind
	}
	switch {
	case strings.HasPrefix(rest, "max number of clients"):
		return unable
	case strings.HasPrefix(rest, "invalid password"), strings.HasPrefix(rest, "operation not permitted"):
		return locked // servers before Redis 6
	case strings.HasPrefix(rest, "Protocol error: unauthenticated"):
		return locked // a call with more arguments than a stranger may send
	default:
		return invalid
	}
}

// ofCommand returns what a server says of a command. Before Redis 7 that stands
// behind words of its own if a script has made the command:
//
//	ERR Error running script (call to f_6b1b): @user_script:4: @user_script: 4: -READONLY You can't write ...
func ofCommand(text string) string {
	if _, inner, found := strings.Cut(text, ": -"); found && strings.HasPrefix(text, "ERR Error running script") {
		return inner
	}
	return text
}

// forbids tells whether a server refuses the user a command, whatever it is
// about: itself, or within a script.
func forbids(err error) bool {
	return strings.Contains(err.Error(), "permissions to run") || strings.Contains(err.Error(), "can't run this command")
}

// ours tells the errors that a call made by itself and that mean what they say.
func ours(err error) bool {
	for _, known := range []error{
		interfaces.ErrMiss, interfaces.ErrUnavailable, interfaces.ErrInvalid, interfaces.ErrHeld,
		interfaces.ErrLost, interfaces.ErrFull, interfaces.ErrClosed,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// sentinel returns the error of package interfaces that a failure is.
func (f failure) sentinel() error {
	switch f {
	case invalid, locked:
		return interfaces.ErrInvalid
	default:
		return interfaces.ErrUnavailable
	}
}

// suspicious tells whether a failure gives reason to look after the server.
func (f failure) suspicious() bool { return f == locked || f >= unwell }

// explain gives an error of go-redis the meaning that it has by the contracts.
// Errors that have one keep it.
func (s settings) explain(op string, err error) error {
	if err == nil || errors.Is(err, goredis.Nil) || ours(err) {
		return err
	}
	return fmt.Errorf("redis at %s: %s: %w: %w", s.place(), op, classify(err).sentinel(), s.scrub(err))
}

// ended is the error of a call whose context is over. silent says that it was
// over while the server was asked.
func (s settings) ended(op string, cause error, silent bool) error {
	if silent && errors.Is(cause, context.DeadlineExceeded) {
		return fmt.Errorf("redis at %s: %s: %w: no answer: %w", s.place(), op, interfaces.ErrUnavailable, cause)
	}
	return fmt.Errorf("redis at %s: %s: %w", s.place(), op, cause)
}

// scrub takes the passwords out of an error. Servers repeat what they did not
// understand, which may be what was meant to log in.
func (s settings) scrub(err error) error {
	text := err.Error()
	for _, secret := range []string{s.password, s.sentinel.password} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}
