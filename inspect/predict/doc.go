// Package predict holds the kernel's rules of mounting as pure functions: what
// an operation would do in every namespace, or the error it would meet.
//
// A [State] starts as a world and is changed by one [Op] after another. It is
// built like the kernel's own lists: mounts with their children in the order in
// which they came, and the peer groups and slaves as a tree, which is walked in
// one place (descend) for operations and for [Arrivals] alike.
//
// The rules are those of fs/namespace.c and fs/pnode.c of Linux 6.18, and of
// Documentation/filesystems/sharedsubtree.rst and propagate_umount.txt. What
// differs between kernels is in [Rules]. The test room test/oracle does random
// operations with real system calls and compares every mount with what was
// told; a rule that is added here is wrong until it agrees.
package predict
