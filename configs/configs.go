// Package configs holds ready-made configurations, embedded in the program.
// They are what a builder loads when it is given no file, what the
// demonstration runs on, and files to start one's own from:
//
//	basics   what a program usually wants: settings files, a logger, a Redis cache
//	demo     the caches of the demonstration, one of each kind
//	memory   everything in this process; no server is needed
//	redis    a cache and its settings from the environment
//
// Each is loaded by a test over the built-in classes.
package configs

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Basics is the name of the configuration that stands for an empty filename.
const Basics = "basics"

//go:embed *.yml
var files embed.FS

// Open returns the text of the configuration of that name, with or without
// its extension: "redis" and "redis.yml" are the same. The bytes are the
// caller's own. The error of a name that is not there matches fs.ErrNotExist
// and lists those that are.
func Open(name string) ([]byte, error) {
	text, err := files.ReadFile(FileName(name))
	if err != nil {
		return nil, fmt.Errorf("no configuration %q among %s: %w", name, strings.Join(Names(), ", "), fs.ErrNotExist)
	}
	return text, nil
}

// FileName returns the name by which messages call a configuration: that of
// its file, such as "redis.yml".
func FileName(name string) string {
	return strings.TrimSuffix(name, extension) + extension
}

// Names returns the names of the configurations, sorted, without extension.
func Names() []string {
	// The pattern is well formed and the file system is in memory: there is
	// no error to be had.
	matches, _ := fs.Glob(files, "*"+extension)
	names := make([]string, 0, len(matches))
	for _, file := range matches {
		names = append(names, strings.TrimSuffix(path.Base(file), extension))
	}
	return names
}

const extension = ".yml"
