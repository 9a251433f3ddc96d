package file

import "os"

// Config is the configuration of a YAML or a JSON.
type Config struct {
	// File is the path of the file, relative to the working directory. ""
	// is what the environment names, CONFIG_YAML for a YAML and CONFIG_JSON
	// for a JSON, else .env.yml or .env.json.
	File string `mapstructure:"file" doc:"path of the file; by default what CONFIG_YAML or CONFIG_JSON names, else .env.yml or .env.json"`

	// Required makes it an error that the file is not there.
	Required bool `mapstructure:"required" doc:"whether it is an error that the file is not there"`
}

// origin is where a file's name comes from where its configuration has none.
type origin struct {
	variable string // of the environment, which is read and never written
	fallback string // the name without it
}

// path returns the name of the file, and the variable that gave it, if one
// did.
func (c Config) path(from origin) (path, variable string) {
	if c.File != "" {
		return c.File, ""
	}
	if path := os.Getenv(from.variable); path != "" {
		return path, from.variable
	}
	return from.fallback, ""
}
