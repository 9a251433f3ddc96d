package component

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Class describes an implementation: how a component is made from a config of
// type C, which must be a struct. T is the type of the component; the
// interfaces that it satisfies are those that an item of the class may serve.
//
// The exported fields of C are the keys that an item of the class may have.
// They carry tags: mapstructure:"key", doc:"one line", and required:"true",
// enum:"a,b", min:"1", max:"9" where they serve; secret:"true" says of a field
// that is no Secret, such as a map of any texts, that its values are not to be
// shown. A field without a mapstructure tag has its Go name as key.
type Class[T, C any] struct {
	Name    string   // canonical, "redis.Cache"
	Aliases []string // other names that mean the same
	Summary string   // one line, for listings and schemas

	// Default returns a fresh config with the defaults filled in. Nil means
	// the zero config.
	Default func() C

	// Prepare, which may be nil, changes the defaults before the item's own
	// keys are decoded over them. It may look things up in site.
	Prepare func(ctx context.Context, site *Site, config *C) error

	// New makes a component. A lookup in site builds what it needs first. ctx
	// is the building's: it ends with it, so what lives on must not hang on it.
	New func(ctx context.Context, site *Site, config C) (T, error)
}

// ClassInfo describes a registered class. It must not be changed.
type ClassInfo struct {
	Name      string
	Aliases   []string
	Summary   string
	Component reflect.Type // what New returns
	Config    reflect.Type // a struct type

	hasRefs   bool
	newConfig func() any
	prepare   func(ctx context.Context, site *Site, config any) error
	build     func(ctx context.Context, site *Site, config any) (any, error)
}

// RegisterClass makes class known to r. It returns ErrUnsuitable if r is nil, or
// the class has an empty name, no New, a config that is not a struct, or a
// config key that is reserved or stands twice; and ErrDuplicate if one of its
// names is taken.
func RegisterClass[T, C any](r *Registry, class Class[T, C]) error {
	if r == nil {
		return fmt.Errorf("class %q: %w: the registry is nil", class.Name, ErrUnsuitable)
	}
	config := reflect.TypeFor[C]()
	if err := checkClass(class.New == nil, config); err != nil {
		return fmt.Errorf("class %q: %w: %w", class.Name, ErrUnsuitable, err)
	}
	info := &ClassInfo{
		Name: class.Name, Aliases: slices.Clone(class.Aliases), Summary: class.Summary,
		Component: reflect.TypeFor[T](), Config: config,
		hasRefs: holdsRef(config, nil),
		newConfig: func() any {
			config := new(C)
			if class.Default != nil {
				*config = class.Default()
			}
			return config
		},
		build: func(ctx context.Context, site *Site, config any) (any, error) {
			c, err := class.New(ctx, site, *config.(*C))
			if err != nil {
				return nil, err
			}
			return c, nil
		},
	}
	if class.Prepare != nil {
		info.prepare = func(ctx context.Context, site *Site, config any) error {
			return class.Prepare(ctx, site, config.(*C))
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return enroll(r.classes, "class", class.Name, class.Aliases, info)
}

// NewConfig returns a pointer to a fresh config with the defaults filled in.
func (c *ClassInfo) NewConfig() any { return c.newConfig() }

// HasPrepare reports whether the class has a Prepare, so that a config is not
// complete before the site is being built.
func (c *ClassInfo) HasPrepare() bool { return c.prepare != nil }

// Serves reports whether the components of the class satisfy i.
func (c *ClassInfo) Serves(i *InterfaceInfo) bool { return c.Component.Implements(i.Type) }

var reservedKeys = []string{
	"class", "description", "enabled", "entries", "override", "patch", "start_timeout", "stop_timeout", "wraps",
}

// ReservedKeys returns the keys that mean the same on every item, sorted. No
// config may have a key of these names.
func ReservedKeys() []string { return slices.Clone(reservedKeys) }

func checkClass(lacksNew bool, config reflect.Type) error {
	if lacksNew {
		return errors.New("it has no New")
	}
	if config.Kind() != reflect.Struct {
		return fmt.Errorf("its config is %v, not a struct", config)
	}
	seen := map[string]bool{}
	var problems []error
	for key := range configKeys(config) {
		if slices.Contains(reservedKeys, key) {
			problems = append(problems, fmt.Errorf("its config has the reserved key %q", key))
		}
		if seen[key] {
			problems = append(problems, fmt.Errorf("its config has the key %q twice", key))
		}
		seen[key] = true
	}
	return errors.Join(problems...)
}

// configKeys yields the keys of a config's fields, those of squashed structs
// in their place.
func configKeys(config reflect.Type) func(yield func(string, reflect.StructField) bool) {
	var walk func(t reflect.Type, yield func(string, reflect.StructField) bool) bool
	walk = func(t reflect.Type, yield func(string, reflect.StructField) bool) bool {
		for field := range t.Fields() {
			key, squash := fieldKey(field)
			switch {
			case squash:
				if !walk(field.Type, yield) {
					return false
				}
			case key != "":
				if !yield(key, field) {
					return false
				}
			}
		}
		return true
	}
	return func(yield func(string, reflect.StructField) bool) { walk(config, yield) }
}

// fieldKey returns the key of a field, "" if it has none, and whether the
// field is a struct whose keys stand in its place.
func fieldKey(field reflect.StructField) (key string, squash bool) {
	key, options, _ := strings.Cut(field.Tag.Get("mapstructure"), ",")
	if field.Type.Kind() == reflect.Struct && slices.Contains(strings.Split(options, ","), "squash") {
		return "", true
	}
	switch {
	case !field.IsExported() || key == "-":
		return "", false
	case key == "":
		return field.Name, false
	}
	return key, false
}
