package redis

import (
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// received is a message as the server gave it.
type received struct {
	id      string
	body    []byte
	attempt int
	time    time.Time
}

// entriesOf gives the entries in the answer to a read of one stream, which is
// a map or a list of pairs, as the version of the protocol has it.
func entriesOf(reply any) []any {
	var entries any
	switch reply := reply.(type) {
	case map[any]any:
		for _, entries = range reply {
			break
		}
	case []any:
		if len(reply) > 0 {
			if pair, ok := reply[0].([]any); ok && len(pair) == 2 {
				entries = pair[1]
			}
		}
	}
	list, _ := entries.([]any)
	return list
}

// parseEntry reads an entry of a stream: an ID and the list of its fields and
// their values.
func parseEntry(entry any, attempt int) (received, bool) {
	pair, ok := entry.([]any)
	if !ok || len(pair) != 2 {
		return received{}, false
	}
	id, ok := pair[0].(string)
	fields, isList := pair[1].([]any)
	if !ok || !isList {
		return received{}, false
	}
	r := received{id: id, attempt: attempt, time: timeOf(id)}
	for i := 0; i+1 < len(fields); i += 2 {
		name, _ := fields[i].(string)
		value, _ := fields[i+1].(string)
		r.set(name, value)
	}
	return r, true
}

// receivedFrom is m, delivered for the first time.
func receivedFrom(m goredis.XMessage) received {
	r := received{id: m.ID, attempt: 1, time: timeOf(m.ID)}
	for name, value := range m.Values {
		if text, ok := value.(string); ok {
			r.set(name, text)
		}
	}
	return r
}

func (r *received) set(name, value string) {
	switch name {
	case "b":
		r.body = []byte(value)
	case "t":
		r.time = millis(value)
	}
}

// timeOf is the time at which the server gave an ID.
func timeOf(id string) time.Time {
	ms, _, _ := strings.Cut(id, "-")
	return millis(ms)
}

// millis reads a time in milliseconds; what is none is the zero time.
func millis(text string) time.Time {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
