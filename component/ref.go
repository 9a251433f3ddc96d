package component

// Ref is a field of a config that names another entry:
//
//	Cache component.Ref[interfaces.ICache] `mapstructure:"cache" required:"true"`
//
// The site sets it before New is called. It may stand alone, in a slice or as
// the value of a map with string keys, at any depth of structs. The zero Ref
// is not set. A Ref is safe for concurrent use and may be copied.
type Ref[T any] struct {
	slot *slot[T]
	name string
	set  bool
}

// RefTo returns a reference to c itself, for configs made in code.
func RefTo[T any](c T) Ref[T] {
	s := &slot[T]{}
	s.first = c
	s.now.Store(&s.first)
	return Ref[T]{slot: s, set: true}
}

// Get returns the component that the entry has now, or nil if the reference is
// not set, or names an entry and no site has built its config yet.
func (r Ref[T]) Get() T {
	if r.slot == nil {
		var none T
		return none
	}
	return *r.slot.now.Load()
}

// IsSet reports whether the file named an entry. A key that is absent or null
// did not; "" names the unnamed entry.
func (r Ref[T]) IsSet() bool { return r.set }

// Name returns the name of the entry, "" for one made by RefTo.
func (r Ref[T]) Name() string { return r.name }

// MarshalText writes the name of the entry.
func (r Ref[T]) MarshalText() ([]byte, error) { return []byte(r.name), nil }

// UnmarshalText has the reference name an entry. The site binds it when the
// component that has it in its config is built.
func (r *Ref[T]) UnmarshalText(name []byte) error {
	*r = Ref[T]{name: string(name), set: true}
	return nil
}
