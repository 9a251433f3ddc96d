//go:build !unix

package redistest

import "errors"

func (p *process) freeze() error { return errors.New("a process cannot be frozen on this system") }

func (p *process) thaw() error { return nil } // it never was frozen
