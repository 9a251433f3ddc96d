// Package redisglob matches patterns as Redis does in KEYS and SCAN.
//
// It is for whatever has to find the keys that a Redis server would find, and
// differs from path.Match in many ways: a star takes slashes, ^ alone negates
// a class, everything goes by bytes, and no pattern is an error.
package redisglob

// Match reports whether the whole of s matches pattern, which may hold
//
//   - any number of bytes, none included
//     ?       any one byte
//     [abc]   any of these bytes, [a-c] any from the lesser to the greater
//     [^abc]  any byte but these
//     \x      the byte x, in a class too
//
// A class that is not closed ends with the pattern, one that is empty matches
// nothing, and a backslash at the end is itself. It takes time in the order of
// len(pattern) * len(s) at worst, and no memory.
func Match(pattern, s string) bool {
	// Every element but the star takes exactly one byte, so that it is enough
	// to go back to the last star and have it take one more.
	p, i := 0, 0
	star, taken := -1, 0
	for i < len(s) {
		if p < len(pattern) && pattern[p] == '*' {
			star, taken = p, i
			p++
			continue
		}
		if p < len(pattern) {
			if ok, next := matchByte(pattern, p, s[i]); ok {
				p = next
				i++
				continue
			}
		}
		if star < 0 {
			return false
		}
		taken++
		p, i = star+1, taken
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matchByte matches c with the element that begins at pattern[p], which is not
// a star, and returns where the next element begins.
func matchByte(pattern string, p int, c byte) (ok bool, next int) {
	switch pattern[p] {
	case '?':
		return true, p + 1
	case '[':
		return matchClass(pattern, p+1, c)
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
	}
	return pattern[p] == c, p + 1
}

// matchClass matches c with the class whose bracket ends before pattern[p].
func matchClass(pattern string, p int, c byte) (ok bool, next int) {
	negated := p < len(pattern) && pattern[p] == '^'
	if negated {
		p++
	}
	found := false
	for ; p < len(pattern); p++ {
		switch {
		case pattern[p] == '\\' && p+1 < len(pattern):
			p++
			found = found || pattern[p] == c
		case pattern[p] == ']':
			return found != negated, p + 1
		case p+2 < len(pattern) && pattern[p+1] == '-':
			// Whatever follows the hyphen ends the range, ] and \ too.
			low, high := pattern[p], pattern[p+2]
			if low > high {
				low, high = high, low
			}
			found = found || low <= c && c <= high
			p += 2
		default:
			found = found || pattern[p] == c
		}
	}
	return found != negated, p
}
