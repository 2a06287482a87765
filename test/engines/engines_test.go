//go:build linux

// Package engines_test holds nsview against real engines: what Docker, Podman
// and containerd say about a container they run, nsview must say too.
package engines_test

import (
	"bytes"
	"context"
	"encoding/json"
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
	"time"

	"github.com/google/go-cmp/cmp"
)

// patience is how long an engine may take for anything at all.
const patience = 60 * time.Second

// container is one that an engine runs, in the engine's own words.
type container struct {
	owner  *regexp.Regexp // what nsview calls it
	target string         // how a person names it
	id     string         // unique, long where the engine has long ones
	pid    int
	pids   []int    // what the engine's top shows
	layers []string // upper directory first; nil when the engine does not say
}

// Every container runs two processes and has the same mounts: volumes of the
// three propagations and a tmpfs.
var command = []string{"sh", "-c", "sleep 100000 & exec sleep 100000"}

const (
	slaveDir, privateDir, sharedDir = "/run/volumes/slave", "/run/volumes/private", "/run/volumes/shared"
)

func needs(t *testing.T, packageOf ...string) {
	t.Helper()
	if noStage != "" {
		t.Skip(noStage)
	}
	var missing []string
	for i := 0; i < len(packageOf); i += 2 {
		if _, err := exec.LookPath(packageOf[i]); err != nil {
			missing = append(missing, fmt.Sprintf("%s (package %s)", packageOf[i], packageOf[i+1]))
		}
	}
	if len(missing) > 0 {
		t.Skip("needs " + strings.Join(missing, ", "))
	}
	for _, dir := range []string{slaveDir, privateDir, sharedDir} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDocker(t *testing.T) {
	needs(t, "dockerd", "docker.io", "docker", "docker.io", "containerd", "containerd", "runc", "runc")
	image := writeImage(t)
	daemon := start(t, []string{"docker", "version"},
		"dockerd", "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false",
		"--storage-driver=overlay2", "--exec-opt=native.cgroupdriver=cgroupfs")

	run(t, "docker", "load", "--quiet", "--input", image)
	args := []string{
		"docker", "run", "--detach", "--name=c1", "--network=none", "--tmpfs=/t",
		"--volume=" + slaveDir + ":/data:rslave", "--volume=" + privateDir + ":/priv:private", "--volume=" + sharedDir + ":/sh:rshared",
		imageName,
	}
	id := run(t, append(args, command...)...)
	t.Cleanup(func() { run(t, "docker", "rm", "--force", "c1") })

	var inspected []struct {
		State       struct{ Pid int }
		GraphDriver struct{ Data map[string]string }
	}
	decode(t, run(t, "docker", "inspect", "c1"), &inspected)
	c := container{
		owner: regexp.MustCompile(`^docker:c1$`), target: "c1", id: id,
		pid: inspected[0].State.Pid, layers: overlayLayers(t, inspected[0].GraphDriver.Data),
		pids: numbers(t, run(t, "docker", "top", "c1", "-eo", "pid")),
	}
	check(t, c, "docker:c1", "docker:"+id[:12])
	t.Run("the same bundle", func(t *testing.T) { sameBundle(t, id, c.pid) })

	t.Run("hung daemon", func(t *testing.T) {
		pause(t, daemon)
		rows, _ := list(t)
		c.checkRow(t, rows) // the name is on disk
	})
	t.Run("hung daemon, no files", func(t *testing.T) {
		pause(t, daemon)
		const dir = "/var/lib/docker/containers"
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, ""); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
				t.Error(err)
			}
		}()
		rows, gaps := list(t)
		unnamed := c
		unnamed.owner = regexp.MustCompile("^docker:" + id[:12])
		unnamed.checkRow(t, rows)
		if !slices.ContainsFunc(gaps, func(g gap) bool { return g.Subject == "docker" }) {
			t.Errorf("no gap tells of the Docker daemon that did not answer; gaps: %+v", gaps)
		}
	})
}

// pause stops a process until the test ends.
func pause(t *testing.T, p *os.Process) {
	t.Helper()
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Signal(syscall.SIGCONT); err != nil {
			t.Error(err)
		}
	})
}

func TestPodman(t *testing.T) {
	needs(t, "podman", "podman", "conmon", "conmon")
	podman := []string{"podman", "--storage-driver=overlay", "--cgroup-manager=cgroupfs"}
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); errors.Is(err, fs.ErrNotExist) {
		// crun: "cgroups in hybrid mode not supported, drop all controllers from cgroupv2"
		needs(t, "runc", "runc")
		podman = append(podman, "--runtime=runc")
	}
	image := writeImage(t)
	run(t, with(podman, "load", "--quiet", "--input", image)...)
	args := with(podman, "run", "--detach", "--name=p1", "--network=none", "--tmpfs=/t",
		"--volume="+slaveDir+":/data:rslave", "--volume="+privateDir+":/priv:private", "--volume="+sharedDir+":/sh:rshared",
		imageName)
	id := run(t, with(args, command...)...)
	t.Cleanup(func() { run(t, with(podman, "rm", "--force", "--time=0", "p1")...) })

	var inspected []struct {
		State       struct{ Pid int }
		GraphDriver struct{ Data map[string]string }
	}
	decode(t, run(t, with(podman, "inspect", "p1")...), &inspected)
	c := container{
		owner: regexp.MustCompile(`^podman:p1$`), target: "p1", id: id,
		pid: inspected[0].State.Pid, layers: overlayLayers(t, inspected[0].GraphDriver.Data),
		pids: numbers(t, run(t, with(podman, "top", "p1", "hpid")...)),
	}
	check(t, c, "podman:p1", "podman:"+id[:12])
}

func TestContainerd(t *testing.T) {
	needs(t, "containerd", "containerd", "ctr", "containerd", "runc", "runc")
	image := writeImage(t)
	start(t, []string{"ctr", "version"}, "containerd")

	run(t, "ctr", "image", "import", image)
	bind := func(source, target, propagation string) string {
		return "type=bind,src=" + source + ",dst=" + target + ",options=rbind:" + propagation + ":rw"
	}
	args := []string{
		"ctr", "run", "--detach",
		"--mount", bind(slaveDir, "/data", "rslave"), "--mount", bind(privateDir, "/priv", "private"),
		"--mount", bind(sharedDir, "/sh", "rshared"), "--mount", "type=tmpfs,src=tmpfs,dst=/t,options=rw",
		imageName, "k1",
	}
	run(t, append(args, command...)...)
	t.Cleanup(func() {
		run(t, "ctr", "task", "rm", "--force", "k1")
		run(t, "ctr", "container", "rm", "k1")
	})

	pids := numbers(t, run(t, "ctr", "task", "ps", "k1"))
	c := container{
		owner: regexp.MustCompile(`^containerd:.*\bk1$`), target: "k1", id: "k1",
		pid: slices.Min(pids), pids: pids,
	}
	check(t, c)
}

// check compares all that nsview says of a container with what its engine and
// the kernel say; more are further names by which it must be found.
func check(t *testing.T, c container, more ...string) {
	t.Helper()
	t.Run("list", func(t *testing.T) {
		rows, _ := list(t)
		c.checkRow(t, rows)
	})
	t.Run("names", func(t *testing.T) {
		want := filesystems(t, c.target)
		ino := strconv.FormatUint(c.ns(t), 10)
		for _, target := range append(more, c.id, c.id[:min(12, len(c.id))], strconv.Itoa(c.pid), ino, "mnt:["+ino+"]") {
			if len(target) < 4 && target == c.id {
				continue // shorter than a prefix may be, and tried as the name already
			}
			if diff := cmp.Diff(want, filesystems(t, target)); diff != "" {
				t.Errorf("tree %s differs from tree %s (-%[2]s +%[1]s):\n%[3]s", target, c.target, diff)
			}
		}
	})
	t.Run("propagation", func(t *testing.T) {
		mounts := tree(t, c.target)
		for target, want := range map[string]string{
			"/data": `^master:\d+$`, "/priv": `^private$`, "/sh": `^shared:\d+(,master:\d+)?$`,
		} {
			m, ok := mounts[target]
			if !ok {
				t.Errorf("tree %s has no %s", c.target, target)
			} else if !regexp.MustCompile(want).MatchString(m.Propagation) {
				t.Errorf("%s is %s, want %s", target, m.Propagation, want)
			}
		}
		if m := mounts["/t"]; m.FSType != "tmpfs" {
			t.Errorf("/t is %q, want tmpfs", m.FSType)
		}
		for target, want := range propagationOf(t, c.pid) {
			if got := mounts[target].Propagation; got != want {
				t.Errorf("%s is %q, the kernel says %q", target, got, want)
			}
		}
	})
	t.Run("layers", func(t *testing.T) {
		want := c.layers
		if want == nil {
			want = kernelLayers(t, c.pid)
		}
		if got := layersOf(t, c.target); !slices.Equal(got, want) {
			t.Errorf("layers of %s:\n%q\nwant\n%q", c.target, got, want)
		}
	})
	t.Run("holders", func(t *testing.T) { c.checkHolders(t, more) })
}

// checkHolders: by every name of the container its root file system is found,
// with the processes that have it.
func (c container) checkHolders(t *testing.T, more []string) {
	t.Helper()
	type held struct {
		Target   struct{ Kind string }
		Verdicts struct{ Device struct{ Answer string } }
		Holders  []struct {
			Kind string
			NS   *struct{ Inode uint64 }
			Task *struct{ PID int }
		}
	}
	has := func(h held, kind string) bool {
		for _, row := range h.Holders {
			if strings.HasPrefix(row.Kind, kind) && row.NS != nil && row.NS.Inode == c.ns(t) {
				return true
			}
		}
		return false
	}
	for _, name := range append(more, c.target) {
		var h held
		ask(t, &h, "holders", "-J", name)
		if h.Target.Kind != "filesystem" || h.Verdicts.Device.Answer != "held" || !has(h, "mount") || !has(h, "root") {
			t.Errorf("holders %s: %+v", name, h)
		}
	}
	var h held
	ask(t, &h, "holders", "-J", c.target+":/t", "--for", "umount")
	if h.Target.Kind != "mount" || !has(h, "mount") {
		t.Errorf("holders %s:/t: %+v", c.target, h)
	}
}

func (c container) ns(t *testing.T) uint64 {
	t.Helper()
	var st syscall.Stat_t
	if err := syscall.Stat(fmt.Sprintf("/proc/%d/ns/mnt", c.pid), &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

func (c container) checkRow(t *testing.T, rows []row) {
	t.Helper()
	i := slices.IndexFunc(rows, func(r row) bool { return r.NS == c.ns(t) })
	if i < 0 {
		t.Fatalf("list has no namespace %d; rows: %+v", c.ns(t), rows)
	}
	r := rows[i]
	if r.Owner == nil || !c.owner.MatchString(*r.Owner) {
		t.Errorf("owner of %d is %s, want %s", r.NS, text(r.Owner), c.owner)
	}
	if r.NProcs != len(c.pids) {
		t.Errorf("%d has %d processes, the engine's top shows %d", r.NS, r.NProcs, len(c.pids))
	}
	if r.PID != slices.Min(c.pids) {
		t.Errorf("lowest pid of %d is %d, the engine's top shows %v", r.NS, r.PID, c.pids)
	}
}

func text(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// What nsview prints as JSON, as far as the tests read it.
type (
	row struct {
		NS     uint64
		Type   string
		NProcs int
		PID    int
		Owner  *string
	}
	gap   struct{ Subject, Op, Error string }
	mount struct {
		Target, FSType, Propagation string
		Layers                      json.RawMessage
		Children                    []mount
	}
)

func list(t *testing.T) ([]row, []gap) {
	t.Helper()
	var answer struct {
		Namespaces []row
		Gaps       []gap
	}
	decode(t, nsview(t, "list", "-t", "mnt", "-J"), &answer)
	return answer.Namespaces, answer.Gaps
}

// tree gives the mounts that a target sees by where they are; of several in one
// place the uppermost, which comes last.
func tree(t *testing.T, target string, flags ...string) map[string]mount {
	t.Helper()
	var answer struct{ Filesystems []mount }
	decode(t, nsview(t, append([]string{"tree", "-J", target}, flags...)...), &answer)
	found := map[string]mount{}
	var walk func([]mount)
	walk = func(mounts []mount) {
		for _, m := range mounts {
			found[m.Target] = m
			walk(m.Children)
		}
	}
	walk(answer.Filesystems)
	return found
}

// filesystems gives the mounts that a target sees, as nsview prints them. The
// gaps beside them tell how it was searched for, and that may differ.
func filesystems(t *testing.T, target string) string {
	t.Helper()
	var answer struct{ Filesystems json.RawMessage }
	decode(t, nsview(t, "tree", "-J", target), &answer)
	return string(answer.Filesystems)
}

// layersOf gives the layers of the root mount as nsview lists them, short links resolved.
func layersOf(t *testing.T, target string) []string {
	t.Helper()
	raw := tree(t, target, "-o", "TARGET,LAYERS")["/"].Layers
	var layers []string
	if err := json.Unmarshal(raw, &layers); err != nil {
		t.Fatalf("layers of the root of %s: %v in %s", target, err, raw)
	}
	return resolve(t, layers)
}

func resolve(t *testing.T, paths []string) []string {
	t.Helper()
	var real []string
	for _, path := range paths {
		r, err := filepath.EvalSymlinks(path)
		if err != nil {
			t.Fatal(err)
		}
		real = append(real, r)
	}
	return real
}

// overlayLayers reads what docker and podman inspect say of the overlay driver.
func overlayLayers(t *testing.T, data map[string]string) []string {
	t.Helper()
	return resolve(t, append([]string{data["UpperDir"]}, strings.Split(data["LowerDir"], ":")...))
}

// kernelLayers reads the overlay at the root of a process from its mountinfo.
func kernelLayers(t *testing.T, pid int) []string {
	t.Helper()
	var upper string
	var lower []string
	for _, fields := range mountinfo(t, pid) {
		if fields[4] != "/" {
			continue
		}
		for option := range strings.SplitSeq(fields[len(fields)-1], ",") {
			key, value, _ := strings.Cut(option, "=")
			switch key {
			case "upperdir":
				upper = value
			case "lowerdir":
				lower = strings.Split(value, ":")
			}
		}
	}
	return resolve(t, append([]string{upper}, lower...))
}

// propagationOf reads the optional fields of a process's mountinfo, for every
// place with one mount only.
func propagationOf(t *testing.T, pid int) map[string]string {
	t.Helper()
	found := map[string]string{}
	var twice []string
	for _, fields := range mountinfo(t, pid) {
		var tags []string
		for _, tag := range fields[6:slices.Index(fields, "-")] {
			tags = append(tags, strings.Replace(tag, "propagate_from:", "from:", 1))
		}
		if len(tags) == 0 {
			tags = []string{"private"}
		}
		if _, ok := found[fields[4]]; ok {
			twice = append(twice, fields[4])
		}
		found[fields[4]] = strings.Join(tags, ",")
	}
	for _, target := range twice {
		delete(found, target)
	}
	return found
}

func mountinfo(t *testing.T, pid int) [][]string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid))
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	for line := range strings.Lines(string(text)) {
		lines = append(lines, strings.Fields(line))
	}
	return lines
}

// nsview runs the program under test; 3 says that something could not be read,
// which is for the caller to judge.
func nsview(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Getenv(nsviewVar), args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 3) {
		t.Fatalf("nsview %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

// complaint is a line of a daemon's log that tells why something failed.
var complaint = regexp.MustCompile(`(?m)^.*level=(error|fatal).*$`)

// start runs a daemon until the test ends, and waits until it answers.
func start(t *testing.T, answers []string, args ...string) *os.Process {
	t.Helper()
	logged, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer logged.Close()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = logged, logged
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
		select {
		case <-ended:
		case <-time.After(patience):
			t.Errorf("%s did not end when told to", args[0])
			_ = cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			said, _ := os.ReadFile(logged.Name())
			t.Logf("%s complained:\n%s", args[0], bytes.Join(complaint.FindAll(said, -1), []byte("\n")))
		}
	})

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	for {
		out, err := exec.CommandContext(ctx, answers[0], answers[1:]...).CombinedOutput()
		if err == nil {
			return cmd.Process
		}
		select {
		case <-retry.C:
		case <-ended:
			t.Fatalf("%s ended at once", args[0])
		case <-ctx.Done():
			t.Fatalf("%s does not answer: %v\n%s", args[0], err, out)
		}
	}
}

// run gives the standard output of a command that must succeed.
func run(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, &stdout, &stderr)
	}
	return strings.TrimSpace(stdout.String())
}

func with(args []string, more ...string) []string {
	return append(slices.Clone(args), more...)
}

func decode(t *testing.T, document string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(document), into); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
}

// numbers reads the first column of a table of processes without its heading.
func numbers(t *testing.T, table string) []int {
	t.Helper()
	var found []int
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if n, err := strconv.Atoi(fields[0]); err == nil {
			found = append(found, n)
		}
	}
	if len(found) == 0 {
		t.Fatalf("no process in %q", table)
	}
	return found
}
