package document

import (
	"errors"
	"io/fs"
	"syscall"
)

// Reason says in plain words why a file cannot be read, without its name.
func Reason(err error) string {
	var at *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	case errors.Is(err, syscall.EISDIR), errors.As(err, &at) && at.Err.Error() == syscall.EISDIR.Error(): // the latter of an embedded file system
		return "it is a directory"
	case errors.As(err, &at):
		return at.Err.Error()
	}
	return err.Error()
}
