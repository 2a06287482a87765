package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// giveBack takes the code that has run so far out of this process's memory: of
// each package its initialisation, with 64 KiB around it, which the kernel maps
// at once. What runs again comes back by itself, from the page cache. It leaves
// an nsview that waits for a container, perhaps for days, with 1.5 MB less.
func giveBack() {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return // it costs memory, nothing else
	}
	for line := range strings.Lines(string(maps)) {
		f := strings.Fields(line) // proc_pid_maps(5): range, permissions, offset, device, inode, path
		if len(f) < 6 || f[1] != "r-xp" || f[4] == "0" {
			continue // not code, or of no file
		}
		from, to, _ := strings.Cut(f[0], "-")
		begin, err1 := strconv.ParseUint(from, 16, strconv.IntSize)
		end, err2 := strconv.ParseUint(to, 16, strconv.IntSize)
		if err1 == nil && err2 == nil {
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(begin), uintptr(end-begin), syscall.MADV_DONTNEED)
		}
	}
}
