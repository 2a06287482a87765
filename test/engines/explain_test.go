//go:build linux

package engines_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// explained is what nsview explain -J says.
type explained struct {
	Verdict, Reason, Text string
	Fix                   []string
	Arrivals              []struct {
		NS     uint64
		Target string
	}
	Now *explained
}

// explain asks about places.
func explain(t *testing.T, places ...string) explained {
	t.Helper()
	var e explained
	ask(t, &e, append([]string{"explain", "-J"}, places...)...)
	return e
}

// ask asks a question whose answer may be no and unknown, which are no failures.
func ask(t *testing.T, into any, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Getenv(nsviewVar), args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() == 2) {
		t.Fatalf("nsview %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	decode(t, string(out), into)
}

// volumeOf makes a directory to mount things on.
func volumeOf(t *testing.T, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDockerExplained(t *testing.T) {
	needs(t, "dockerd", "docker.io", "docker", "docker.io", "containerd", "containerd", "runc", "runc")
	image := writeImage(t)
	start(t, []string{"docker", "version"},
		"dockerd", "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false",
		"--storage-driver=overlay2", "--exec-opt=native.cgroupdriver=cgroupfs")
	run(t, "docker", "load", "--quiet", "--input", image)
	v := volumes{engine: "docker", docker: []string{"docker"}, pid: "{{.State.Pid}}"}
	v.run(t, "e1")
	t.Run("three propagations", v.check)
	t.Run("foretold", v.foretold)
	t.Run("refused", func(t *testing.T) { refused(t, []string{"docker"}) })
	t.Run("removed", v.removed)
}

func TestPodmanExplained(t *testing.T) {
	needs(t, "podman", "podman", "conmon", "conmon")
	podman := []string{"podman", "--storage-driver=overlay", "--cgroup-manager=cgroupfs"}
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); errors.Is(err, fs.ErrNotExist) {
		needs(t, "runc", "runc")
		podman = append(podman, "--runtime=runc") // crun drops the controllers of hybrid hosts
	}
	run(t, with(podman, "load", "--quiet", "--input", writeImage(t))...)
	v := volumes{engine: "podman", docker: podman, pid: "{{.State.Pid}}"}
	v.run(t, "e2")
	t.Run("three propagations", v.check)
	t.Run("foretold", v.foretold)
}

// volumes is a container with a volume of each propagation, for an engine that
// takes docker's words.
type volumes struct {
	engine string
	docker []string
	pid    string // how inspect gives the process
	name   string
	at     int
}

func (v *volumes) run(t *testing.T, name string) {
	t.Helper()
	v.name = name
	for _, dir := range []string{slaveDir, privateDir, sharedDir} {
		volumeOf(t, dir+"/new")
	}
	args := with(v.docker, "run", "--detach", "--name="+name, "--network=none",
		"--volume="+slaveDir+":/data:rslave", "--volume="+privateDir+":/priv", "--volume="+sharedDir+":/sh:rshared", imageName)
	run(t, append(args, command...)...)
	t.Cleanup(func() {
		if v.name != "" {
			run(t, with(v.docker, "rm", "--force", name)...)
		}
	})
	var err error
	if v.at, err = strconv.Atoi(run(t, with(v.docker, "inspect", "--format", v.pid, name)...)); err != nil {
		t.Fatal(err)
	}
}

// check asks about each volume in both directions, and has the kernel judge.
func (v *volumes) check(t *testing.T) {
	for _, c := range []struct{ host, inside, down, up string }{
		{slaveDir, "/data", "travels", "slave-does-not-send"},
		{privateDir, "/priv", "receiver-private", "source-not-a-shared-mount"},
		{sharedDir, "/sh", "travels", "travels"},
	} {
		down := explain(t, c.host+"/new", v.name+":"+c.inside+"/new")
		if down.Reason != c.down || (down.Verdict == "yes") != (c.down == "travels") {
			t.Errorf("down to %s: %s (%s): %s", c.inside, down.Verdict, down.Reason, down.Text)
		}
		up := explain(t, v.name+":"+c.inside+"/new", c.host+"/new")
		if up.Reason != c.up || (up.Verdict == "yes") != (c.up == "travels") {
			t.Errorf("up from %s: %s (%s): %s", c.inside, up.Verdict, up.Reason, up.Text)
		}
		if got := v.arrives(t, c.host+"/new", c.inside+"/new"); got != (down.Verdict == "yes") {
			t.Errorf("down to %s: nsview says %s, the kernel %v", c.inside, down.Verdict, got)
		}
		if c.down == "receiver-private" {
			hasFix(t, down, v.engine+" run -v "+c.host+":"+c.inside+":rslave")
		}
		if c.up != "travels" {
			hasFix(t, up, v.engine+" run -v "+c.host+":"+c.inside+":rshared")
		}
	}
}

func hasFix(t *testing.T, e explained, want string) {
	t.Helper()
	if !slices.ContainsFunc(e.Fix, func(f string) bool { return strings.HasPrefix(f, want) }) {
		t.Errorf("%s: no fix starts with %q: %q", e.Reason, want, e.Fix)
	}
}

// arrives makes a mount on the host's side and looks into the container.
func (v *volumes) arrives(t *testing.T, host, inside string) bool {
	t.Helper()
	if err := syscall.Mount("probe", host, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Unmount(host, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}()
	return slices.ContainsFunc(mountinfo(t, v.at), func(f []string) bool { return f[4] == inside })
}

var notShared = regexp.MustCompile(`path (\S+) is mounted on (\S+) but it is not a shared mount`)

// refused has the engine refuse a volume below a private mount; nsview says it
// in the same words.
func refused(t *testing.T, docker []string) {
	closed := volumeOf(t, "/run/volumes/closed")
	if err := syscall.Mount("tmpfs", closed, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(closed, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	if err := syscall.Mount("", closed, "", syscall.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	sub := volumeOf(t, filepath.Join(closed, "sub"))
	args := with(docker, "run", "--rm", "--network=none", "--volume="+sub+":/x:rshared", imageName, "true")
	out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	words := notShared.FindString(string(out))
	if err == nil || words == "" {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	for _, places := range [][]string{{sub}, {sub, "e1:/sh/new"}} {
		e := explain(t, places...)
		if e.Verdict != "no" || e.Reason != "source-not-a-shared-mount" || !strings.Contains(e.Text, words) {
			t.Errorf("explain %v: %s (%s) %s\nwant: %s", places, e.Verdict, e.Reason, e.Text, words)
		}
	}
	hasFix(t, explain(t, sub, "e1:/sh/new"), "mount --make-shared "+closed)
}

// removed takes the container away while a descriptor keeps its namespace: what
// is mounted on the volume still goes there.
func (v *volumes) removed(t *testing.T) {
	pin, err := os.Open(fmt.Sprintf("/proc/%d/ns/mnt", v.at))
	if err != nil {
		t.Fatal(err)
	}
	defer pin.Close()
	info, err := pin.Stat()
	if err != nil {
		t.Fatal(err)
	}
	ino := info.Sys().(*syscall.Stat_t).Ino
	run(t, with(v.docker, "rm", "--force", v.name)...)
	v.name = ""
	e := explain(t, sharedDir+"/new")
	if !slices.ContainsFunc(e.Arrivals, func(a struct {
		NS     uint64
		Target string
	},
	) bool {
		return a.NS == ino && a.Target == "/sh/new"
	}) {
		t.Errorf("nothing arrives in mnt:[%d]: %+v", ino, e.Arrivals)
	}
	if e := explain(t, sharedDir+"/new", fmt.Sprintf("mnt:[%d]:/sh/new", ino)); e.Verdict != "yes" {
		t.Errorf("%s (%s): %s", e.Verdict, e.Reason, e.Text)
	}
}
