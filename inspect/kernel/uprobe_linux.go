package kernel

import (
	"encoding/binary"
	"errors"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Uprobe is a probe in a file that a BPF link keeps.
type Uprobe struct {
	Link uint32 // the id of the link
	Path string // of the file, as the kernel shows it to the reader
}

// The parts of linux/bpf.h that x/sys/unix lacks.
const (
	linkPerfEvent   = 7 // BPF_LINK_TYPE_PERF_EVENT
	linkUprobeMulti = 12
	perfUprobe      = 1 // BPF_PERF_EVENT_UPROBE
	perfUretprobe   = 2
	fdUprobe        = 4 // BPF_FD_TYPE_UPROBE
	fdUretprobe     = 5
)

// Uprobes lists the probes in files that BPF links keep, pinned ones and those
// of any process (BPF_LINK_GET_NEXT_ID of bpf(2), with paths from Linux 6.8).
func (k *Kernel) Uprobes() ([]Uprobe, error) {
	var list []Uprobe
	for id := uint32(0); ; {
		attr := bpfAttr(id, 0, 0)
		_, err := bpf(unix.BPF_LINK_GET_NEXT_ID, attr)
		if errors.Is(err, unix.ENOENT) {
			return list, nil
		}
		if err != nil {
			return list, err
		}
		id = binary.NativeEndian.Uint32(attr[4:])
		path, err := linkPath(id)
		switch {
		case errors.Is(err, unix.ENOENT): // closed since
		case err != nil:
			return list, err
		case path != "":
			list = append(list, Uprobe{id, path})
		}
	}
}

// linkPath is the file that a link probes, "" for a link of another kind.
func linkPath(id uint32) (string, error) {
	fd, err := bpf(unix.BPF_LINK_GET_FD_BY_ID, bpfAttr(id, 0, 0))
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	// The kernel fills strings only where it is given room, which lies elsewhere
	// for each kind (struct bpf_link_info).
	info := make([]byte, infoSize)
	if err := linkInfo(fd, info); err != nil {
		return "", err
	}
	kind, event := binary.NativeEndian.Uint32(info), binary.NativeEndian.Uint32(info[16:])
	room, size := 0, 0
	switch {
	case kind == linkUprobeMulti:
		room, size = 16, 48
	case kind == linkPerfEvent && (event == perfUprobe || event == perfUretprobe):
		room, size = 24, 32
	default:
		return "", nil
	}
	clear(info)
	text := make([]byte, unix.PathMax)
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(&text[0])
	binary.NativeEndian.PutUint64(info[room:], uint64(uintptr(unsafe.Pointer(&text[0]))))
	binary.NativeEndian.PutUint32(info[size:], uint32(len(text)))
	err = linkInfo(fd, info)
	return unix.ByteSliceToString(text), err
}

// infoSize holds any struct bpf_link_info; what the kernel does not know has to
// be zero.
const infoSize = 128

func linkInfo(fd int, info []byte) error {
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(&info[0])
	attr := bpfAttr(uint32(fd), uint32(len(info)), uint64(uintptr(unsafe.Pointer(&info[0]))))
	_, err := bpf(unix.BPF_OBJ_GET_INFO_BY_FD, attr)
	return err
}

// UprobeOf is the file in which a perf event of another process is a probe, ""
// for an event of another kind. The kernel tells only of events that a BPF
// program is attached to (BPF_TASK_FD_QUERY of bpf(2)): others are ENOENT.
func (k *Kernel) UprobeOf(pid, fd int) (string, error) {
	text := make([]byte, unix.PathMax)
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(&text[0])
	attr := make([]byte, bpfAttrSize)
	put := binary.NativeEndian.PutUint32
	put(attr, uint32(pid))
	put(attr[4:], uint32(fd))
	put(attr[12:], uint32(len(text)))
	binary.NativeEndian.PutUint64(attr[16:], uint64(uintptr(unsafe.Pointer(&text[0]))))
	_, err := bpf(unix.BPF_TASK_FD_QUERY, attr)
	if kind := binary.NativeEndian.Uint32(attr[28:]); err != nil || kind != fdUprobe && kind != fdUretprobe {
		return "", err
	}
	return unix.ByteSliceToString(text), nil
}

// bpfAttrSize is enough of union bpf_attr for what is asked here.
const bpfAttrSize = 64

func bpfAttr(first, second uint32, third uint64) []byte {
	attr := make([]byte, bpfAttrSize)
	binary.NativeEndian.PutUint32(attr, first)
	binary.NativeEndian.PutUint32(attr[4:], second)
	binary.NativeEndian.PutUint64(attr[8:], third)
	return attr
}

func bpf(cmd int, attr []byte) (int, error) {
	n, _, errno := unix.Syscall(unix.SYS_BPF, uintptr(cmd), uintptr(unsafe.Pointer(&attr[0])), uintptr(len(attr)))
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}
