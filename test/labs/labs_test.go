//go:build linux

package labs_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// outcomes is what lab run -J prints.
type outcomes struct {
	Labs []struct {
		Lab, Verdict, Reason string
		Steps                []struct {
			Title   string
			Actions []struct {
				Action, Result, Output string
				Claims                 []struct {
					Claim, Kernel string
					Line          int
					Holds         bool
					Predicted     bool
				}
			}
			Tables []struct {
				Actor string
				Rows  []struct{ Target, Source, Change string }
			}
		}
	}
}

func runJSON(t *testing.T, args ...string) (int, outcomes) {
	t.Helper()
	status, out, said := call(t, append([]string{"lab", "run", "-J"}, args...)...)
	var o outcomes
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		t.Fatalf("%v: %s%s", err, out, said)
	}
	return status, o
}

// TestEveryLab runs them all, and leaves the host's mounts as they were.
func TestEveryLab(t *testing.T) {
	before := mountinfo(t)
	_, o := runJSON(t, "--all")
	for _, l := range o.Labs {
		t.Run(l.Lab, func(t *testing.T) {
			switch l.Verdict {
			case "skipped":
				t.Skip(l.Reason)
			case "as claimed":
				return
			}
			t.Errorf("%s: %s", l.Verdict, l.Reason)
			for _, s := range l.Steps {
				for _, a := range s.Actions {
					for _, c := range a.Claims {
						if !c.Holds {
							t.Errorf("line %d: %s; kernel: %s\n%s", c.Line, c.Claim, c.Kernel, a.Output)
						}
					}
				}
			}
		})
	}
	if after := mountinfo(t); after != before {
		t.Errorf("the mounts of the host changed:\n%s\nwere\n%s", after, before)
	}
}

// TestEveryLabIsThere holds the list against the document that asks for them,
// in both of its tables.
func TestEveryLabIsThere(t *testing.T) {
	_, out, _ := call(t, "lab", "list")
	for name := range strings.FieldsSeq(`
		clone-copies who-is-inside same-inode cannot-unmount-root chroot-is-a-view three-ways-in bind-hides host-dir
		named-volume overlay-layers init-layer rootfs-from-host limits own-hostname pid-one proc-leaks default-propagation
		peer-birth clone-rules propagation-is-per-mount host-to-container container-to-host tuck-beneath runtime-steps
		private-copy-pins slave-copy-busy slave-child-stays rmdir-elsewhere remount-the-source not-retroactive full-receiver
		no-process-left not-a-shared-mount bidirectional mount-bomb pivot-refused unbindable-prunes locked-in-userns`) {
		if !strings.Contains("\n"+out, "\n"+name+" ") {
			t.Errorf("there is no lab %s", name)
		}
	}
}

// TestFalseClaims: each kind of claim can fail, and is then reported.
func TestFalseClaims(t *testing.T) {
	lab := write(t, "false.lab", `title Nothing of this is so
claim all is otherwise
stage
  host: mkdir /mnt/a /mnt/b
  host: mount tmpfs /mnt/a a
  host: clone other
step Every claim here is false.
  host: umount /mnt/b
  => ok
  host: umount /mnt/b
  => fails EBUSY
  host: umount /mnt/b
  host: sh echo hello; exit 3
  => exit 0
  => output contains goodbye
  => output lacks hello
  => output is hell
  => output matches ^ello
  => output orders llo he
  => output counts 2 hello
  host: mount tmpfs /mnt/b b
  => host gains 2
  => host loses 1
  => other gains 1
  => host lacks /mnt/b
  => host has /mnt/c
  => host has /mnt/b type=ext4
  => host has /mnt/b source=a
  => host has /mnt/b root=/x
  => host has /mnt/b prop=shared
  => host has /mnt/b options=ro
  => host has /mnt/b under=/mnt/a
  => host has /mnt/b count=2
  => host shows /mnt/b source=a
  => host hides /mnt/b source=b
  => host stacks /mnt/b b b
  => host file /mnt/c
  => host nofile /mnt/b
  => host whiteout /mnt/b
  => host:/mnt/b peer-of other:/mnt/a
  => host:/mnt/b slave-of other:/mnt/a
  => host:/mnt/b on host:/mnt/a
  => host:/mnt/a same host:/mnt/b
  host: make-shared /mnt/a
  host: clone peer
  => host:/mnt/a apart peer:/mnt/a
`)
	status, o := runJSON(t, lab)
	l := o.Labs[0]
	if l.Verdict == "skipped" {
		t.Skip(l.Reason)
	}
	if status != 1 || l.Verdict != "not as claimed" {
		t.Errorf("status %d, %s: %s", status, l.Verdict, l.Reason)
	}
	wrong := 0
	for _, a := range l.Steps[0].Actions {
		for _, c := range a.Claims {
			if !c.Holds {
				wrong++
			} else if c.Claim != "ok" && !c.Predicted {
				t.Errorf("line %d: %s holds: %s", c.Line, c.Claim, c.Kernel)
			}
			if c.Kernel == "" {
				t.Errorf("line %d: %s: the kernel's side is empty", c.Line, c.Claim)
			}
		}
	}
	if wrong != 33 {
		t.Errorf("%d claims are false of 33", wrong)
	}
	status, out, _ := call(t, "lab", "run", "-q", lab)
	if status != 1 || !strings.Contains(out, "false: not as claimed") || !strings.Contains(out, "line 11: claim: fails EBUSY  kernel: EINVAL") {
		t.Errorf("status %d\n%s", status, out)
	}
}

// TestNewMountAPI does what has no call of mount(2), and has actors where there is
// neither /proc nor a program: each claim is also predicted.
func TestNewMountAPI(t *testing.T) {
	lab := write(t, "api.lab", `title T
claim C
needs one-cpu
stage
  host: clone one
  one: mount --with=a/,b/,c/,b/x/,f tmpfs /mnt base mode=0755
  one: chdir /mnt
  one: pivot . .
  one: umount -l .
  one: chdir /
step A root directory with nothing of the system.
  => one has / source=base count=1
  => one file /b/x
  one: make-shared /
  one: mount --detached tmpfs /a top noexec,size=1m
  => one shows /a source=top options=noexec,size=1024k
  one: mount --beneath --with=low tmpfs /a bottom
  => one stacks /a bottom top
  => one nofile /a/low
  one: mount --with=x tmpfs /f
  => fails EINVAL
step Actors.
  one: clone two
  two: chroot /b
  two: chdir /
  => two:/ same one:/b
  two: clone three
  => three:/ same one:/b
  three: leave
  => three:/ same one:/
  one: clone lesser user mnt
  lesser: clone least user mnt
  least: mount tmpfs /c
  => least has /c
  one: mount tmpfs /c
  => three has /c
  => least stacks /c tmpfs tmpfs
  lesser: umount /a
  => fails EINVAL
  lesser: join boss least
  boss: umount /c
  => least stacks /c tmpfs
  => boss stacks /a bottom top
  boss: exit
  lesser: join climber one
  => fails EACCES|EPERM
  one: fchdir /proc
  one: bind {three.pid}/ns/net /f
  => one has /f type=nsfs
  one: bind {two.pid}/ns/mnt /
  => fails ENOTDIR
  one: umount {one.pid}/root/f
  => one lacks /f
  one: chdir /
step Groups and flags.
  one: bind --detached /b /b
  one: make-private /b
  one: set-group / /b
  => one:/b peer-of three:/
  one: setattr ro,nosuid /b
  => one shows /b options=ro,nosuid
  => three lacks /b options=ro
  one: setattr rw,noatime /b
  => one shows /b options=rw,nosuid,noatime
  one: setattr -R nodev,strictatime /
  => one shows /b options=rw,nosuid,nodev
  => one lacks /b options=noatime
  => one shows /c options=nodev
step Moves.
  one: make-rprivate /
  one: move --beneath /b /c
  => one stacks /c base tmpfs
  one: rbind --detached /a /b
  => one has /b source=top
  lesser: mount --with=x/ tmpfs /c own
  lesser: bind --idmap /c /b
  => lesser shows /b source=own options=idmapped
  lesser: bind --idmap /b /a
  => fails EPERM
  least: bind --idmap /a /b
  => fails EPERM
`)
	status, o := runJSON(t, lab)
	l := o.Labs[0]
	if l.Verdict == "skipped" {
		t.Skip(l.Reason)
	}
	predicted := 0
	for _, s := range l.Steps {
		for _, a := range s.Actions {
			for _, c := range a.Claims {
				if !c.Holds {
					t.Errorf("line %d: %s; kernel: %s", c.Line, c.Claim, c.Kernel)
				}
				if c.Predicted {
					predicted++
				}
			}
		}
	}
	if status != 0 || predicted != 26 {
		t.Errorf("status %d: %s %s, %d predictions", status, l.Verdict, l.Reason, predicted)
	}
}

// TestNobody: an actor that could not be made does nothing, and claims about it
// do not hold.
func TestNobody(t *testing.T) {
	lab := write(t, "nobody.lab", `title T
claim C
stage
  host: chroot /srv
  host: chdir /
step One who is chrooted makes no user namespace.
  host: clone other user mnt
  => fails EPERM
  => other has /
  => other file /etc
  => other:/ same host:/
  host: mount tmpfs /
  other: mount tmpfs /
`)
	status, out, said := call(t, "lab", "run", lab)
	if strings.Contains(out, "skipped") {
		t.Skip(out)
	}
	if status != 2 || said != "" || strings.Count(out, "kernel: it could not be made") != 3 ||
		!strings.Contains(out, "broken: nobody:13: other: mount tmpfs /: have other do it: it could not be made") {
		t.Errorf("status %d: %s%s", status, out, said)
	}
}

// TestBadLabs: errors are one line that names file and line, or the action.
func TestBadLabs(t *testing.T) {
	bad := write(t, "bad.lab", "title T\nclaim C\nstep S\n  host: flip /a\n")
	status, _, said := call(t, "lab", "run", bad)
	if status != 2 || !strings.Contains(said, bad+":4: unknown operation") || strings.Count(said, "\n") != 1 {
		t.Errorf("status %d: %s", status, said)
	}
	stage := write(t, "stage.lab", "title T\nclaim C\nstage\n  host: umount /nowhere\nstep S\n  => host has /\n")
	status, out, _ := call(t, "lab", "run", stage)
	if strings.Contains(out, "skipped") {
		t.Skip(out)
	}
	if status != 2 || !strings.Contains(out, "stage: broken: stage:4: set the stage: host: umount /nowhere: ENOENT") {
		t.Errorf("status %d: %s", status, out)
	}
}

// TestLiveTables: what a step changes is marked.
func TestLiveTables(t *testing.T) {
	lab := write(t, "live.lab", `title T
claim C
stage
  host: mkdir /mnt/a
  host: mount tmpfs /mnt/a a
step One
  host: make-shared /mnt/a
  host: mount tmpfs /srv b
  => host has /srv
step Two
  host: umount /srv
  => host lacks /srv
`)
	_, o := runJSON(t, "--live", lab)
	if o.Labs[0].Verdict == "skipped" {
		t.Skip(o.Labs[0].Reason)
	}
	var got []string
	for _, s := range o.Labs[0].Steps {
		for _, r := range s.Tables[0].Rows {
			got = append(got, r.Target+" "+r.Change)
		}
	}
	if text := strings.Join(got, ","); text != "/ ,/mnt/a changed,/srv new,/ ,/mnt/a ,/srv gone" {
		t.Error(text)
	}
}

// TestKilled: when nsview is killed in the midst of a lab nothing is left of it.
func TestKilled(t *testing.T) {
	lab := write(t, "killed.lab", `title T
claim C
stage
  host: clone other
step It stays here.
  other: sh exec sleep 600
  => ok
`)
	if status, o := runJSON(t, write(t, "try.lab", "title T\nclaim C\nstep S\n  host: mkdir /a\n  => ok\n")); status == 3 {
		t.Skip(o.Labs[0].Reason)
	}
	cmd := exec.Command(nsview, "lab", "run", lab)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	all := descendants(t, cmd.Process.Pid, 4) // director, host, other, sh
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed, as it should be
	await(t, "all processes of the lab to end", func() bool {
		for _, pid := range all {
			if alive(pid) {
				return false
			}
		}
		return true
	})
}

// TestKilledWithContainer: what a container has on the machine outside of its
// namespaces, its control group, goes too when nsview is killed.
func TestKilledWithContainer(t *testing.T) {
	lab := write(t, "container.lab", `title T
claim C
needs root host-pids cgroups
stage
  host: start boxed nsview run -i --memory 32m -- sh
step It stays here.
  boxed: sh sleep 600
  => ok
`)
	probe := write(t, "probe.lab", "title T\nclaim C\nneeds root host-pids cgroups\nstep S\n  host: nsview run --memory 32m -- true\n  => ok\n")
	if status, o := runJSON(t, probe); status != 0 {
		t.Skipf("needs root and control groups that can be made: %s", o.Labs[0].Reason)
	}
	cmd := exec.Command(nsview, "lab", "run", lab)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var groups []string
	await(t, "the container to have a control group", func() bool {
		for _, pid := range family(cmd.Process.Pid) {
			b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup") // none of one that has ended
			for line := range strings.Lines(string(b)) {
				if i := strings.Index(line, "/nsview-"); i >= 0 {
					groups = append(groups, strings.TrimSpace(line[i+1:]))
				}
			}
		}
		return len(groups) > 0
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed, as it should be
	await(t, "the control group to go", func() bool {
		for _, pattern := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
			if left, err := filepath.Glob(pattern + groups[0]); err != nil || len(left) > 0 {
				return false
			}
		}
		return true
	})
}

// descendants waits until a process has so many and gives their pids.
func descendants(t *testing.T, pid, least int) (list []int) {
	t.Helper()
	await(t, "the lab to be on its way", func() bool {
		list = family(pid)
		return len(list) >= least
	})
	return list
}

// family is the pids of all that a process and its children have made.
func family(pid int) (list []int) {
	for queue := []int{pid}; len(queue) > 0; queue = queue[1:] {
		below := children(queue[0])
		list = append(list, below...)
		queue = append(queue, below...)
	}
	return list
}

func children(parent int) (list []int) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		f, err := os.Open("/proc/" + e.Name() + "/status")
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if text, ok := strings.CutPrefix(lines.Text(), "PPid:"); ok && strings.TrimSpace(text) == strconv.Itoa(parent) {
				list = append(list, pid)
			}
		}
		f.Close()
	}
	return list
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for deadline := time.After(20 * time.Second); !done(); {
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
