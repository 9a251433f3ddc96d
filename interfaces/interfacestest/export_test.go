package interfacestest

// MutexCheckNames returns the names of all checks of the mutexes' kit.
func MutexCheckNames() []string {
	var names []string
	for _, c := range mutexChecks() {
		names = append(names, c.name)
	}
	return names
}
