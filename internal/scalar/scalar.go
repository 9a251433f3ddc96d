// Package scalar turns the text of a configuration's scalar into a Go value.
//
// The destination decides what a text means: a string takes it as it stands,
// a whole number has one spelling, a duration says its unit or is a number of
// seconds. Errors are in the words of whoever wrote the file. They name
// neither a Go type nor the text itself, which may be a secret: a caller adds
// it where it may be shown.
package scalar

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// ErrUnsupported says that a destination is none that a single text can be
// read into: a struct, a list, a map. It is the caller's mistake, not that of
// whoever wrote the file.
var ErrUnsupported = errors.New("cannot be given as one value")

var (
	durationType        = reflect.TypeFor[time.Duration]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// Set reads text into dst, which must be settable: a string, a bool, a number
// of any size, a time.Duration, a type that unmarshals text, a pointer to one
// of them, a []byte, or an empty interface (see Natural). quoted says that the
// text stood in quotes; a text without quotes that means null (see IsNull)
// leaves dst as it is. On an error dst is as it was.
func Set(dst reflect.Value, text string, quoted bool) error {
	if !quoted && IsNull(text) {
		return nil
	}
	if dst.Kind() == reflect.Pointer {
		return setPointer(dst, text)
	}
	if dst.CanAddr() && dst.Addr().Type().Implements(textUnmarshalerType) {
		return setUnmarshaler(dst, text)
	}
	if dst.Type() == durationType {
		d, err := Duration(text)
		if err == nil {
			dst.SetInt(int64(d))
		}
		return err
	}
	switch dst.Kind() {
	case reflect.String:
		dst.SetString(text)
		return nil
	case reflect.Bool:
		b, err := Bool(text)
		if err == nil {
			dst.SetBool(b)
		}
		return err
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return setInt(dst, text)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return setUint(dst, text)
	case reflect.Float32, reflect.Float64:
		f, err := parseFloat(text, dst.Type().Bits())
		if err == nil {
			dst.SetFloat(f)
		}
		return err
	case reflect.Slice:
		if dst.Type().Elem().Kind() == reflect.Uint8 {
			dst.SetBytes([]byte(text))
			return nil
		}
	case reflect.Interface:
		if dst.NumMethod() == 0 {
			dst.Set(reflect.ValueOf(Natural(text, quoted)))
			return nil
		}
	}
	return ErrUnsupported
}

// IsNull reports whether text, standing without quotes, means that there is no
// value.
func IsNull(text string) bool {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// Natural returns what text means where nothing else says so: true or false, a
// whole number that fits int, a decimal number, else the text. A text in quotes
// is a string, and null is nil.
func Natural(text string, quoted bool) any {
	if quoted {
		return text
	}
	if IsNull(text) {
		return nil
	}
	switch text {
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	if i, err := parseInt(text, strconv.IntSize); err == nil {
		return int(i)
	}
	if f, err := parseFloat(text, 64); err == nil {
		return f
	}
	return text
}

// Bool reads true and false, and yes, no, on and off, which mean the same to
// the YAML of many programs. Their case may be lower, upper or as in a title.
func Bool(text string) (bool, error) {
	switch text {
	case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON":
		return true, nil
	case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF":
		return false, nil
	}
	return false, errors.New("must be true or false")
}

// Duration reads a time with its unit, such as 5s, 250ms or 1h30m, or a number
// of seconds, such as 5 or 0.5. It refuses what is negative.
func Duration(text string) (time.Duration, error) {
	d, err := parseDuration(text)
	if err == nil && d < 0 {
		return 0, errors.New("must not be negative")
	}
	return d, err
}

func parseDuration(text string) (time.Duration, error) {
	problem := errors.New("must be a duration, such as 5s or 250ms, or a number of seconds")
	if isDecimal(text) {
		if padded(text) {
			return 0, errors.New("must be a duration; a number of seconds has no leading zeros")
		}
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil || math.Abs(seconds) >= math.MaxInt64/float64(time.Second) {
			return 0, errors.New("must be a duration of at most 292 years")
		}
		d := time.Duration(math.Round(seconds * float64(time.Second)))
		if d == 0 && seconds != 0 {
			return 0, errors.New("must be a duration of at least one nanosecond")
		}
		return d, nil
	}
	d, err := time.ParseDuration(text)
	if err == nil {
		return d, nil
	}
	if strings.ContainsAny(text, "0123456789") && onlyUnits(text) {
		return 0, errors.New("must be a duration of at most 292 years")
	}
	return 0, problem
}

// onlyUnits reports whether text looks like a duration that is too long.
func onlyUnits(text string) bool {
	if last := text[len(text)-1]; last != 's' && last != 'm' && last != 'h' {
		return false
	}
	return strings.Trim(text, "0123456789.") != text && strings.TrimLeft(text, "0123456789.hmsnuµ-") == ""
}

func setPointer(dst reflect.Value, text string) error {
	target := reflect.New(dst.Type().Elem())
	if err := Set(target.Elem(), text, true); err != nil {
		return err
	}
	dst.Set(target)
	return nil
}

func setUnmarshaler(dst reflect.Value, text string) error {
	fresh := reflect.New(dst.Type())
	if err := unmarshal(fresh.Interface().(encoding.TextUnmarshaler), text); err != nil {
		if text != "" && strings.Contains(err.Error(), text) {
			return errors.New("is not valid")
		}
		return err
	}
	dst.Set(fresh.Elem())
	return nil
}

// unmarshal has a type that is not ours read text, and bears its panic. What was
// given to panic may have the text in it and is not told.
func unmarshal(dst encoding.TextUnmarshaler, text string) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("cannot be read: its type panicked")
		}
	}()
	return dst.UnmarshalText([]byte(text))
}

func setInt(dst reflect.Value, text string) error {
	i, err := parseInt(text, dst.Type().Bits())
	if err == nil {
		dst.SetInt(i)
	}
	return err
}

func parseInt(text string, bits int) (int64, error) {
	if err := wholeNumber(text); err != nil {
		return 0, err
	}
	i, err := strconv.ParseInt(text, 10, bits)
	if err != nil {
		return 0, fmt.Errorf("must be a whole number from %d to %d", int64(-1)<<(bits-1), int64(1)<<(bits-1)-1)
	}
	return i, nil
}

func setUint(dst reflect.Value, text string) error {
	if err := wholeNumber(text); err != nil {
		return err
	}
	bits := dst.Type().Bits()
	u, err := strconv.ParseUint(strings.TrimPrefix(text, "-"), 10, bits)
	if err != nil || text[0] == '-' && u != 0 {
		return fmt.Errorf("must be a whole number from 0 to %d", uint64(math.MaxUint64)>>(64-bits))
	}
	dst.SetUint(u)
	return nil
}

// wholeNumber refuses what is not written in plain decimal digits. Octal,
// hexadecimal and grouped numbers mean different things to different readers.
func wholeNumber(text string) error {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return errors.New("must be a whole number")
	}
	if padded(text) {
		return errors.New("must be a whole number without leading zeros")
	}
	return nil
}

func parseFloat(text string, bits int) (float64, error) {
	if !isDecimal(text) {
		return 0, errors.New("must be a number")
	}
	if padded(text) {
		return 0, errors.New("must be a number without leading zeros")
	}
	f, err := strconv.ParseFloat(text, bits)
	if errors.Is(err, strconv.ErrRange) {
		return 0, errors.New("must be a number that is not as large")
	}
	if err != nil {
		return 0, errors.New("must be a number")
	}
	return f, nil
}

// isDecimal reports whether text is a decimal number, with or without fraction
// and exponent; not hexadecimal, infinite, grouped or with a leading plus.
func isDecimal(text string) bool {
	mantissa, exponent, hasExponent := text, "", false
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, exponent, hasExponent = text[:i], text[i+1:], true
	}
	if hasExponent && !isDigits(strings.TrimLeft(exponent[:min(1, len(exponent))], "+-")+exponent[min(1, len(exponent)):]) {
		return false
	}
	whole, fraction, hasPoint := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	if hasPoint {
		return isDigits(whole+fraction) && whole+fraction != ""
	}
	return isDigits(whole)
}

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

func padded(text string) bool {
	text = strings.TrimPrefix(text, "-")
	return len(text) > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9'
}
