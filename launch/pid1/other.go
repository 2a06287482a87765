//go:build !linux

package pid1

// Dispatch is false: there is no init without Linux.
func Dispatch() (status int, ok bool) { return 0, false }
