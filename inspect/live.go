package inspect

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"

	"github.com/nsview/nsview/inspect/busy"
	"github.com/nsview/nsview/inspect/engine"
	"github.com/nsview/nsview/inspect/kernel"
	"github.com/nsview/nsview/inspect/proc"
	"github.com/nsview/nsview/inspect/snapshot"
)

// Live opens the host that the program runs on, through the /proc at dir.
// dockerHost is the value of $DOCKER_HOST. It fails where there is no /proc.
func Live(dir, dockerHost string) (*Host, error) {
	procDir, err := kernel.OpenProc(dir)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, errors.New("look at this host: it does not run Linux; a saved host can be studied with --from")
	}
	if err != nil {
		return nil, err
	}
	fsys, err := proc.New(procDir, dir)
	if err != nil {
		return nil, err
	}
	engines := engine.New(engine.Options{Root: os.DirFS("/"), Dial: engine.DialUnix, DockerHost: dockerHost})
	k := kernel.New(procDir)
	return &Host{label: dir, procDir: procDir, src: snapshot.Sources{
		Proc: fsys, Kernel: anyKernel{k}, Engines: engines, User: userName,
		Busy: busy.New(fsys, k, os.DirFS("/sys"), os.DirFS("/etc")),
	}}, nil
}

// userName is the host's name of a user.
func userName(uid uint32) string {
	u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10))
	if err != nil {
		return ""
	}
	return u.Username
}

// anyKernel reads a table by mountinfo inside the namespace where statmount(2)
// cannot.
type anyKernel struct{ *kernel.Kernel }

// Table is [kernel.Kernel.Table] on a kernel of any age.
func (k anyKernel) Table(ref snapshot.Ref) (snapshot.Table, error) {
	t, err := k.Kernel.Table(ref)
	if !errors.Is(err, kernel.ErrNoStatmount) {
		return t, err
	}
	text, err := k.MountinfoInside(ref)
	if err != nil {
		return t, err
	}
	t = snapshot.Table{NS: snapshot.NSID{Ino: ref.Ino}, Via: "mountinfo", Whole: true}
	if t.Mounts, err = proc.ParseMountinfo(text); err != nil {
		return t, fmt.Errorf("read mountinfo in mnt:[%d]: %w", ref.Ino, err)
	}
	return t, nil
}
