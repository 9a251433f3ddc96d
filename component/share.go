package component

import (
	"io"
	"reflect"
	"sync"
)

type shareKey struct {
	typ reflect.Type
	key any
}

// share is a value that several components of a site use.
type share struct {
	open  sync.Mutex // held while the value is made or closed
	users int        // guarded by state.mu
	value io.Closer
}

// Share gives the components of one site a resource in common, such as a
// client of a server: the first call for a key makes it by open, later ones
// return the same, and the last release closes it. Keys are comparable and
// kept apart by T. An error of open is returned and nothing is kept; the next
// call tries again. release may be called more than once and counts once; it
// returns the error of closing.
//
// Without a site nothing is shared. open must not share the same key.
func Share[T io.Closer](s *Site, key any, open func() (T, error)) (value T, release func() error, err error) {
	if s == nil {
		if value, err = open(); err != nil {
			return value, nil, err
		}
		return value, sync.OnceValue(value.Close), nil
	}
	st := s.state
	k := shareKey{reflect.TypeFor[T](), key}
	st.mu.Lock()
	sh := st.shares[k]
	if sh == nil {
		sh = &share{}
		st.shares[k] = sh
	}
	sh.users++
	st.mu.Unlock()

	sh.open.Lock()
	defer sh.open.Unlock()
	if sh.value == nil {
		opened := false
		defer func() { // also when open panics
			if !opened {
				st.leave(k, sh)
			}
		}()
		if value, err = open(); err != nil {
			return value, nil, err
		}
		sh.value, opened = value, true
	}
	return sh.value.(T), sync.OnceValue(func() error {
		sh.open.Lock()
		defer sh.open.Unlock()
		if last := st.leave(k, sh); !last || sh.value == nil {
			return nil
		}
		return sh.value.Close()
	}), nil
}

// leave takes one user off a share and reports whether it was the last.
func (st *state) leave(k shareKey, sh *share) (last bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	sh.users--
	if sh.users > 0 {
		return false
	}
	delete(st.shares, k)
	return true
}
