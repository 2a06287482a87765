package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Notice is what the kernel says of one mount (fanotify(7), FAN_REPORT_MNT): it
// names neither the namespace nor what was done to the other mounts.
type Notice struct {
	Mount snapshot.MountID // 64-bit
	// PID is the process that did it, 0 when it is not in the reader's pid
	// namespace or may not be seen.
	PID int
	// Attached and Detached are both set when the mount was moved.
	Attached, Detached bool
	// Lost: the queue was full, and notices were dropped. Nothing else is set.
	Lost bool
}

// Notices are the kernel's notices of mounts in the namespaces marked
// (Linux 6.15). A mark does not keep its namespace alive.
type Notices struct {
	fd  int
	buf []byte
}

// noticeBuffer is room for some 1,600 notices a read.
const noticeBuffer = 64 << 10

// OpenNotices makes a queue of notices, without limit where the caller may have
// one (CAP_SYS_ADMIN in the initial user namespace).
func (k *Kernel) OpenNotices() (*Notices, error) {
	const flags = unix.FAN_REPORT_MNT | unix.FAN_CLOEXEC | unix.FAN_NONBLOCK
	fd, err := unix.FanotifyInit(flags|unix.FAN_UNLIMITED_QUEUE|unix.FAN_UNLIMITED_MARKS, 0)
	if errors.Is(err, unix.EPERM) {
		fd, err = unix.FanotifyInit(flags, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("ask for notices of mounts (fanotify_init): %w", err)
	}
	return &Notices{fd: fd, buf: make([]byte, noticeBuffer)}, nil
}

// Close ends the notices.
func (n *Notices) Close() error { return unix.Close(n.fd) }

// Mark asks for notices of the namespace. Marking it again changes nothing.
func (m *MountNS) Mark(n *Notices) error {
	err := unix.FanotifyMark(n.fd, unix.FAN_MARK_ADD|unix.FAN_MARK_MNTNS, unix.FAN_MNT_ATTACH|unix.FAN_MNT_DETACH, m.fd, "")
	if err != nil {
		return fmt.Errorf("ask for notices of mnt:[%d] (fanotify_mark): %w", m.ID.Ino, err)
	}
	return nil
}

// Read visits the notices that are there, one buffer full, and says whether
// there was any.
func (n *Notices) Read(visit func(Notice)) (bool, error) {
	got, err := readRetry(n.fd, n.buf)
	if errors.Is(err, unix.EAGAIN) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read notices of mounts: %w", err)
	}
	for b := n.buf[:got]; len(b) > 0; {
		notice, size, err := parseNotice(b)
		if err != nil {
			return true, err
		}
		visit(notice)
		b = b[size:]
	}
	return got > 0, nil
}

// Sizes of struct fanotify_event_metadata and of the records behind it
// (linux/fanotify.h); a record of a mount has its id behind four bytes of
// padding.
const (
	metadataSize  = 24
	recordHead    = 4
	mountRecordAt = 8
	mountRecord   = 16
)

var errNotice = errors.New("read notices of mounts: the kernel's answer is not of the form known")

// parseNotice reads the first notice of a buffer and tells its size.
func parseNotice(b []byte) (Notice, int, error) {
	if len(b) < metadataSize || b[4] != unix.FANOTIFY_METADATA_VERSION {
		return Notice{}, 0, errNotice
	}
	size := int(binary.NativeEndian.Uint32(b))
	head := int(binary.NativeEndian.Uint16(b[6:]))
	mask := binary.NativeEndian.Uint64(b[8:])
	if size < head || head < metadataSize || size > len(b) {
		return Notice{}, 0, errNotice
	}
	n := Notice{
		PID:      int(int32(binary.NativeEndian.Uint32(b[20:]))),
		Attached: mask&unix.FAN_MNT_ATTACH != 0, Detached: mask&unix.FAN_MNT_DETACH != 0,
		Lost: mask&unix.FAN_Q_OVERFLOW != 0,
	}
	for r := b[head:size]; len(r) >= recordHead; {
		length := int(binary.NativeEndian.Uint16(r[2:]))
		if length < recordHead || length > len(r) {
			return Notice{}, 0, errNotice
		}
		if r[0] == unix.FAN_EVENT_INFO_TYPE_MNT && length >= mountRecord {
			n.Mount = snapshot.MountID(binary.NativeEndian.Uint64(r[mountRecordAt:]))
		}
		r = r[length:]
	}
	if n.Mount == 0 && !n.Lost {
		return Notice{}, 0, errNotice
	}
	return n, size, nil
}
