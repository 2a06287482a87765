package kernel

import "golang.org/x/sys/unix"

// option is a word of mountinfo and the bit that it stands for.
type option struct {
	bit  uint64
	word string
}

// The words in the order in which mountinfo has them (show_mnt_opts and
// show_sb_opts in fs/proc_namespace.c). relatime and idmapped are not among
// them, see [tableReader.vfsOptions].
var (
	mountWords = []option{
		{unix.MOUNT_ATTR_NOSUID, ",nosuid"},
		{unix.MOUNT_ATTR_NODEV, ",nodev"},
		{unix.MOUNT_ATTR_NOEXEC, ",noexec"},
		{unix.MOUNT_ATTR_NOATIME, ",noatime"},
		{unix.MOUNT_ATTR_NODIRATIME, ",nodiratime"},
	}
	superWords = []option{
		{unix.MS_SYNCHRONOUS, ",sync"},
		{unix.MS_DIRSYNC, ",dirsync"},
		{unix.MS_LAZYTIME, ",lazytime"},
	}
)

func appendWords(b []byte, bits uint64, words []option) []byte {
	for _, w := range words {
		if bits&w.bit != 0 {
			b = append(b, w.word...)
		}
	}
	return b
}

func appendAccess(b []byte, readOnly bool) []byte {
	if readOnly {
		return append(b, "ro"...)
	}
	return append(b, "rw"...)
}

// vfsOptions is the mount's own options. Relatime is the access time mode that
// has no bit (mount_setattr(2), MOUNT_ATTR__ATIME).
func (r *tableReader) vfsOptions(attr uint64) string {
	b := appendAccess(r.scratch[:0], attr&unix.MOUNT_ATTR_RDONLY != 0)
	b = appendWords(b, attr, mountWords)
	if attr&unix.MOUNT_ATTR__ATIME == unix.MOUNT_ATTR_RELATIME {
		b = append(b, ",relatime"...)
	}
	b = appendWords(b, attr, []option{
		{unix.MOUNT_ATTR_NOSYMFOLLOW, ",nosymfollow"},
		{unix.MOUNT_ATTR_IDMAP, ",idmapped"},
	})
	r.scratch = b
	return r.shared(b)
}

// fsOptions is the superblock's options: the flags, what security modules
// added, and the file system's own. Those keep the kernel's octal escapes, as
// in mountinfo: only they tell a comma in a name from a separator.
func (r *tableReader) fsOptions(sm *statmountHead) string {
	b := appendAccess(r.scratch[:0], sm.sbFlags&unix.MS_RDONLY != 0)
	b = appendWords(b, uint64(sm.sbFlags), superWords)
	if sm.mask&statmountOptSecArray != 0 {
		for _, o := range r.strs(sm.optSecArray, sm.optSecNum) {
			b = append(append(b, ','), o...)
		}
	}
	if sm.mask&statmountMntOpts != 0 {
		b = append(append(b, ','), r.str(sm.mntOpts)...)
	}
	r.scratch = b
	return r.shared(b)
}
