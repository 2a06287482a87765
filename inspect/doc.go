// Package inspect is the front door for programs that look at a host's
// namespaces and mounts: [Live] opens the host one runs on, [Open] a saved one,
// [Host.Look] reads what is wanted and returns it as a world to ask questions
// of (package query).
//
// It looks and never touches: nothing is mounted, no namespace is changed, and
// threads that enter another namespace end there.
//
// # Words
//
// A mount namespace has a mount table: a tree of mounts. A mount shows a
// directory of a file system (its root) at a place (its mount point). Mounts in
// the same peer group send each other what is mounted on them; a mount with a
// master receives from the master's group and sends nothing back. The kernel
// calls these shared and slave; a mount may be both, or neither (private), and
// a private one may be unbindable. See mount_namespaces(7).
//
// A mount point is where a mount sits. A path is what a person typed. A view is
// what one process sees of a table: all of it, or what lies below the root
// directory that chroot(2) gave it.
package inspect
