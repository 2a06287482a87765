// Package proc reads a /proc: the one of a live host or one that was saved.
//
// [New] takes it as an [io/fs.FS], so that a test or a support bundle brings
// its own host. A file system may offer faster ways than those of io/fs (see
// linkScanner, fileReader and their like below); package kernel's ProcDir does,
// and nothing here depends on it.
//
// Reading and parsing are apart: every parser takes bytes and returns values or
// a [SyntaxError] that holds the text it could not take. What mounts and
// control groups mean is not known here.
//
// When a process vanishes between two reads, or shows nothing to this reader,
// that is an error value ([snapshot.ErrVanished], [snapshot.ErrZombie],
// [io/fs.ErrPermission]), never a panic and never silence.
package proc
