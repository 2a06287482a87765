//go:build linux

package holders_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// openProbe makes a perf event that is a probe in a file, of this process only
// (perf_event_open(2), the PMU uprobe).
func openProbe(path string) (int, error) {
	text, err := os.ReadFile("/sys/bus/event_source/devices/uprobe/type")
	if err != nil {
		return -1, fmt.Errorf("needs the perf PMU uprobe: %w", err)
	}
	kind, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return -1, err
	}
	name, err := unix.BytePtrFromString(path)
	if err != nil {
		return -1, err
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(name)
	attr := unix.PerfEventAttr{
		Type: uint32(kind), Size: uint32(unsafe.Sizeof(unix.PerfEventAttr{})),
		Ext1: uint64(uintptr(unsafe.Pointer(name))), Ext2: 0x1000, // config1: path, config2: offset
	}
	fd, err := unix.PerfEventOpen(&attr, -1, 0, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("needs perf events: %w", err)
	}
	return fd, nil
}

func playPerf(args []string) error {
	_, err := openProbe(args[0])
	return err
}

// playBPFLink joins a program that does nothing to a probe, by a link.
func playBPFLink(args []string) error {
	event, err := openProbe(args[0])
	if err != nil {
		return err
	}
	program, err := loadProgram()
	if err != nil {
		return err
	}
	attr := make([]byte, 64)
	binary.NativeEndian.PutUint32(attr, uint32(program))
	binary.NativeEndian.PutUint32(attr[4:], uint32(event))
	binary.NativeEndian.PutUint32(attr[8:], 41) // BPF_PERF_EVENT
	if _, err := bpfCall(unix.BPF_LINK_CREATE, attr); err != nil {
		return fmt.Errorf("needs BPF links to probes (Linux 5.15): %w", err)
	}
	if len(args) == 1 {
		return unix.Close(event)
	}
	return nil
}

// loadProgram loads "return 0", which a probe may run.
func loadProgram() (int, error) {
	code := []uint64{0xb7, 0x95} // r0 = 0; exit
	license := []byte("GPL\x00")
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(&code[0])
	pins.Pin(&license[0])
	attr := make([]byte, 128)
	binary.NativeEndian.PutUint32(attr, unix.BPF_PROG_TYPE_KPROBE)
	binary.NativeEndian.PutUint32(attr[4:], uint32(len(code)))
	binary.NativeEndian.PutUint64(attr[8:], uint64(uintptr(unsafe.Pointer(&code[0]))))
	binary.NativeEndian.PutUint64(attr[16:], uint64(uintptr(unsafe.Pointer(&license[0]))))
	fd, err := bpfCall(unix.BPF_PROG_LOAD, attr)
	if err != nil {
		return -1, fmt.Errorf("needs BPF programs: %w", err)
	}
	return fd, nil
}

func bpfCall(cmd int, attr []byte) (int, error) {
	n, _, errno := unix.Syscall(unix.SYS_BPF, uintptr(cmd), uintptr(unsafe.Pointer(&attr[0])), uintptr(len(attr)))
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}

// playAutofs is the daemon of an autofs that never mounts anything: it has the
// other end of the pipe.
func playAutofs(args []string) error {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return err
	}
	options := fmt.Sprintf("fd=%d,pgrp=%d,minproto=5,maxproto=5,indirect", pipe[1], unix.Getpgrp())
	if err := unix.Mount("map", args[0], "autofs", 0, options); err != nil {
		return fmt.Errorf("needs autofs: %w", err)
	}
	undo = append(undo, func() { unix.Unmount(args[0], unix.MNT_DETACH) })
	return unix.Close(pipe[1])
}
