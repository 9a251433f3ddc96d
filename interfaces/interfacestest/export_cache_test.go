package interfacestest

// CacheCheckNames returns the names of all checks of a cache.
func CacheCheckNames() []string {
	var names []string
	for _, c := range cacheChecks() {
		names = append(names, c.name)
	}
	return names
}
