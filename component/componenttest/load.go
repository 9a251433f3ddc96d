package componenttest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fivcglue/fivcglue-go/builder"
	"github.com/fivcglue/fivcglue-go/component"
)

// Load checks that a configuration can be loaded, or every one of a folder:
//
//	func TestConfigs(t *testing.T) { componenttest.Load(t, "configs") }
//
// A file is loaded as builder.LoadComponentSite does with opts. The test ends
// at once, with every problem and its place, if it cannot be. The site is
// returned, and closed when the test ends.
//
// Of a folder each file that ends in .yml, .yaml or .json, but for those that
// begin with a dot, is loaded and closed in a subtest of its name. A folder
// without such files fails the test. Then nil is returned.
//
// No server has to be there for the built-in classes. The classes that the
// files name have to be registered, which importing package implements does
// for those.
func Load(t *testing.T, path string, opts ...builder.Option) *component.Site {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatalf("load a configuration: %v", err)
	}
	if !info.IsDir() {
		return load(t, path, opts)
	}
	files, err := configurations(path)
	if err != nil {
		t.Fatalf("load the configurations of a folder: %v", err)
	}
	if len(files) == 0 {
		t.Fatalf("the folder %s holds no configuration: no .yml, .yaml or .json", path)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) { load(t, filepath.Join(path, file), opts) })
	}
	return nil
}

// configurations returns the names of a folder's files that are taken for
// configurations, sorted.
func configurations(folder string) ([]string, error) {
	all, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, file := range all {
		extension := strings.ToLower(filepath.Ext(file.Name()))
		if !file.IsDir() && !strings.HasPrefix(file.Name(), ".") && slices.Contains([]string{".yml", ".yaml", ".json"}, extension) {
			files = append(files, file.Name())
		}
	}
	return files, nil
}

// closePatience is how long the components may take to close.
const closePatience = 10 * time.Second

func load(t *testing.T, file string, opts []builder.Option) *component.Site {
	t.Helper()
	site, err := builder.LoadComponentSite(file, opts...)
	if err != nil {
		t.Fatalf("cannot be loaded:\n%s", explained(err))
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closePatience)
		defer cancel()
		if err := site.Close(ctx); err != nil {
			t.Errorf("close the site of %s: %v", file, err)
		}
	})
	return site
}

// explained writes problems with the lines that they are in.
func explained(err error) string {
	var problems builder.Diagnostics
	if !errors.As(err, &problems) {
		return err.Error()
	}
	var b strings.Builder
	_ = problems.WriteText(&b, false) // to a Builder there are no errors
	return b.String()
}
