//go:build linux

package launch

import (
	"bufio"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nsview/nsview/fixtures/rootfs"
	"github.com/nsview/nsview/launch/capset"
	"github.com/nsview/nsview/launch/seccomp"
)

// ownRoot is built once for all tests; [TestMain] removes it.
var ownRoot = sync.OnceValues(func() (*rootfs.Root, error) {
	dir, err := os.MkdirTemp("", "nsview-launch-test")
	if err != nil {
		return nil, err
	}
	ownRootDir = dir
	return rootfs.Open(dir)
})

var ownRootDir string

// container is a Spec of a whole container, for whoever runs the test.
func container(t *testing.T, script string) Spec {
	t.Helper()
	needsNamespaces(t)
	r, err := ownRoot()
	try(t, err)
	s := Spec{
		Namespaces: Mount | PID | UTS | IPC | Net | Cgroup,
		Root:       Request{Slave, true},
		Rootfs: &Rootfs{
			Layers: []string{r.Dir}, Mounts: DefaultMounts(-1, false), Links: DefaultLinks(),
			Devices: DefaultDevices(os.Geteuid() != 0), Masked: DefaultMasked(), ReadOnlyPaths: DefaultReadOnlyPaths(),
		},
		Dir:  "/",
		Args: []string{"/bin/sh", "-c", script},
		Env:  []string{"PATH=" + defaultPath},
	}
	if os.Geteuid() != 0 {
		s.Namespaces |= User
		s.UIDs, s.GIDs = []IDMap{{0, os.Getuid(), 1}}, []IDMap{{0, os.Getgid(), 1}}
	}
	return s
}

// said runs a container and returns what it said and its exit status.
func said(t *testing.T, s Spec) (string, int) {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), "")
	try(t, err)
	defer out.Close()
	state, err := Run(t.Context(), s, Streams{Out: out, Err: out})
	try(t, err)
	text, err := os.ReadFile(out.Name())
	try(t, err)
	return string(text), state.ExitCode()
}

func to[T any](v T) *T { return &v }

func TestCapabilitiesOfTheCommand(t *testing.T) {
	s := container(t, `grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status; umask`)
	sets := capset.For(capset.Docker(), true)
	s.Capabilities, s.NoNewPrivileges, s.Umask = &sets, true, to(0o27)
	got, _ := said(t, s)
	for _, line := range []string{
		"CapInh:\t0000000000000000", "CapPrm:\t00000000a80425fb", "CapEff:\t00000000a80425fb",
		"CapBnd:\t00000000a80425fb", "CapAmb:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t0", "0027",
	} {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("no %q in\n%s", line, got)
		}
	}
}

// Another user than root has none of the capabilities, and may have no more
// than the bounding set.
func TestCapabilitiesOfAnotherUser(t *testing.T) {
	needsRoot(t)
	s := container(t, `grep -E "^Cap" /proc/self/status; id -u; id -g; id -G; echo $HOME`)
	sets := capset.For(capset.Docker(), false)
	s.Capabilities, s.Login = &sets, &Login{User: "33:44", Groups: []string{"55"}}
	got, _ := said(t, s)
	want := "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n" +
		"CapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000\n33\n44\n44 55\n/\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// A filter that is loaded by whoever has the right, and by whoever gives up
// gaining new ones.
func TestFilter(t *testing.T) {
	p, err := seccomp.Default(capset.Docker().Names())
	try(t, err)
	program, err := seccomp.Compile(p)
	try(t, err)
	for _, noNew := range []bool{false, true} {
		s := container(t, `grep -E "^Seccomp:" /proc/self/status; unshare --uts true || echo refused; exit 5`)
		sets := capset.For(capset.Docker(), true)
		s.Capabilities, s.NoNewPrivileges = &sets, noNew
		s.Filter = &Filter{Code: string(program.Code), Flags: program.Flags}
		got, status := said(t, s)
		if !strings.Contains(got, "Seccomp:\t2\n") || !strings.Contains(got, "refused\n") || status != 5 {
			t.Errorf("no new privileges %v: status %d, it said\n%s", noNew, status, got)
		}
	}
	s := container(t, "true")
	s.Filter = &Filter{Code: "not a program."}
	if _, err := Run(t.Context(), s, Streams{}); !errors.Is(err, unix.EINVAL) {
		t.Errorf("a filter that is none: %v", err)
	}
}

func TestLimitsAndSettings(t *testing.T) {
	s := container(t, `ulimit -Sn; ulimit -Hn; cat /proc/self/oom_score_adj /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward; echo 9 >/proc/sys/kernel/msgmax`)
	nofile, err := LimitByName("nofile")
	try(t, err)
	s.Limits = []Limit{{Resource: nofile, Soft: 77, Hard: 99}}
	s.OOMScoreAdj = to(555)
	s.Sysctls = []Sysctl{{"kernel.msgmax", "12345"}, {"net/ipv4/ip_forward", "1"}}
	got, _ := said(t, s)
	if !strings.HasPrefix(got, "77\n99\n555\n12345\n1\n") || !strings.Contains(got, "Read-only file system") {
		t.Errorf("it said\n%s", got)
	}
	for name, want := range map[string]string{
		"vm.swappiness": "the same for all of the host", "kernel/../vm/swappiness": "no name", "": "the same",
	} {
		s.Sysctls = []Sysctl{{name, "1"}}
		if _, err := Plan(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", name, err)
		}
	}
	s.Namespaces &^= Net
	s.Sysctls = []Sysctl{{"net.ipv4.ip_forward", "1"}}
	if _, err := Plan(s); err == nil || !strings.Contains(err.Error(), "needs a namespace of its own (CLONE_NEWNET)") {
		t.Errorf("a setting of the host's network: %v", err)
	}
}

func TestLoginByName(t *testing.T) {
	needsRoot(t)
	etc := t.TempDir()
	try(t, os.WriteFile(etc+"/passwd", []byte("root:x:0:0::/root:/bin/sh\nweb:x:33:34::/var/www:/bin/sh\n"), 0o644))
	try(t, os.WriteFile(etc+"/group", []byte("root:x:0:\nwww:x:34:\nlogs:x:77:web\n"), 0o644))
	ask := func(who string) (string, error) {
		s := container(t, `id -u; id -g; id -G; echo $HOME`)
		s.Rootfs.Mounts = append(s.Rootfs.Mounts, MountPoint{Target: "/etc", Bind: etc})
		s.Login = &Login{User: who}
		out, err := os.CreateTemp(t.TempDir(), "")
		try(t, err)
		defer out.Close()
		_, err = Run(t.Context(), s, Streams{Out: out})
		text, _ := os.ReadFile(out.Name())
		return strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", ","), err
	}
	for who, want := range map[string]string{
		"web": "33,34,34 77,/var/www", "web:logs": "33,77,77,/var/www", "33": "33,34,34 77,/var/www", "4711": "4711,0,0,/", "root": "0,0,0,/root",
	} {
		if got, err := ask(who); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", who, got, err, want)
		}
	}
	if _, err := ask("nobody-here"); err == nil || !strings.Contains(err.Error(), "nobody-here") || !strings.Contains(err.Error(), "passwd") {
		t.Errorf("a name not known: %v", err)
	}
	// A pipe would never end.
	try(t, os.Remove(etc+"/passwd"))
	try(t, unix.Mkfifo(etc+"/passwd", 0o644))
	if _, err := ask("web"); err == nil || !strings.Contains(err.Error(), "/etc/passwd is no plain file") {
		t.Errorf("a pipe for passwd: %v", err)
	}
}

// The terminal is the container's own: of its devpts, its first, its console,
// with job control, and of the size that was asked for.
func TestTerminal(t *testing.T) {
	s := container(t, `trap : INT; tty; stty size; stty size </dev/console; test -t 2 && echo yes; ps -o tpgid=,pid= -p $$; sh -c 'echo there; exec sleep 600'; stty size`)
	s.Terminal = &Terminal{WindowSize{33, 99}}
	p, err := Start(t.Context(), s, Streams{})
	try(t, err)
	defer p.Stop()
	tty := p.Terminal()
	defer tty.Close()
	lines := bufio.NewReader(tty)
	next := func() string {
		line, _ := lines.ReadString('\n')
		return strings.Trim(line, "\r\n")
	}
	for _, want := range []string{"/dev/pts/0", "33 99", "33 99", "yes"} {
		if got := next(); got != want {
			t.Errorf("it said %q, want %q", got, want)
		}
	}
	if got := next(); !regexp.MustCompile(`^ *1 +1$`).MatchString(got) {
		t.Errorf("the command is not in the foreground: %q", got)
	}
	if got := next(); got != "there" {
		t.Errorf("it said %q", got)
	}
	try(t, unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 10, Col: 20}))
	_, err = tty.WriteString("\x03") // Ctrl-C ends sleep, and only that
	try(t, err)
	rest, _ := io.ReadAll(lines)
	if !strings.Contains(string(rest), "10 20") {
		t.Errorf("behind Ctrl-C it said %q", rest)
	}
	if state, err := p.Wait(); err != nil || !state.Success() {
		t.Errorf("it ended with %v, %v", state, err)
	}
}

// With an init orphans are waited for, signals reach the command, and its exit
// status is the container's.
func TestInit(t *testing.T) {
	s := container(t, `
		trap 'echo told; exit 9' TERM
		(sleep 0 & exec true)                   # an orphan, soon dead
		while test "$(ls -d /proc/[0-9]* | wc -l)" -gt 4; do :; done
		grep -h "^Name" /proc/1/status
		echo >/proc/1/exe
		echo ready
		while :; do read x </proc/1/comm; done`)
	s.Init = true
	r, w, err := os.Pipe()
	try(t, err)
	defer r.Close()
	p, err := Start(t.Context(), s, Streams{Out: w, Err: w})
	w.Close()
	try(t, err)
	defer p.Stop()
	lines := bufio.NewScanner(r)
	var all []string
	for lines.Scan() {
		all = append(all, lines.Text())
		if lines.Text() == "ready" {
			try(t, p.Signal(unix.SIGTERM))
		}
	}
	text := strings.Join(all, "\n")
	if !strings.HasSuffix(text, "ready\ntold") || !strings.Contains(text, "1/exe: ") {
		t.Errorf("it said\n%s", text)
	}
	if state, err := p.Wait(); err != nil || state.ExitCode() != 9 {
		t.Errorf("it ended with %v, %v", state, err)
	}
	for script, want := range map[string]int{"exit 7": 7, "kill -9 $$": 137} {
		s.Args[2] = script
		if got, status := said(t, s); status != want {
			t.Errorf("%s: status %d, %s", script, status, got)
		}
	}
	s.Args = []string{"no-such-command"}
	if got, status := said(t, s); status != 127 || got != "nsview: start \"no-such-command\": executable file not found in $PATH\n" {
		t.Errorf("status %d, %s", status, got)
	}
}
