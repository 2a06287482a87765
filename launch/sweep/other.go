//go:build !linux

package sweep

// Dispatch is false: there is no sweeper without Linux.
func Dispatch() bool { return false }
