package predict

// Rules are what differs between kernels. The zero value is Linux 6.18.
type Rules struct {
	// UnbindableSurvivesClone: a clone of a mount namespace keeps unbindable
	// mounts unbindable. Linux 6.17 moved the flag to where clones do not
	// copy it; before that, and again from 7.2, it is kept.
	UnbindableSurvivesClone bool
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
