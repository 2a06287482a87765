package launch

import (
	"os"

	"golang.org/x/sys/unix"
)

// Spec says what to start, and in which surroundings.
type Spec struct {
	// Namespaces are made new for the command; the others are the caller's.
	Namespaces Namespaces
	// UIDs and GIDs map the users of a new user namespace. Without a map the
	// command has no rights at all there.
	UIDs, GIDs []IDMap
	// Setgroups leaves setgroups(2) allowed in a new user namespace, which
	// the kernel grants to privileged callers only (user_namespaces(7)).
	Setgroups bool

	// Root is asked of the mount at / before anything is mounted.
	Root Request
	// Mounts are made in this order, before Chroot.
	Mounts []MountStep

	// Chroot becomes the root directory when it is not empty, and Dir, as
	// seen from there, the working directory.
	Chroot string
	Dir    string
	User   *Credentials // nil keeps the caller's

	// Args is the command. A name without slash is looked for in the PATH of
	// Env, inside Chroot.
	Args []string
	Env  []string
}

// MountStep is one mount(2).
type MountStep struct {
	Source, Target, FSType string
	Flags                  MountFlags
	Data                   string
}

// Bind makes the directory or file at source appear at target too; recursive
// takes along what is mounted below it.
func Bind(source, target string, recursive bool) MountStep {
	flags := MountFlags(unix.MS_BIND)
	if recursive {
		flags |= unix.MS_REC
	}
	return MountStep{Source: source, Target: target, Flags: flags}
}

// Make asks for a change of the propagation of the mount at target.
func Make(target string, r Request) MountStep {
	return MountStep{Target: target, Flags: r.Flags()}
}

// IDMap maps Size ids from Inside on, as a user namespace sees them, to those
// from Outside on.
type IDMap struct{ Inside, Outside, Size int }

// Credentials are the ids that the command runs with.
type Credentials struct {
	UID, GID int
	Groups   []int // the supplementary groups; none when empty
}

// Streams are the command's standard streams; nil is /dev/null.
type Streams struct{ In, Out, Err *os.File }
