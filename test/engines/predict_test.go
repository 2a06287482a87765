//go:build linux

package engines_test

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// foreseen is what nsview predict -J says of one operation.
type foreseen struct {
	Result  string
	Reason  *string
	Effects []struct {
		Kind   string
		NS     uint64
		Target string
	}
}

func predict(t *testing.T, op string) foreseen {
	t.Helper()
	var p struct{ Steps []foreseen }
	ask(t, &p, "predict", "-J", op)
	if len(p.Steps) != 1 {
		t.Fatalf("predict %s: %d steps", op, len(p.Steps))
	}
	return p.Steps[0]
}

// foretold predicts what the host does to each volume, and has the kernel judge:
// in the host's and in the container's table, and when somebody in the container
// is in the directory.
func (v *volumes) foretold(t *testing.T) {
	for _, c := range []struct {
		host, inside string
		busy         string // why umount of the host's mount is refused
	}{
		{slaveDir + "/new", "/data/new", "copy-in-use"},
		{privateDir + "/new", "/priv/new", ""},
		{sharedDir + "/new", "/sh/new", "copy-in-use"},
	} {
		v.judge(t, "mount tmpfs "+c.host, "", func() error { return syscall.Mount("tmpfs", c.host, "tmpfs", 0, "") })
		leave := v.enter(t, c.inside)
		v.judge(t, "umount "+c.host, c.busy, func() error { return syscall.Unmount(c.host, 0) })
		if c.busy != "" {
			v.judge(t, "umount -l "+c.host, "", func() error { return syscall.Unmount(c.host, syscall.MNT_DETACH) })
		}
		leave()
	}
}

// judge predicts an operation, does it and compares.
func (v *volumes) judge(t *testing.T, op, reason string, do func() error) {
	t.Helper()
	said := predict(t, op)
	why := ""
	if said.Reason != nil {
		why = *said.Reason
	}
	before := v.mounted(t)
	errno, result := syscall.Errno(0), "ok"
	if err := do(); errors.As(err, &errno) {
		result = unix.ErrnoName(errno)
	}
	if said.Result != result || why != reason {
		t.Errorf("%s: said %s (%s), the kernel %s; want it for %q", op, said.Result, why, result, reason)
	}
	after := v.mounted(t)
	want := maps.Clone(before)
	for _, e := range said.Effects {
		key := fmt.Sprintf("mnt:[%d]:%s", e.NS, e.Target)
		if _, ours := want[fmt.Sprintf("mnt:[%d]:/", e.NS)]; !ours {
			continue // an engine's own namespace
		}
		want[key] += map[string]int{"attach": 1, "detach": -1}[e.Kind]
		if want[key] == 0 {
			delete(want, key)
		}
	}
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("%s: foretold (-), done (+):\n%s", op, diff)
	}
}

// mounted counts the mounts at each mount point of the host and of the container.
func (v *volumes) mounted(t *testing.T) map[string]int {
	t.Helper()
	found := map[string]int{}
	for _, pid := range []int{os.Getpid(), v.at} {
		ns := container{pid: pid}.ns(t)
		for _, f := range mountinfo(t, pid) {
			found[fmt.Sprintf("mnt:[%d]:%s", ns, f[4])]++
		}
	}
	return found
}

// enter has somebody in the container be in a directory until it is left.
func (v *volumes) enter(t *testing.T, dir string) (leave func()) {
	t.Helper()
	args := with(v.docker, "exec", "--interactive", v.name, "sh", "-c", "cd "+dir+" && echo in && read line")
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "in\n" {
		t.Fatalf("%q: %q, %v", args, line, err)
	}
	return func() {
		in.Close()
		_ = cmd.Wait() // read fails at the end of its input
	}
}
