package predict

// Rules are what differs between kernels. The zero value is Linux 6.18.
type Rules struct {
	// UnbindableSurvivesClone: a clone of a mount namespace keeps unbindable
	// mounts unbindable. Linux 6.17 moved the flag to where clones do not
	// copy it; before that, and again from 7.2, it is kept.
	UnbindableSurvivesClone bool
	// UmountsAsMet: an umount decides on each counterpart of what it takes away as
	// it meets it. Since Linux 6.17 it gathers them all and takes the most that
	// leave nothing behind (Documentation/filesystems/propagate_umount.txt).
	UmountsAsMet bool
	// ShadowMounts: what is mounted where a copy arrives comes to lie on the root of
	// the copy, also where another mount does: two at one place, of which only the
	// later one is found by a path. Since Linux 6.17 it goes on top of that one.
	ShadowMounts bool
	// CoveringLocked: what lies where a copy arrives from a more privileged namespace
	// is locked to the copy with all below it. So Linux 5.10 has it; 6.1 has it not.
	CoveringLocked bool
	// CoveringUnsure: of the kernels between those none was asked, and 5.10 does
	// more of the kind that is not understood.
	CoveringUnsure bool
	// BeneathRootAndLocked: a mount can go beneath the root directory of who does
	// it, the first mount of a namespace, and one that is locked, which hands its
	// lock down. Since Linux 7.1.
	BeneathRootAndLocked bool
	// BusyVictims: umount(2) is refused where any copy is in use that would go. Before
	// Linux 7.2 one with mounts on it goes all the same, when they do.
	BusyVictims bool
	// CoveredKeepsLock: what is locked keeps its lock where a copy comes beneath it,
	// and loses it only where that was asked for. Since Linux 7.2.
	CoveredKeepsLock bool
	// UnbindableJoinsNot: MOVE_MOUNT_SET_GROUP is refused for an unbindable mount,
	// too. Since Linux 7.2.
	UnbindableJoinsNot bool
	// BeneathTop: what is to go beneath a directory that something is mounted on,
	// such as the root directory of a process, goes beneath that. Since Linux 6.17
	// the path itself has to lead to the root of a mount.
	BeneathTop bool
	// PlaceInvalid: what is on no mount of a namespace, such as the files of
	// namespaces in /proc, is no place to mount on: EINVAL. Since Linux 6.16, and
	// in later 6.12 too, it is ENOENT.
	PlaceInvalid bool
	// PlaceFirst: move_mount(2) says so before it sees that one is a file and the
	// other a directory. Before Linux 6.18.
	PlaceFirst bool
	// BindElsewhereIgnored: mount(2) that is to bind onto a mount of another
	// namespace does nothing, and says that it did. Linux 6.17 alone: all others
	// refuse it.
	BindElsewhereIgnored bool
	// RetypeElsewhereRefused: some kernels refuse to change the propagation type of
	// mounts of other namespaces: those of summer 2025 before 6.17, of which
	// distributions do not always tell the last number.
	RetypeElsewhereRefused bool
	// NoBeneath: move_mount(2) knows no MOVE_MOUNT_BENEATH. It came with Linux 6.5.
	NoBeneath bool
	// NoSetGroup: move_mount(2) knows no MOVE_MOUNT_SET_GROUP. It came with Linux
	// 5.15.
	NoSetGroup bool
	// NoSetattr: there is no mount_setattr(2), which changes flags of several
	// mounts at once, and gives maps of ids. It came with Linux 5.12.
	NoSetattr bool
	// NoIDMaps are types of file systems that take no maps of ids yet.
	NoIDMaps []string
	// NamespacesInTurn: the 64-bit ids of mount namespaces, which the rules for
	// binding their files compare, ascend in the order in which they are made.
	// Since Linux 6.18 those of each processor do.
	NamespacesInTurn bool
	// UmountTopFirst: umount -R starts with the last of what is mounted at a path,
	// and goes on in order of age. Since util-linux 2.40 it starts with the first,
	// what is on it with it, and takes younger ones first.
	UmountTopFirst bool
	// MountMax is fs.mount-max, 100,000 when 0.
	MountMax int
}

// defaultMountMax is fs.mount-max unless it was changed (proc_sys_fs(5)).
const defaultMountMax = 100_000
