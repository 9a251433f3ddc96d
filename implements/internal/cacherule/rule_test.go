package cacherule_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/implements/internal/cacherule"
	"github.com/fivcglue/fivcglue-go/interfaces"
)

func TestCheckKey(t *testing.T) {
	largest := strings.Repeat("k", interfaces.MaxKeySize)
	for key, valid := range map[string]bool{"": false, "k": true, "\x00": true, "\xff": true, largest: true, largest + "k": false} {
		err := cacherule.CheckKey(key)
		if valid && err != nil || !valid && !errors.Is(err, interfaces.ErrInvalid) {
			t.Errorf("CheckKey of %d bytes = %v, want valid: %t", len(key), err, valid)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("the message has %d bytes", len(err.Error()))
		}
		if several := cacherule.CheckKeys([]string{"a", key, "b"}); (several == nil) != valid {
			t.Errorf("CheckKeys with a key of %d bytes = %v, want valid: %t", len(key), several, valid)
		}
	}
	if err := cacherule.CheckKeys(nil); err != nil {
		t.Errorf("CheckKeys of none = %v", err)
	}
}

func TestExpire(t *testing.T) {
	const largest = math.MaxInt64 / 1_000_000 * 1_000_000 * time.Nanosecond
	for expire, want := range map[time.Duration]time.Duration{
		math.MinInt64:                  0,
		-time.Second:                   0,
		-1:                             0,
		0:                              0,
		1:                              0,
		time.Millisecond - 1:           0,
		time.Millisecond:               time.Millisecond,
		time.Millisecond + 1:           2 * time.Millisecond,
		2*time.Millisecond - 1:         2 * time.Millisecond,
		1500 * time.Millisecond:        1500 * time.Millisecond,
		largest - 1:                    largest,
		largest:                        largest,
		largest + 1:                    largest,
		math.MaxInt64:                  largest,
		largest - time.Millisecond:     largest - time.Millisecond,
		largest - time.Millisecond - 1: largest - time.Millisecond,
	} {
		got, err := cacherule.Expire(expire)
		if got != want {
			t.Errorf("Expire(%d) = %d, want %d", expire, got, want)
		}
		if (want == 0) != errors.Is(err, interfaces.ErrInvalid) || want != 0 && err != nil {
			t.Errorf("Expire(%d) error = %v", expire, err)
		}
	}
}

func TestCheckStore(t *testing.T) {
	for _, test := range []struct {
		name   string
		keys   []string
		expire time.Duration
		want   time.Duration
		err    error
	}{
		{"good", []string{"a", "b"}, time.Second + 1, time.Second + time.Millisecond, nil},
		{"a key that is empty", []string{"a", "", "b"}, time.Second, 0, interfaces.ErrInvalid},
		{"an expire of zero", []string{"a", "b"}, 0, 0, interfaces.ErrInvalid},
		{"nothing", nil, time.Second, 0, nil},
		{"nothing with an expire of zero", nil, 0, 0, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			values := make(map[string][]byte)
			var firstErr error
			for _, key := range test.keys {
				values[key] = nil
				expire, err := cacherule.CheckStore(key, test.expire)
				if err == nil && expire != test.want && test.err == nil {
					t.Errorf("CheckStore(%q) = %v, want %v", key, expire, test.want)
				}
				if firstErr == nil {
					firstErr = err
				}
			}
			if !errors.Is(firstErr, test.err) {
				t.Errorf("CheckStore of each: %v, want %v", firstErr, test.err)
			}
			if got, err := cacherule.CheckStoreAll(values, test.expire); got != test.want || !errors.Is(err, test.err) {
				t.Errorf("CheckStoreAll = %v, %v; want %v, %v", got, err, test.want, test.err)
			}
		})
	}
}

func TestAbout(t *testing.T) {
	err := cacherule.About(strings.Repeat("k", 1000), interfaces.ErrUnavailable)
	if !errors.Is(err, interfaces.ErrUnavailable) || len(err.Error()) > 200 || !strings.Contains(err.Error(), `"kkk`) {
		t.Errorf("About = %v, want the beginning of the key and what it wraps", err)
	}
}

func TestMiss(t *testing.T) {
	err := cacherule.Miss("user:1")
	if !errors.Is(err, interfaces.ErrMiss) || errors.Is(err, interfaces.ErrInvalid) {
		t.Errorf("Miss = %v, want ErrMiss alone", err)
	}
	if want := `cache key "user:1": no such key`; err.Error() != want {
		t.Errorf("Miss = %q, want %q", err, want)
	}
}
