package builder

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/fivcglue/fivcglue-go/internal/document"
)

// Source is where a configuration is read from: a file, a reader, or a file of
// an fs.FS. The zero Source is none and gives an error.
type Source struct {
	name   string
	format string // as the caller said, "" if the name's extension tells
	fixed  bool   // the format is known, whatever the builder was told
	open   func() (io.ReadCloser, error)
	folder folder
}

// File returns the file of that name as a source. The files that its values
// name are relative to its folder.
func File(name string) Source {
	return Source{name: name, folder: folder{dir: filepath.Dir(name)}, open: func() (io.ReadCloser, error) { return os.Open(name) }}
}

// Reader returns r as a source, which can be read once. name is what messages
// call it; format is "yaml", "yml" or "json", or "" if the extension of name
// tells. The files that its values name are relative to the working directory.
func Reader(name, format string, r io.Reader) Source {
	return Source{name: name, format: format, folder: folder{dir: "."}, open: func() (io.ReadCloser, error) { return io.NopCloser(r), nil }}
}

// FileFS returns the file of that name in fsys as a source. The files that its
// values name are relative to its folder, in fsys too.
func FileFS(fsys fs.FS, name string) Source {
	return Source{
		name: name, folder: folder{fsys: fsys, dir: path.Dir(name)},
		open: func() (io.ReadCloser, error) { return fsys.Open(name) },
	}
}

// folder is where the files stand that the values of a source name.
type folder struct {
	fsys fs.FS // nil for the disk
	dir  string
}

// read returns what a file holds whose name is relative to the folder.
func (f folder) read(name string) ([]byte, error) {
	open := func() (fs.File, error) { return f.fsys.Open(path.Join(f.dir, name)) }
	if f.fsys == nil {
		open = func() (fs.File, error) { return os.Open(f.onDisk(name)) }
	}
	file, err := open()
	if err != nil {
		return nil, err
	}
	return readLimited(file, maxReferenced)
}

func (f folder) onDisk(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.dir, name)
}

// from returns the name by which the file that is called name in f is found
// from base: relative, else absolute, or as it is if nothing leads there.
func (f folder) from(base folder, name string) string {
	switch {
	case f.fsys == nil && base.fsys == nil:
		if filepath.IsAbs(name) || f.dir == base.dir {
			return name
		}
		file := f.onDisk(name)
		if found, err := filepath.Rel(base.dir, file); err == nil {
			return filepath.ToSlash(found)
		}
		absolute, err := filepath.Abs(file)
		if err != nil {
			return name
		}
		if dir, err := filepath.Abs(base.dir); err == nil {
			if found, err := filepath.Rel(dir, absolute); err == nil {
				return filepath.ToSlash(found)
			}
		}
		return filepath.ToSlash(absolute)
	case f.fsys != nil && f.dir != base.dir && sameFS(f.fsys, base.fsys):
		if found, err := filepath.Rel(base.dir, path.Join(f.dir, name)); err == nil {
			return filepath.ToSlash(found)
		}
	}
	return name
}

// sameFS reports whether two file systems are one. Not all can be compared.
func sameFS(a, b fs.FS) bool {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	switch {
	case b == nil || va.Type() != vb.Type():
		return false
	case va.Kind() == reflect.Map:
		return va.Pointer() == vb.Pointer()
	}
	return va.Comparable() && a == b
}

// errTooLarge says that a file is above its budget.
var errTooLarge = errors.New("it is too large")

func readLimited(r io.ReadCloser, limit int64) ([]byte, error) {
	defer r.Close()
	var data bytes.Buffer
	if sized, ok := r.(interface{ Stat() (fs.FileInfo, error) }); ok {
		if info, err := sized.Stat(); err == nil {
			data.Grow(int(min(info.Size(), limit)) + bytes.MinRead)
		}
	}
	_, err := data.ReadFrom(io.LimitReader(r, limit+1))
	if err == nil && int64(data.Len()) > limit {
		return nil, errTooLarge
	}
	return data.Bytes(), err
}

// layer is one source as it was read. Several are layers of one configuration.
type layer struct {
	*document.Document
	order  int    // its place among the sources
	folder folder // in which the files stand that its values name
	base   folder // that of the first source

	line       []rune // that of lineNumber, which was looked at last: it may have thousands of references
	lineNumber int32
}

// read returns the source as a layer. On a problem, which is reported, it may
// have no root.
func (b *Builder) read(s Source, order int, report func(d *layer, at document.Place, message, suggestion string)) *layer {
	d := &layer{Document: &document.Document{Name: s.name}, order: order, folder: s.folder}
	problem := func(at document.Place, message, suggestion string) { report(d, at, message, suggestion) }
	if s.open == nil {
		problem(document.Place{}, "there is no source", "")
		return d
	}
	format, err := b.formatOf(s)
	if err != nil {
		problem(document.Place{}, err.Error(), "")
		return d
	}
	var data []byte
	r, err := s.open()
	if err == nil {
		data, err = readLimited(r, document.MaxSize)
	}
	switch {
	case errors.Is(err, errTooLarge):
		problem(document.Place{}, fmt.Sprintf("the file is larger than %d MiB", document.MaxSize>>20), "")
		return d
	case err != nil:
		problem(document.Place{}, "the file cannot be read: "+document.Reason(err), "")
		return d
	}
	d.Document = document.Read(s.name, format, data, problem)
	if d.Complete && (d.Root == nil || d.Root.Kind == document.Null) {
		problem(document.Place{Line: 1, Column: 1}, "the file is empty; it should hold a list of items", "")
		d.Root = nil
	}
	return d
}

// formatOf returns the format of a source: what the builder was told, else what
// the source was, else what its extension says.
func (b *Builder) formatOf(s Source) (string, error) {
	format := b.format
	if format == "" || s.fixed {
		format = s.format
	}
	if format == "" {
		format = strings.TrimPrefix(filepath.Ext(s.name), ".")
	}
	switch strings.ToLower(format) {
	case "json":
		return document.JSON, nil
	case "yaml", "yml":
		return document.YAML, nil
	case "":
		return "", errors.New("the name does not tell the format; say json or yaml")
	}
	return "", fmt.Errorf("the format %q is not known; say json or yaml", format)
}
