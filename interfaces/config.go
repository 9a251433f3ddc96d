package interfaces

// IConfig gives strings by session and key, as a program's settings file has
// them. What it gives was read when the component was built.
type IConfig interface {
	// GetSession returns the session of that name. It is never nil: a
	// session that is not there is empty. Every call returns an object of its
	// own with the values as they were read.
	GetSession(name string) IConfigSession

	// ListSessions returns the names of the sessions, sorted.
	ListSessions() []string
}

// IConfigSession is one named group of settings. Changes stay within the
// object: the file, other sessions and other objects of the same session keep
// their values.
type IConfigSession interface {
	// ListKeys returns the keys that have a value, sorted.
	ListKeys() []string

	// GetValue returns the value of key as it was written, and whether there
	// is one.
	GetValue(key string) (string, bool)

	// SetValue gives key a value in this object.
	SetValue(key, value string)

	// DeleteValue takes key out of this object and reports whether it was
	// there.
	DeleteValue(key string) bool
}
