//go:build linux

package oracle_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// tableOf reads a thread's mount table, without any help of nsview's.
func tableOf(pid, tid int, buf *[]byte) ([]snapshot.Mount, error) {
	name := fmt.Sprintf("/proc/%d/task/%d/mountinfo", pid, tid)
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	defer unix.Close(fd)
	n := 0
	for {
		if len(*buf)-n < 4096 {
			*buf = append(*buf, make([]byte, 64<<10)...)
		}
		k, err := unix.Read(fd, (*buf)[n:])
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		if k == 0 {
			break
		}
		n += k
	}
	var list []snapshot.Mount
	for line := range bytes.Lines((*buf)[:n]) {
		m, err := parse(string(line))
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

func parse(line string) (snapshot.Mount, error) {
	before, after, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
	f, g := strings.Fields(before), strings.Fields(after)
	if !ok || len(f) < 6 || len(g) < 2 {
		return snapshot.Mount{}, fmt.Errorf("a line of mountinfo: %q", line)
	}
	major, minor, _ := strings.Cut(f[2], ":")
	m := snapshot.Mount{
		ID: snapshot.MountID(number(f[0])), Parent: snapshot.MountID(number(f[1])),
		Dev:  snapshot.Dev{Major: uint32(number(major)), Minor: uint32(number(minor))},
		Root: f[3], Point: f[4], VFSOptions: f[5], FSType: g[0], Source: g[1], FSOptions: strings.Join(g[2:], " "),
	}
	for _, tag := range f[6:] {
		switch name, value, _ := strings.Cut(tag, ":"); name {
		case "shared":
			m.PeerGroup = snapshot.GroupID(number(value))
		case "master":
			m.Master = snapshot.GroupID(number(value))
		case "propagate_from":
			m.PropagateFrom = snapshot.GroupID(number(value))
		case "unbindable":
			m.Unbindable = true
		}
	}
	return m, nil
}

func number(text string) uint64 {
	n, _ := strconv.ParseUint(text, 10, 64) // the kernel wrote it
	return n
}
