package launch

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/moby/sys/user"
	"golang.org/x/sys/unix"
)

// Login takes on the ids of a user whom the root's own /etc/passwd and
// /etc/group know, and sets HOME.
type Login struct {
	// User is NAME or UID, or either with :GROUP or :GID, as of docker run -u.
	User string
	// Groups are supplementary ones, by name or number, besides those that
	// /etc/group gives the user.
	Groups []string
	// KeepGroups leaves the supplementary groups as they are, where a user
	// namespace does not allow setgroups(2).
	KeepGroups bool
}

// Call is "setuid".
func (*Login) Call() Call { return "setuid" }

// FlagNames is "".
func (*Login) FlagNames() string { return "" }

// String is setgroups, setgid, setuid of "www-data" in /etc/passwd.
func (l *Login) String() string {
	if l.KeepGroups {
		return fmt.Sprintf("setgid, setuid of %q in /etc/passwd", l.User)
	}
	return fmt.Sprintf("setgroups, setgid, setuid of %q in /etc/passwd", l.User)
}

func (l *Login) do(c *child) error {
	who, err := l.find()
	if err == nil {
		err = l.addGroups(who)
	}
	if err != nil {
		return &CallError{Call: "open", Detail: err.Error(), Err: unix.ENOENT}
	}
	c.home = who.Home
	if err := (&GiveTerminal{UID: who.Uid}).do(c); err != nil {
		return err
	}
	if !l.KeepGroups {
		if err := (&Setgroups{GIDs: who.Sgids}).do(c); err != nil {
			return refused("setgroups", numbers(who.Sgids), err)
		}
	}
	if err := (&Setgid{GID: who.Gid}).do(c); err != nil {
		return refused("setgid", fmt.Sprint(who.Gid), err)
	}
	return refused("setuid", fmt.Sprint(who.Uid), (&Setuid{UID: who.Uid}).do(c))
}

// find looks the user up. A name has to be known; a number need not be.
func (l *Login) find() (*user.ExecUser, error) {
	passwd, err := openPlain("/etc/passwd")
	if err != nil {
		return nil, err
	}
	defer passwd.Close()
	group, err := openPlain("/etc/group")
	if err != nil {
		return nil, err
	}
	defer group.Close()
	return user.GetExecUser(l.User, &user.ExecUser{Home: "/"}, passwd, group)
}

// addGroups adds the groups that were asked for.
func (l *Login) addGroups(who *user.ExecUser) error {
	if len(l.Groups) == 0 {
		return nil
	}
	group, err := openPlain("/etc/group")
	if err != nil {
		return err
	}
	defer group.Close()
	more, err := user.GetAdditionalGroups(l.Groups, group)
	who.Sgids = append(who.Sgids, more...)
	return err
}

// openPlain opens a file of the root, and an empty one for what is missing or
// is no plain file: a pipe would never end.
func openPlain(name string) (io.ReadCloser, error) {
	how := unix.OpenHow{Flags: unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_MAGICLINKS}
	fd, err := unix.Openat2(unix.AT_FDCWD, name, &how)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		return io.NopCloser(strings.NewReader("")), nil
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("%s is no plain file", name)
	}
	return os.NewFile(uintptr(fd), name), nil
}
