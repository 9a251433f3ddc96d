package scalar_test

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/internal/scalar"
)

type word string

type strict struct{ text string }

func (s *strict) UnmarshalText(text []byte) error {
	if string(text) == "bad" {
		return errors.New("is not what it should be")
	}
	s.text = string(text)
	return nil
}

func TestSet(t *testing.T) {
	str := "6379"
	tests := []struct {
		name string
		dst  any // the type; its value is what stood there before
		text string
		want any    // nil: an error
		err  string // the whole error
	}{
		{"string takes digits", "", "0777", "0777", ""},
		{"string takes a version", "", "1.10", "1.10", ""},
		{"string takes on", "", "on", "on", ""},
		{"named string", word(""), "x", word("x"), ""},
		{"int", 0, "6379", 6379, ""},
		{"int negative", 0, "-1", -1, ""},
		{"int zero", 7, "0", 0, ""},
		{"int8 largest", int8(0), "127", int8(127), ""},
		{"int8 overflow", int8(0), "128", nil, "must be a whole number from -128 to 127"},
		{"int64 overflow", int64(0), "9223372036854775808", nil, "must be a whole number from -9223372036854775808 to 9223372036854775807"},
		{"int leading zero", 0, "0777", nil, "must be a whole number without leading zeros"},
		{"int fraction", 0, "6379.7", nil, "must be a whole number"},
		{"int bool", 0, "true", nil, "must be a whole number"},
		{"int word", 0, "abc", nil, "must be a whole number"},
		{"int hexadecimal", 0, "0x10", nil, "must be a whole number"},
		{"int grouped", 0, "1_000", nil, "must be a whole number"},
		{"int plus", 0, "+1", nil, "must be a whole number"},
		{"int space", 0, " 1", nil, "must be a whole number"},
		{"int minus alone", 0, "-", nil, "must be a whole number"},
		{"int exponent", 0, "1e3", nil, "must be a whole number"},
		{"int empty", 0, "", nil, "must be a whole number"},
		{"uint16", uint16(0), "65535", uint16(65535), ""},
		{"uint16 overflow", uint16(0), "65536", nil, "must be a whole number from 0 to 65535"},
		{"uint negative", uint8(0), "-1", nil, "must be a whole number from 0 to 255"},
		{"uint64 largest", uint64(0), "18446744073709551615", uint64(math.MaxUint64), ""},
		{"uint64 overflow", uint64(0), "18446744073709551616", nil, "must be a whole number from 0 to 18446744073709551615"},
		{"float", 0.0, "2.5", 2.5, ""},
		{"float whole", 0.0, "2", 2.0, ""},
		{"float exponent", 0.0, "1e-3", 0.001, ""},
		{"float point first", 0.0, ".5", 0.5, ""},
		{"float infinite", 0.0, ".inf", nil, "must be a number"},
		{"float NaN", 0.0, "NaN", nil, "must be a number"},
		{"float hexadecimal", 0.0, "0x1p-2", nil, "must be a number"},
		{"float overflow", float32(0), "1e99", nil, "must be a number that is not as large"},
		{"float leading zero", 0.0, "01.5", nil, "must be a number without leading zeros"},
		{"float bare exponent", 0.0, "1e", nil, "must be a number"},
		{"float signs", 0.0, "1e+-3", nil, "must be a number"},
		{"float point alone", 0.0, ".", nil, "must be a number"},
		{"bool true", false, "true", true, ""},
		{"bool False", true, "False", false, ""},
		{"bool yes", false, "yes", true, ""},
		{"bool OFF", true, "OFF", false, ""},
		{"bool 1", false, "1", nil, "must be true or false"},
		{"bool y", false, "y", nil, "must be true or false"},
		{"duration seconds", time.Duration(0), "5s", 5 * time.Second, ""},
		{"duration milliseconds", time.Duration(0), "250ms", 250 * time.Millisecond, ""},
		{"duration composed", time.Duration(0), "1h30m", 90 * time.Minute, ""},
		{"duration number", time.Duration(0), "5", 5 * time.Second, ""},
		{"duration fraction", time.Duration(0), "0.1", 100 * time.Millisecond, ""},
		{"duration zero", time.Second, "0", time.Duration(0), ""},
		{"duration negative", time.Duration(0), "-5s", nil, "must not be negative"},
		{"duration negative number", time.Duration(0), "-1", nil, "must not be negative"},
		{"duration too long", time.Duration(0), "9999999999", nil, "must be a duration of at most 292 years"},
		{"duration too many hours", time.Duration(0), "9999999999h", nil, "must be a duration of at most 292 years"},
		{"duration too short", time.Duration(0), "1e-10", nil, "must be a duration of at least one nanosecond"},
		{"duration word", time.Duration(0), "soon", nil, "must be a duration, such as 5s or 250ms, or a number of seconds"},
		{"duration word of unit letters", time.Duration(0), "hms", nil, "must be a duration, such as 5s or 250ms, or a number of seconds"},
		{"duration space", time.Duration(0), "5 s", nil, "must be a duration, such as 5s or 250ms, or a number of seconds"},
		{"duration padded", time.Duration(0), "005", nil, "must be a duration; a number of seconds has no leading zeros"},
		{"text unmarshaler", strict{}, "good", strict{"good"}, ""},
		{"text unmarshaler refuses", strict{"old"}, "bad", nil, "is not what it should be"},
		{"text unmarshaler tells the text", netip.Addr{}, "hunter2", nil, "is not valid"},
		{"bytes", []byte(nil), "ab", []byte("ab"), ""},
		{"pointer", (*string)(nil), "6379", &str, ""},
		{"list", []int(nil), "1", nil, "cannot be given as one value"},
		{"struct", struct{}{}, "1", nil, "cannot be given as one value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dst := reflect.New(reflect.TypeOf(tt.dst)).Elem()
			dst.Set(reflect.ValueOf(tt.dst))
			err := scalar.Set(dst, tt.text, true)
			want := tt.want
			if want == nil {
				want = tt.dst // an error leaves it
			}
			if got := dst.Interface(); !reflect.DeepEqual(got, want) {
				t.Errorf("Set(%q) = %#v, want %#v", tt.text, got, want)
			}
			switch {
			case tt.err == "" && err != nil:
				t.Errorf("Set(%q): %v", tt.text, err)
			case tt.err != "" && (err == nil || err.Error() != tt.err):
				t.Errorf("Set(%q): error %q, want %q", tt.text, err, tt.err)
			}
		})
	}
}

func TestSetNull(t *testing.T) {
	for _, text := range []string{"", "~", "null", "Null", "NULL"} {
		dst := "before"
		if err := scalar.Set(reflect.ValueOf(&dst).Elem(), text, false); err != nil || dst != "before" {
			t.Errorf("plain %q: %q, %v; null leaves what was there", text, dst, err)
		}
		if err := scalar.Set(reflect.ValueOf(&dst).Elem(), text, true); err != nil || dst != text {
			t.Errorf("quoted %q: %q, %v", text, dst, err)
		}
	}
}

func TestNatural(t *testing.T) {
	tests := []struct {
		text   string
		quoted bool
		want   any
	}{
		{"6379", false, 6379},
		{"6379", true, "6379"},
		{"2.5", false, 2.5},
		{"true", false, true},
		{"yes", false, "yes"},
		{"0777", false, "0777"},
		{"null", false, nil},
		{"null", true, "null"},
		{"word", false, "word"},
	}
	for _, tt := range tests {
		if got := scalar.Natural(tt.text, tt.quoted); got != tt.want {
			t.Errorf("Natural(%q, %v) = %#v, want %#v", tt.text, tt.quoted, got, tt.want)
		}
		var dst any
		if err := scalar.Set(reflect.ValueOf(&dst).Elem(), tt.text, tt.quoted); err != nil || dst != tt.want {
			t.Errorf("Set(any, %q, %v) = %#v, %v, want %#v", tt.text, tt.quoted, dst, err, tt.want)
		}
	}
}

// FuzzSet holds that nothing panics, that no error shows the text or leaves half
// a value, and that a value written out is read as the same.
func FuzzSet(f *testing.F) {
	for _, text := range []string{"6379", "-1", "0x1", "1e3", "5s", "9h9", "", "~", "hunter2", ".", "1e"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, dst := range []any{new(string), new(int8), new(uint64), new(float64), new(bool), new(time.Duration), new(netip.Addr)} {
			err := scalar.Set(reflect.ValueOf(dst).Elem(), text, true)
			if err != nil && len(text) > 6 && strings.Contains(err.Error(), text) && !strings.Contains("must be a duration, such as 5s or 250ms, or a number of seconds without leading zeros true or false whole from to at most 292 years", text) {
				t.Errorf("the error %q shows the text %q", err, text)
			}
			value := reflect.ValueOf(dst).Elem()
			if err != nil {
				if !value.IsZero() {
					t.Errorf("%q leaves %v with the error %v", text, value, err)
				}
				continue
			}
			var again any
			switch value.Kind() {
			case reflect.String, reflect.Bool, reflect.Int8, reflect.Uint64:
				again = fmt.Sprint(value)
			case reflect.Float64:
				again = strconv.FormatFloat(value.Float(), 'e', -1, 64)
			default:
				continue
			}
			fresh := reflect.New(value.Type()).Elem()
			if err := scalar.Set(fresh, again.(string), true); err != nil || !reflect.DeepEqual(fresh.Interface(), value.Interface()) {
				t.Errorf("%q is %v, which written again is %v, %v", text, value, fresh, err)
			}
		}
	})
}

type panicking struct{}

func (*panicking) UnmarshalText(text []byte) error { panic("it was " + string(text)) }

func TestSetBearsAPanic(t *testing.T) {
	var dst panicking
	err := scalar.Set(reflect.ValueOf(&dst).Elem(), "hunter2", false)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want an error without the text", err)
	}
}
