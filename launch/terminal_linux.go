package launch

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// WindowSize is that of a terminal, in characters.
type WindowSize struct{ Rows, Columns uint16 }

// Terminal makes a terminal in the root's own devpts, sends its other end, the
// master, to the caller, and makes it the controlling terminal and the standard
// streams of a new session. It is the root's /dev/console too.
type Terminal struct{ Size WindowSize }

const (
	ttyFD   = talkFD + 1 // where the child sends the master to
	ttySlot = "tty"      // holds the terminal
)

// Call is "ioctl".
func (*Terminal) Call() Call { return "ioctl" }

// FlagNames is the request.
func (*Terminal) FlagNames() string { return "TIOCSCTTY" }

// String is openat2(rootfs, "/dev/pts/ptmx") ioctl(TIOCGPTPEER) setsid() ioctl(TIOCSCTTY).
func (t *Terminal) String() string {
	return fmt.Sprintf("openat2(rootfs, %q, RESOLVE_IN_ROOT|RESOLVE_NO_SYMLINKS) sendmsg(SCM_RIGHTS) ioctl(TIOCGPTPEER) ioctl(TIOCSWINSZ, %dx%d) setsid() ioctl(TIOCSCTTY) dup3(0, 1, 2)",
		ptmx, t.Size.Columns, t.Size.Rows)
}

const ptmx = "/dev/pts/ptmx"

func (t *Terminal) do(c *child) error {
	tty, err := t.open(c)
	if err != nil {
		return err
	}
	c.put(ttySlot, tty)
	if err := t.console(c, tty); err != nil {
		return err
	}
	if _, err := unix.Setsid(); err != nil {
		return refused("setsid", "", err)
	}
	if err := unix.IoctlSetInt(tty, unix.TIOCSCTTY, 0); err != nil {
		return err
	}
	for fd := range 3 {
		if err := unix.Dup3(tty, fd, 0); err != nil {
			return refused("dup3", "", err)
		}
	}
	return nil
}

// open makes the terminal and sends its master away.
func (t *Terminal) open(c *child) (int, error) {
	master, err := c.openMaster()
	if err != nil {
		return -1, err
	}
	defer unix.Close(master)
	var fs unix.Statfs_t
	if err := unix.Fstatfs(master, &fs); err != nil {
		return -1, refused("fstatfs", quoted(ptmx), err)
	}
	if fs.Type != unix.DEVPTS_SUPER_MAGIC {
		return -1, refused("fstatfs", quoted(ptmx)+" is no devpts file system", unix.ENOTTY)
	}
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return -1, refused("ioctl", "TIOCSPTLCK", err)
	}
	size := unix.Winsize{Row: t.Size.Rows, Col: t.Size.Columns}
	if err := unix.IoctlSetWinsize(master, unix.TIOCSWINSZ, &size); err != nil {
		return -1, refused("ioctl", "TIOCSWINSZ", err)
	}
	// By its master, and not by a path, which somebody else could have made.
	peer, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(master), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		return -1, refused("ioctl", "TIOCGPTPEER", errno)
	}
	tty := int(peer)
	if err := socket(ttyFD).give(master); err != nil {
		_ = unix.Close(tty)
		return -1, refused("sendmsg", "SCM_RIGHTS", err)
	}
	_ = unix.Close(ttyFD)
	return tty, nil
}

// openMaster opens the multiplexer of the root, or of the host when there is no
// root of one's own.
func (c *child) openMaster() (int, error) {
	if _, ok := c.slots[rootSlot]; ok {
		return c.openIn(ptmx, unix.O_RDWR|unix.O_NOCTTY, unix.RESOLVE_NO_SYMLINKS)
	}
	fd, err := unix.Open(ptmx, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	return fd, refused("open", quoted(ptmx), err)
}

// console mounts the terminal over the root's /dev/console.
func (t *Terminal) console(c *child, tty int) error {
	if _, ok := c.slots[rootSlot]; !ok {
		return nil
	}
	tree, err := cloneOf(tty, 0)
	if err != nil {
		return refused("open_tree", "the terminal", err)
	}
	defer unix.Close(tree)
	at, err := c.makeFileIn("/dev/console")
	if err != nil {
		return err
	}
	defer unix.Close(at)
	return refused("move_mount", `"/dev/console"`, mountAt(tree, at))
}

// GiveTerminal makes a user the owner of the command's terminal, if it has one.
type GiveTerminal struct{ UID int }

// Call is "fchown".
func (*GiveTerminal) Call() Call { return "fchown" }

// FlagNames is "".
func (*GiveTerminal) FlagNames() string { return "" }

// String is fchown(tty, 1000, -1).
func (g *GiveTerminal) String() string { return fmt.Sprintf("fchown(%s, %d, -1)", ttySlot, g.UID) }

func (g *GiveTerminal) do(c *child) error {
	tty, ok := c.slots[ttySlot]
	if !ok {
		return nil
	}
	return refused("fchown", "the terminal", unix.Fchown(tty, g.UID, -1))
}

// ttySocket is where the master of a terminal comes from.
type ttySocket struct{ ours, theirs *os.File }

func newTTYSocket() (*ttySocket, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socketpair: %w", err)
	}
	return &ttySocket{os.NewFile(uintptr(pair[0]), "tty"), os.NewFile(uintptr(pair[1]), "tty")}, nil
}

func (s *ttySocket) close() {
	_ = s.ours.Close() // closed files say so and do no harm
	_ = s.theirs.Close()
}

// receive takes the master that the child has sent. What comes is looked at:
// only the master of a pseudoterminal is taken.
func (s *ttySocket) receive() (*os.File, error) {
	_ = s.theirs.Close()
	fd, err := socket(s.ours.Fd()).take(unix.MSG_DONTWAIT)
	if err != nil {
		return nil, fmt.Errorf("receive the terminal: %w", err)
	}
	if _, err := unix.IoctlGetInt(fd, unix.TIOCGPTN); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("receive the terminal: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("receive the terminal: %w", err)
	}
	return os.NewFile(uintptr(fd), "terminal"), nil
}
