//go:build linux

package engines_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nsview/nsview/test/built"
)

// The engines run on a stage of their own: new mount, pid, network, IPC and
// cgroup namespaces, with empty /run and /var/lib and a throwaway /etc, so that
// every engine finds its standard paths and nothing of the machine is touched.
// The test binary takes four parts, each started by the one before it:
//
//	outer   builds nsview, makes an empty cgroup in every hierarchy, removes it at the end
//	mover   enters those cgroups, so that they become the roots of the cgroup namespace
//	init    pid 1 of the stage: mounts what the stage needs, reaps what engines orphan
//	tests   runs the tests
//
// When init ends, the kernel ends every process of the stage and drops its mounts.
const (
	partVar   = "NSVIEW_ENGINES_PART"
	nsviewVar = "NSVIEW_ENGINES_NSVIEW"
	cgroupVar = "NSVIEW_ENGINES_CGROUP"
	reasonVar = "NSVIEW_ENGINES_REASON"

	stageFlags = syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET |
		syscall.CLONE_NEWIPC | syscall.CLONE_NEWCGROUP
)

// noStage says why the tests cannot have a stage here; every test skips with it.
var noStage string

func TestMain(m *testing.M) {
	// Pdeathsig follows the thread that started a child, so that thread stays.
	runtime.LockOSThread()
	var status int
	var err error
	switch os.Getenv(partVar) {
	case "":
		status, err = outer(m)
	case "mover":
		status, err = mover()
	case "init":
		status, err = stageInit()
	case "tests":
		status = m.Run()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "engines: %v\n", err)
		os.Exit(1)
	}
	os.Exit(status)
}

func outer(m *testing.M) (int, error) {
	if os.Geteuid() != 0 {
		noStage = "needs root: Docker, Podman and containerd are started in namespaces of their own"
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "nsview-engines-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)

	nsview, err := built.Nsview(dir)
	if err != nil {
		return 0, err
	}

	name := "nsview-engines-" + strconv.Itoa(os.Getpid())
	hierarchies, err := cgroupMounts()
	if err != nil {
		return 0, err
	}
	defer func() {
		for _, h := range hierarchies {
			removeCgroups(filepath.Join(h.point, name))
		}
	}()
	for _, h := range hierarchies {
		if err := h.create(name); err != nil {
			if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
				noStage = "needs writable cgroups: " + err.Error()
				return m.Run(), nil
			}
			return 0, err
		}
	}

	reason := filepath.Join(dir, "reason")
	status, err := runPart("mover", 0, nil, nsviewVar+"="+nsview, cgroupVar+"="+name, reasonVar+"="+reason)
	if err != nil {
		return 0, err
	}
	if why, err := os.ReadFile(reason); err == nil {
		noStage = string(why)
		return m.Run(), nil
	}
	return status, nil
}

func mover() (int, error) {
	name := os.Getenv(cgroupVar)
	hierarchies, err := cgroupMounts()
	if err != nil {
		return 0, err
	}
	for _, h := range hierarchies {
		if err := h.enter(name); err != nil {
			return 0, err
		}
	}
	// Version 2 hands controllers down only from a cgroup without processes.
	leave := func() error {
		for _, h := range hierarchies {
			if h.fstype == "cgroup2" {
				return h.enter("")
			}
		}
		return nil
	}
	status, err := runPart("init", stageFlags, leave)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOSPC) {
		why := "needs namespaces of its own: " + err.Error()
		return 0, os.WriteFile(os.Getenv(reasonVar), []byte(why), 0o600)
	}
	return status, err
}

// runPart runs this binary again as another part and returns its exit status;
// started, if any, is called once the part runs.
func runPart(part string, cloneFlags uintptr, started func() error, env ...string) (int, error) {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), append(env, partVar+"="+part)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: cloneFlags, Pdeathsig: syscall.SIGKILL}
	// What ends the tests must not keep the parts before them from cleaning up.
	// A terminal sends its interrupt to every part, so only SIGTERM is handed on.
	interrupt, terminate := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	signal.Notify(terminate, syscall.SIGTERM)
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start %s: %w", part, err)
	}
	go func() {
		for sig := range terminate {
			_ = cmd.Process.Signal(sig) // it may have ended already
		}
	}()
	if started != nil {
		if err := started(); err != nil {
			return 0, errors.Join(err, cmd.Process.Kill(), cmd.Wait())
		}
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, fmt.Errorf("wait for %s: %w", part, err)
	}
	return exitStatus(cmd.ProcessState.Sys().(syscall.WaitStatus)), nil
}

func exitStatus(ws syscall.WaitStatus) int {
	if ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return ws.ExitStatus()
}

// stageInit is pid 1: it sets the stage, starts the tests, and reaps.
func stageInit() (int, error) {
	if err := setStage(); err != nil {
		return 0, fmt.Errorf("set the stage: %w", err)
	}
	for name, value := range map[string]string{
		partVar: "tests", "HOME": "/run/home", "TMPDIR": "/run/tmp",
		"PATH": os.Getenv("PATH") + ":/usr/local/sbin:/usr/sbin:/sbin",
	} {
		if err := os.Setenv(name, value); err != nil {
			return 0, err
		}
	}
	tests, err := syscall.ForkExec("/proc/self/exe", os.Args, &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{0, 1, 2}, Sys: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return 0, fmt.Errorf("start tests: %w", err)
	}
	status := -1
	for status < 0 {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, 0, nil)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return 0, fmt.Errorf("wait for tests: %w", err)
		}
		if pid == tests && (ws.Exited() || ws.Signaled()) {
			status = exitStatus(ws)
		}
	}
	if left := settled(); len(left) > 0 && status == 0 {
		return 0, fmt.Errorf("the tests left processes behind: %s", strings.Join(left, ", "))
	}
	return status, nil
}

// settled names the processes that do not end by themselves. Podman's cleanup
// of a container that was removed runs on for a moment, by nobody's wish.
func settled() []string {
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	late := time.After(20 * time.Second)
	for {
		for pid := 1; pid > 0; { // orphans are init's children
			pid, _ = syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		}
		left := running()
		if len(left) == 0 {
			return nil
		}
		select {
		case <-retry.C:
		case <-late:
			return left
		}
	}
}

// running names every process of the stage but init itself and the dead.
func running() []string {
	var left []string
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // gone
		}
		pid, _, _ := strings.Cut(string(text), " ")
		state := string(text)[strings.LastIndexByte(string(text), ')')+1:]
		if pid == "1" || strings.HasPrefix(state, " Z") || strings.HasPrefix(state, " X") {
			continue
		}
		cmdline, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		if len(cmdline) > 0 { // kernel threads have none
			left = append(left, pid+" "+strings.ReplaceAll(strings.TrimRight(string(cmdline), "\x00"), "\x00", " "))
		}
	}
	return left
}

// setStage mounts what engines need. It runs in the new mount namespace only.
func setStage() error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make / private: %w", err)
	}
	hierarchies, err := cgroupMounts()
	if err != nil {
		return err
	}
	if err := syscall.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	for _, h := range hierarchies {
		if err := h.mountAgain(); err != nil {
			return err
		}
	}
	for _, dir := range []string{"/run", "/var/lib"} {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0755"); err != nil {
			return fmt.Errorf("mount tmpfs on %s: %w", dir, err)
		}
	}
	for _, dir := range []string{"/run/lock", "/run/home", "/run/tmp", "/run/etc/upper", "/run/etc/work", "/run/volumes"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	err = syscall.Mount("overlay", "/etc", "overlay", 0, "lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work")
	if err != nil {
		return fmt.Errorf("mount overlay on /etc: %w", err)
	}
	if err := syscall.Mount("tmpfs", "/run/volumes", "tmpfs", 0, ""); err != nil {
		return fmt.Errorf("mount tmpfs on /run/volumes: %w", err)
	}
	// Engines refuse rshared and rslave volumes below a private mount.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SHARED, ""); err != nil {
		return fmt.Errorf("make / shared: %w", err)
	}
	return nil
}

// hierarchy is one mounted cgroup hierarchy.
type hierarchy struct {
	point  string
	fstype string // cgroup or cgroup2
	super  string // its own mount options
}

func cgroupMounts() ([]hierarchy, error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var found []hierarchy
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadString('\n')
		if line == "" && err != nil {
			return found, nil
		}
		before, after, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
		if !ok {
			continue
		}
		left, right := strings.Fields(before), strings.Fields(after)
		if len(left) < 5 || len(right) < 3 || (right[0] != "cgroup" && right[0] != "cgroup2") {
			continue
		}
		h := hierarchy{point: left[4], fstype: right[0], super: right[2]}
		if !slices.ContainsFunc(found, func(o hierarchy) bool { return o.fstype == h.fstype && o.super == h.super }) {
			found = append(found, h)
		}
	}
}

func (h hierarchy) create(name string) error {
	dir := filepath.Join(h.point, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	// A cpuset of version 1 takes no process before it has processors and memory.
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		if h.fstype != "cgroup" {
			break
		}
		text, err := os.ReadFile(filepath.Join(h.point, file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (h hierarchy) enter(name string) error {
	procs := filepath.Join(h.point, name, "cgroup.procs")
	return os.WriteFile(procs, []byte(strconv.Itoa(os.Getpid())), 0o644)
}

// mountAgain replaces the inherited mount by one whose root is the stage's cgroup.
func (h hierarchy) mountAgain() error {
	var options []string
	for option := range strings.SplitSeq(h.super, ",") {
		switch {
		case h.fstype == "cgroup2", option == "rw", option == "ro", option == "xattr", strings.HasPrefix(option, "release_agent="):
		case strings.HasPrefix(option, "name="):
			options = append(options, "none", option)
		default:
			options = append(options, option)
		}
	}
	if err := syscall.Unmount(h.point, syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount inherited %s: %w", h.point, err)
	}
	if err := syscall.Mount(h.fstype, h.point, h.fstype, 0, strings.Join(options, ",")); err != nil {
		return fmt.Errorf("mount %s on %s: %w", h.fstype, h.point, err)
	}
	if h.fstype == "cgroup" {
		return nil
	}
	// A cgroup of version 2 that hands controllers down may hold no process itself.
	if err := os.Mkdir(filepath.Join(h.point, "init"), 0o755); err != nil {
		return err
	}
	procs, err := os.ReadFile(filepath.Join(h.point, "cgroup.procs"))
	if err != nil {
		return err
	}
	for pid := range strings.FieldsSeq(string(procs)) {
		if pid == "0" { // mover, as seen from in here
			continue
		}
		if err := os.WriteFile(filepath.Join(h.point, "init", "cgroup.procs"), []byte(pid), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// removeCgroups removes an emptied cgroup with all below it. The kernel may
// take a moment to let go of a cgroup whose last process has just ended.
func removeCgroups(top string) {
	deadline := time.After(5 * time.Second)
	retry := time.NewTicker(10 * time.Millisecond)
	defer retry.Stop()
	for {
		var dirs []string
		_ = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				dirs = append(dirs, path)
			}
			return nil
		})
		for _, dir := range slices.Backward(dirs) {
			_ = syscall.Rmdir(dir)
		}
		if _, err := os.Stat(top); errors.Is(err, fs.ErrNotExist) {
			return
		}
		select {
		case <-retry.C:
		case <-deadline:
			fmt.Fprintf(os.Stderr, "engines: %s is still in use\n", top)
			return
		}
	}
}
