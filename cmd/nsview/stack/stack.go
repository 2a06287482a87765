// Package stack gives nsview's first goroutine a large stack at once. Go would
// double it time and again, and look each function that is running up in its
// tables every time: half a megabyte of them would come into memory for that.
// As it imports nothing, the package is initialised before most others.
package stack

// enough for the deepest call of nsview run, and not to be noticed otherwise.
const enough = 30 << 10

func init() { grow(0) }

// grow needs that much of the stack.
//
//go:noinline
func grow(i int) byte {
	var room [enough]byte
	return room[i]
}
