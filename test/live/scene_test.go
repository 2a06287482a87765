//go:build linux

package live_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// actor is a process of a scene. It lives until it is dismissed or the test
// ends.
type actor struct {
	pid  int
	said []string // what it printed before it was ready
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
}

// stay ends every script: it stays the same process, which runs nothing else.
const stay = "echo ready; read x || :"

// shell starts an actor that runs a script in new namespaces, then waits. What
// the script prints is in said.
func shell(t *testing.T, unshare uintptr, script string, args ...string) *actor {
	t.Helper()
	return start(t, exec.Command("sh", append([]string{"-c", "set -e\n" + script + "\n" + stay, "sh"}, args...)...), unshare)
}

// roleOf starts an actor that plays a role of this binary.
func roleOf(t *testing.T, role string, unshare uintptr, args ...string) *actor {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), roleVar+"="+role)
	return start(t, cmd, unshare)
}

func start(t *testing.T, cmd *exec.Cmd, unshare uintptr) *actor {
	t.Helper()
	// A pid or time namespace is for children: only clone enters it at once.
	inner := unshare & (unix.CLONE_NEWPID | unix.CLONE_NEWUSER)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unshare &^ inner, Cloneflags: inner}
	if unshare&unix.CLONE_NEWUSER != 0 {
		one := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 65536}}
		cmd.SysProcAttr.UidMappings, cmd.SysProcAttr.GidMappings = one, one
		cmd.SysProcAttr.Cloneflags, cmd.SysProcAttr.Unshareflags = unshare, 0
	}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	try(t, err)
	out, err := cmd.StdoutPipe()
	try(t, err)
	try(t, inOrder(cmd.Start))
	a := &actor{pid: cmd.Process.Pid, cmd: cmd, in: in, out: bufio.NewScanner(out)}
	t.Cleanup(a.dismiss)
	for a.out.Scan() {
		if a.out.Text() == "ready" {
			return a
		}
		a.said = append(a.said, a.out.Text())
	}
	if reason := lineWith(strings.Join(a.said, "\n"), "needs "); reason != "" {
		t.Skip(reason)
	}
	t.Fatalf("the actor was never ready: %q", a.said)
	return nil
}

// ask gives a role a word and returns its answer.
func (a *actor) ask(t *testing.T, word string) string {
	t.Helper()
	_, err := fmt.Fprintln(a.in, word)
	try(t, err)
	if !a.out.Scan() {
		t.Fatalf("the actor did not answer %q: %v", word, a.out.Err())
	}
	return a.out.Text()
}

// nsenter runs a command in an actor's mount namespace.
func nsenter(a *actor, args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"-t", a.arg(), "-m", "--"}, args...)...)
}

// dismiss ends the actor and waits until it is gone.
func (a *actor) dismiss() {
	if a.cmd == nil {
		return
	}
	a.in.Close()
	a.cmd.Process.Kill() // only the one started here
	a.cmd.Wait()
	a.cmd = nil
}

func (a *actor) arg() string { return strconv.Itoa(a.pid) }

// ns is the inode number of one of its namespaces.
func (a *actor) ns(t *testing.T, name string) uint64 {
	t.Helper()
	return inoOf(t, fmt.Sprintf("/proc/%d/ns/%s", a.pid, name))
}

// inoOf follows a path to an nsfs file.
func inoOf(t *testing.T, path string) uint64 {
	t.Helper()
	var st unix.Stat_t
	try(t, unix.Stat(path, &st))
	return st.Ino
}

// result is what nsview said.
type result struct {
	out, err string
	code     int
}

func nsviewPath() string { return os.Getenv(nsviewVar) }

func nsview(t *testing.T, args ...string) result {
	t.Helper()
	return run(t, exec.Command(nsviewPath(), args...))
}

// asNobody runs nsview as an ordinary user.
func asNobody(t *testing.T, args ...string) result {
	t.Helper()
	cmd := exec.Command(nsviewPath(), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	return run(t, cmd)
}

func run(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", cmd.Args, err)
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// row is a JSON object.
type row map[string]any

func (r row) num(key string) uint64 {
	n, _ := r[key].(json.Number)
	v, _ := strconv.ParseUint(n.String(), 10, 64)
	return v
}

func (r row) text(key string) string {
	if r[key] == nil {
		return ""
	}
	return fmt.Sprint(r[key])
}

func (r row) rows(key string) []row {
	list, _ := r[key].([]any)
	rows := make([]row, len(list))
	for i := range list {
		rows[i], _ = list[i].(map[string]any)
	}
	return rows
}

// flat lists rows and their children, parents first.
func flat(rows []row) []row {
	var list []row
	for _, r := range rows {
		list = append(append(list, r), flat(r.rows("children"))...)
	}
	return list
}

func decode(t *testing.T, text string) row {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var r row
	if err := d.Decode(&r); err != nil {
		t.Fatalf("no JSON: %v\n%.2000s", err, text)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Fatalf("more than one JSON document: %v", err)
	}
	return r
}

// answer runs nsview -J, which must succeed.
func answer(t *testing.T, args ...string) row {
	t.Helper()
	res := nsview(t, append(args, "-J")...)
	if res.code != 0 {
		t.Fatalf("nsview %v: exit %d\n%s", args, res.code, res.err)
	}
	return decode(t, res.out)
}

// namespaces are the rows of list by inode number.
func namespaces(t *testing.T, args ...string) map[uint64]row {
	t.Helper()
	found := map[uint64]row{}
	for _, r := range flat(answer(t, append([]string{"list"}, args...)...).rows("namespaces")) {
		if found[r.num("ns")] != nil {
			t.Errorf("namespace %d is listed twice", r.num("ns"))
		}
		found[r.num("ns")] = r
	}
	return found
}

// mounts are the rows of tree -J.
func mounts(t *testing.T, args ...string) []row {
	t.Helper()
	return flat(answer(t, append([]string{"tree"}, args...)...).rows("filesystems"))
}

// at is the row of a mount point, the last of several.
func at(t *testing.T, rows []row, target string) row {
	t.Helper()
	var found row
	for _, r := range rows {
		if r.text("target") == target {
			found = r
		}
	}
	if found == nil {
		t.Fatalf("no mount at %s", target)
	}
	return found
}

func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if i := strings.Index(line, part); i >= 0 {
			return strings.TrimSpace(line[i:])
		}
	}
	return ""
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
