package redis

import (
	"context"
	"errors"
	"net"
	"testing"

	goredis "github.com/redis/go-redis/v9"
)

// reply is an error that a server has answered.
type reply string

func (r reply) Error() string { return string(r) }
func (reply) RedisError()     {}

func TestSettledKeepsWhatANodeAnswered(t *testing.T) {
	moved, wrong, lost := reply("MOVED 1 127.0.0.1:1"), reply("WRONGTYPE"), &net.OpError{Op: "read", Err: net.ErrClosed}
	for name, test := range map[string]struct {
		errs []error
		want error
	}{
		"a value":                         {[]error{nil, context.DeadlineExceeded}, nil},
		"no value":                        {[]error{goredis.Nil, context.Canceled}, goredis.Nil},
		"what it has against the call":    {[]error{wrong, context.DeadlineExceeded}, wrong},
		"nothing":                         {[]error{context.DeadlineExceeded}, context.DeadlineExceeded},
		"that another has the key":        {[]error{moved, context.DeadlineExceeded}, context.DeadlineExceeded},
		"after another that has not":      {[]error{moved, nil, context.Canceled}, nil},
		"when it was asked a second time": {[]error{lost, nil}, nil},
		"that it has the value by now":    {[]error{goredis.Nil, nil}, nil},
	} {
		s := &settled{Cmder: goredis.NewStringCmd(t.Context(), "get", "k")}
		for _, err := range test.errs {
			s.SetErr(err)
		}
		if got := s.Err(); !errors.Is(got, test.want) || (got == nil) != (test.want == nil) {
			t.Errorf("%s: the error is %v, want %v", name, got, test.want)
		}
	}
}
