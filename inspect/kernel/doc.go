// Package kernel asks the running kernel by system calls: it is the only room
// of inspect that makes any.
//
// [OpenProc] opens a live /proc as an [io/fs.FS] with faster ways beside it,
// which package proc uses when they are there. [New] makes a [Kernel], the
// [github.com/nsview/nsview/inspect/snapshot.KernelReader] of a live host: it
// finds namespaces that no process is in, reads mount tables by statmount(2),
// and sizes of mounts inside their own namespace.
//
// It looks and never touches: nothing is mounted, no automount is set off, no
// mount point is stat'ed, as a file system whose server does not answer would
// hang that. A namespace is entered only on a thread that is thrown away
// afterwards, so that the program itself never changes its place.
//
// What a kernel can do is found out by trying ([Feature]), not by its version.
// Do not use the package to read a saved /proc: that is a plain directory, and
// [os.DirFS] reads it everywhere.
package kernel
