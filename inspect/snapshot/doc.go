// Package snapshot holds what was seen of a host, and what could not be seen.
//
// A [Snapshot] is made by [Take] from the readers of a live host or of a saved
// /proc, or by [Load] from a file that [Snapshot.Save] wrote. It derives
// nothing: who owns a process, which mount covers which, who receives from
// whom are questions for package world.
//
// What could not be read is a [Gap], never an absence: a field that was not
// read has the zero value, and the gap says why. [Want] says what to read, so
// that a question reads no more than it needs.
//
// The types that name things of the kernel ([Type], [NSID], [MountID],
// [GroupID], [Dev]) live here, because the readers below and the rooms above
// all speak of them.
package snapshot
