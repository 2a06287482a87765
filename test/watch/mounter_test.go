//go:build linux

package watch_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A mounter is a process in a mount namespace of its own. It reads lines from
// its input and answers each with one line:
//
//	do OP ARG...    one system call; answers "ok", or the error
//	walk SEED N     N random operations; answers each that was done, and goes on
//	                after any other line; "done" at the end
//	pair DIR N      N mounts and lazy umounts at DIR; answers how many of each
//	                were done, as others may be in the way
func mounter(args []string) error {
	in := bufio.NewScanner(os.Stdin)
	fmt.Println("ready")
	for in.Scan() {
		f := strings.Fields(in.Text())
		switch f[0] {
		case "do":
			if err := operate(f[1], f[2:]...); err != nil {
				fmt.Println(err)
			} else {
				fmt.Println("ok")
			}
		case "walk":
			seed, _ := strconv.ParseUint(f[1], 10, 64)
			n, _ := strconv.Atoi(f[2])
			wander(in, args[0], seed, n)
		case "pair":
			n, _ := strconv.Atoi(f[2])
			fmt.Println(storm(f[1], n))
		}
	}
	return in.Err()
}

// storm mounts and unmounts at full speed.
func storm(dir string, n int) string {
	mounts, umounts := 0, 0
	for range n {
		if operate("mount", dir) == nil {
			mounts++
		}
		if operate("lazy", dir) == nil {
			umounts++
		}
	}
	return fmt.Sprint(mounts, " ", umounts)
}

// operate makes one system call.
func operate(op string, args ...string) error {
	switch op {
	case "mount":
		return unix.Mount("walk", args[0], "tmpfs", 0, "size=64k")
	case "umount":
		return unix.Unmount(args[0], 0)
	case "lazy":
		return unix.Unmount(args[0], unix.MNT_DETACH)
	case "bind":
		return unix.Mount(args[0], args[1], "", unix.MS_BIND, "")
	case "rbind":
		return unix.Mount(args[0], args[1], "", unix.MS_BIND|unix.MS_REC, "")
	case "move":
		return unix.Mount(args[0], args[1], "", unix.MS_MOVE, "")
	case "beneath":
		return moveBeneath(args[0], args[1])
	case "remount":
		return unix.Mount("", args[0], "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_NOEXEC, "")
	case "super":
		return unix.Mount("", args[0], "", unix.MS_REMOUNT, "size=128k")
	case "rename":
		return os.Rename(args[0], args[1])
	case "pivot":
		return unix.PivotRoot(args[0], args[1])
	case "shared", "private", "slave", "unbindable":
		return unix.Mount("", args[0], "", propagations[op], "")
	case "rprivate":
		return unix.Mount("", args[0], "", unix.MS_PRIVATE|unix.MS_REC, "")
	case "group":
		return setGroup(args[0], args[1])
	}
	return fmt.Errorf("no operation %q", op)
}

var propagations = map[string]uintptr{
	"shared": unix.MS_SHARED, "private": unix.MS_PRIVATE, "slave": unix.MS_SLAVE, "unbindable": unix.MS_UNBINDABLE,
}

// moveBeneath binds a directory below what is mounted on top at another.
func moveBeneath(from, to string) error {
	const beneath = 0x200 // MOVE_MOUNT_BENEATH
	tree, err := unix.OpenTree(unix.AT_FDCWD, from, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(tree)
	return unix.MoveMount(tree, "", unix.AT_FDCWD, to, unix.MOVE_MOUNT_F_EMPTY_PATH|beneath)
}

func setGroup(from, to string) error {
	return unix.MoveMount(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.MOVE_MOUNT_SET_GROUP)
}

// kinds are what random operations are told of as.
var kinds = map[string]string{
	"mount": "mount", "bind": "mount", "rbind": "mount", "beneath": "mount",
	"umount": "umount", "lazy": "umount", "move": "move",
}

// places are the directories that every file system of a walk has.
var places = []string{"a", "b", "c", "a/s", "b/s"}

// wander does random operations below a directory, and answers each with what
// it was told of as, or with "no" where the kernel refused. It goes on when it
// is told to.
func wander(in *bufio.Scanner, base string, seed uint64, n int) {
	r := rand.New(rand.NewPCG(seed, 7))
	at := func() string { return filepath.Join(base, places[r.IntN(len(places))]) }
	ops := []string{"mount", "mount", "mount", "bind", "rbind", "umount", "umount", "umount", "lazy", "move", "beneath"}
	for range n {
		op := ops[r.IntN(len(ops))]
		if crowded() { // binds of what is shared double it each time
			op = "lazy"
		}
		to := at()
		args := []string{to}
		switch op {
		case "bind", "rbind", "move", "beneath":
			args = []string{at(), to}
		}
		if operate(op, args...) != nil {
			continue
		}
		fmt.Println(kinds[op], op, strings.Join(args, " "))
		if !in.Scan() {
			return
		}
		if kinds[op] == "mount" {
			furnish(to)
		}
	}
	fmt.Println("done")
}

// crowded says whether there are so many mounts that more would only cost time.
func crowded() bool {
	b, err := os.ReadFile("/proc/self/mountinfo")
	return err == nil && bytes.Count(b, []byte{'\n'}) > 150
}

// furnish makes the directories of a new file system.
func furnish(dir string) {
	for _, p := range places {
		_ = os.MkdirAll(filepath.Join(dir, p), 0o755)
	}
	_ = os.Mkdir(filepath.Join(dir, "s"), 0o755)
	_ = os.Mkdir(filepath.Join(dir, "apart"), 0o755)
}

// process is a mounter as the test has it.
type process struct {
	t   *testing.T
	pid int
	ns  uint64
	in  io.WriteCloser
	out *bufio.Reader
}

// startMounter starts one in a namespace of its own, cloned from the caller's.
func startMounter(t *testing.T, base string, flags uintptr) *process {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", base)
	cmd.Env = append(os.Environ(), partVar+"=mounter")
	cmd.Stderr = os.Stderr
	// Not by Unshareflags: Go would make everything private.
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	try(t, err)
	out, err := cmd.StdoutPipe()
	try(t, err)
	try(t, cmd.Start())
	p := &process{t: t, pid: cmd.Process.Pid, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	p.read("ready")
	link, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", p.pid))
	try(t, err)
	_, err = fmt.Sscanf(link, "mnt:[%d]", &p.ns)
	try(t, err)
	return p
}

func (p *process) say(format string, args ...any) {
	p.t.Helper()
	_, err := fmt.Fprintf(p.in, format+"\n", args...)
	try(p.t, err)
}

func (p *process) answer() string {
	p.t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.t.Errorf("mounter %d: %v", p.pid, err)
		return "done"
	}
	return strings.TrimSpace(line)
}

func (p *process) read(want string) {
	p.t.Helper()
	if got := p.answer(); got != want {
		p.t.Fatalf("mounter %d: %q, want %q", p.pid, got, want)
	}
}

// do makes one call that must succeed.
func (p *process) do(op string, args ...string) {
	p.t.Helper()
	p.say("do %s %s", op, strings.Join(args, " "))
	p.read("ok")
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
