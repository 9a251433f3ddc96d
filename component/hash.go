package component

import "math/bits"

// hash spreads names over a table. Names are the program's own and short, so
// it need not withstand an attacker, and can be a third of a lookup cheaper
// than hash/maphash, whose calls are not inlined.
func hash(s string) uint64 {
	h := uint64(len(s))
	for ; len(s) > 8; s = s[8:] {
		h = mix(h ^ (uint64(load32(s, 0)) | uint64(load32(s, 4))<<32))
	}
	switch {
	case len(s) >= 4: // the two halves may overlap
		h ^= uint64(load32(s, 0)) | uint64(load32(s, len(s)-4))<<32
	case len(s) > 0:
		h ^= uint64(s[0]) | uint64(s[len(s)/2])<<8 | uint64(s[len(s)-1])<<16
	}
	return mix(h)
}

func load32(s string, i int) uint32 {
	s = s[i : i+4]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// mix multiplies by an odd constant, 2^64 divided by the golden ratio, and
// folds the halves of the product.
func mix(h uint64) uint64 {
	high, low := bits.Mul64(h^0x5851f42d4c957f2d, 0x9e3779b97f4a7c15)
	return high ^ low
}
