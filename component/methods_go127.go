//go:build go1.27

package component

import "iter"

// Get is the function Get as a method.
func (s *Site) Get[T any](name string) (T, error) { return Get[T](s, name) }

// Query is the function Query as a method.
func (s *Site) Query[T any](name string) (T, bool) { return Query[T](s, name) }

// All is the function All as a method.
func (s *Site) All[T any]() iter.Seq2[string, T] { return All[T](s) }

// Register is the function Register as a method.
func (s *Site) Register[T any](name string, c T) error { return Register[T](s, name, c) }

// Bind is the function Bind as a method.
func (s *Site) Bind[T any](name string) (Ref[T], error) { return Bind[T](s, name) }
