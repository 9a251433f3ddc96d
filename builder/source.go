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
	"strings"
)

const (
	formatYAML = "yaml"
	formatJSON = "json"
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
	return Source{name: name, folder: diskFolder(filepath.Dir(name)), open: func() (io.ReadCloser, error) { return os.Open(name) }}
}

// Reader returns r as a source, which can be read once. name is what messages
// call it; format is "yaml", "yml" or "json", or "" if the extension of name
// tells. The files that its values name are relative to the working directory.
func Reader(name, format string, r io.Reader) Source {
	return Source{name: name, format: format, folder: diskFolder("."), open: func() (io.ReadCloser, error) { return io.NopCloser(r), nil }}
}

// FileFS returns the file of that name in fsys as a source. The files that its
// values name are relative to its folder, in fsys too.
func FileFS(fsys fs.FS, name string) Source {
	return Source{
		name: name, folder: fsFolder(fsys, path.Dir(name)),
		open: func() (io.ReadCloser, error) { return fsys.Open(name) },
	}
}

// folder reads a file whose name is relative to the folder that it stands for.
type folder func(name string) ([]byte, error)

func diskFolder(dir string) folder {
	return func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		return readLimited(f, maxReferenced)
	}
}

func fsFolder(fsys fs.FS, dir string) folder {
	return func(name string) ([]byte, error) {
		f, err := fsys.Open(path.Join(dir, name))
		if err != nil {
			return nil, err
		}
		return readLimited(f, maxReferenced)
	}
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

// read returns the source as a document. On a problem, which is reported, its
// root is nil.
func (b *Builder) read(s Source, order int, report func(d *document, at place, message, suggestion string)) *document {
	d := &document{name: s.name, order: order, folder: s.folder}
	problem := func(at place, message, suggestion string) { report(d, at, message, suggestion) }
	if s.open == nil {
		problem(place{}, "there is no source", "")
		return d
	}
	var err error
	if d.format, err = b.formatOf(s); err != nil {
		problem(place{}, err.Error(), "")
		return d
	}
	r, err := s.open()
	if err == nil {
		d.data, err = readLimited(r, maxSize)
	}
	if err != nil {
		if errors.Is(err, errTooLarge) {
			err = fmt.Errorf("the file is larger than %d MiB", maxSize>>20)
		} else {
			err = fmt.Errorf("the file cannot be read: %s", reason(err))
		}
		problem(place{}, err.Error(), "")
		return d
	}
	if at, message := d.checkEncoding(); message != "" {
		problem(at, message, "")
		return d
	}
	if d.format == formatJSON {
		d.readJSON(problem)
	} else {
		d.readYAML(problem)
	}
	if d.complete && (d.root == nil || d.root.kind == nullKind) {
		problem(place{1, 1}, "the file is empty; it should hold a list of items", "")
		d.root = nil
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
		return formatJSON, nil
	case "yaml", "yml":
		return formatYAML, nil
	case "":
		return "", errors.New("the name does not tell the format; say json or yaml")
	}
	return "", fmt.Errorf("the format %q is not known; say json or yaml", format)
}

// reason says why a file cannot be read, without its name.
func reason(err error) string {
	var pathError *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	case errors.As(err, &pathError):
		return pathError.Err.Error()
	}
	return err.Error()
}
