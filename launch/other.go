//go:build !linux

package launch

// Dispatch is false: there are no children without Linux.
func Dispatch() bool { return false }
