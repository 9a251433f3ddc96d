package interfacestest

// ConfigCheckNames returns the names of all checks of the configurations' kit.
func ConfigCheckNames() []string { return checkNames(configChecks()) }

// LoggerCheckNames returns the names of all checks of the loggers' kit.
func LoggerCheckNames() []string { return checkNames(loggerChecks()) }

func checkNames[H any](checks []check[H]) []string {
	var names []string
	for _, c := range checks {
		names = append(names, c.name)
	}
	return names
}
