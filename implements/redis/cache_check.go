package redis

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

func checkEntry(key string, expire time.Duration) error {
	if err := checkKey(key); err != nil {
		return err
	}

	return checkExpire(expire)
}

func checkKey(key string) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: the key is empty", interfaces.ErrInvalid)
	case len(key) > interfaces.MaxKeySize:
		return fmt.Errorf("%w: key %s has %d bytes, and %d is the most", interfaces.ErrInvalid, shown(key), len(key), interfaces.MaxKeySize)
	default:
		return nil
	}
}

func checkKeys(keys []string) error {
	for _, key := range keys {
		if err := checkKey(key); err != nil {
			return err
		}
	}

	return nil
}

func checkExpire(expire time.Duration) error {
	if expire < time.Millisecond {
		return fmt.Errorf("%w: expire is %v, and 1ms is the least", interfaces.ErrInvalid, expire)
	}

	return nil
}

// wholeMilliseconds rounds an expire up to what Redis takes.
func wholeMilliseconds(expire time.Duration) time.Duration {
	rest := expire % time.Millisecond
	if rest == 0 || expire > math.MaxInt64-time.Millisecond {
		return expire - rest
	}

	return expire - rest + time.Millisecond
}

// shown quotes the beginning of a key for a message.
func shown(key string) string {
	const most = 64

	if len(key) > most {
		return strconv.Quote(key[:most]) + "..."
	}

	return strconv.Quote(key)
}
