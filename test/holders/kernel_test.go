//go:build linux

package holders_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What the kernel itself has open: no task shows it.

func TestLoopOverAFile(t *testing.T) {
	d := newDisk(t)
	inner := loopOver(t, d.path("inner"))
	w := want{kind: "loop", blocks: "umount", part: inner}
	file := holders(t, d.path("inner"))
	file.names(t, want{kind: "loop", part: inner})
	if file.code != 1 {
		t.Errorf("the backing file: exit %d", file.code)
	}
	before := holders(t, d.point)
	before.names(t, w)
	if !umountBusy(t, d.point) || before.Verdicts.Umount.Answer != "held" {
		t.Errorf("umount: %+v", before.Verdicts.Umount)
	}
	try(t, detach(d.point))
	after := holders(t, d.dev)
	after.names(t, want{kind: "loop", part: inner, blocks: "device"})
	if after.code != 1 || !d.busy(t) {
		t.Errorf("after umount -l: exit %d, in use %v", after.code, d.busy(t))
	}
	command(t, "losetup", "-d", inner)
	scene{disk: d}.released(t)
}

func TestSwapFile(t *testing.T) {
	needsStage(t, "mkswap", "swapon", "swapoff")
	d := newDisk(t)
	swap := d.path("swap")
	command(t, "dd", "if=/dev/zero", "of="+swap, "bs=64k", "count=16", "status=none")
	try(t, os.Chmod(swap, 0o600))
	command(t, "mkswap", "-q", swap)
	if out, err := exec.Command("swapon", swap).CombinedOutput(); err != nil {
		t.Skipf("needs swap files: %s", out)
	}
	t.Cleanup(func() { exec.Command("swapoff", swap).Run() })
	before := holders(t, d.point)
	before.names(t, want{kind: "swap", blocks: "umount", part: swap})
	if !umountBusy(t, d.point) || before.code != 1 {
		t.Errorf("umount: exit %d, %+v", before.code, before.Verdicts.Umount)
	}
	command(t, "swapoff", swap)
	try(t, unix.Unmount(d.point, 0))
	scene{disk: d}.released(t)
}

// TestDetachedSwapFile: its path leads nowhere now, so it is a suspect.
func TestDetachedSwapFile(t *testing.T) {
	needsStage(t, "mkswap", "swapon", "swapoff")
	d := newDisk(t)
	swap := d.path("nsview-test-swap")
	command(t, "dd", "if=/dev/zero", "of="+swap, "bs=64k", "count=16", "status=none")
	try(t, os.Chmod(swap, 0o600))
	command(t, "mkswap", "-q", swap)
	if out, err := exec.Command("swapon", swap).CombinedOutput(); err != nil {
		t.Skipf("needs swap files: %s", out)
	}
	again := filepath.Join(d.dir, "again")
	try(t, os.Mkdir(again, 0o755))
	off := func() {
		unix.Mount(d.dev, again, "ext4", 0, "")
		exec.Command("swapoff", filepath.Join(again, "nsview-test-swap")).Run()
		unix.Unmount(again, unix.MNT_DETACH)
	}
	t.Cleanup(off)
	try(t, detach(d.point))
	a := holders(t, d.dev)
	a.suspects(t, want{kind: "swap"})
	if a.code != 3 || !d.busy(t) {
		t.Errorf("exit %d, in use %v: %+v", a.code, d.busy(t), a.Verdicts.Device)
	}
	off()
	scene{disk: d}.released(t)
}

func TestOverlayLayers(t *testing.T) {
	for _, layer := range []string{"lower", "upper"} {
		t.Run(layer, func(t *testing.T) {
			d := newDisk(t)
			merged := overlayOn(t, d, layer)
			before := holders(t, "--for", "umount", d.point)
			judged(t, "umount", before.Verdicts.Umount, false)
			before.names(t, want{kind: "overlay", blocks: "device", part: d.point})
			dir := holders(t, d.path("a"))
			dir.names(t, want{kind: "overlay", part: d.path("a")})
			try(t, unix.Unmount(d.point, 0))
			after := holders(t, d.dev)
			after.suspects(t, want{kind: "overlay", part: d.path("a")})
			if after.code != 3 || len(after.Alive) == 0 || !d.busy(t) {
				t.Errorf("exit %d, alive %q, in use %v", after.code, after.Alive, d.busy(t))
			}
			try(t, unix.Unmount(merged, 0))
			scene{disk: d}.released(t)
		})
	}
}

// overlayOn mounts an overlay with a layer on the disk and another beside it.
func overlayOn(t *testing.T, d *disk, layer string) (merged string) {
	t.Helper()
	for _, dir := range []string{d.path("a"), d.path("w"), filepath.Join(d.dir, "b"), filepath.Join(d.dir, "merged")} {
		try(t, os.Mkdir(dir, 0o755))
	}
	merged = filepath.Join(d.dir, "merged")
	options := fmt.Sprintf("lowerdir=%s:%s", d.path("a"), filepath.Join(d.dir, "b"))
	if layer == "upper" {
		options = fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", filepath.Join(d.dir, "b"), d.path("a"), d.path("w"))
	}
	if err := unix.Mount("layers", merged, "overlay", 0, options); err != nil {
		t.Skipf("needs overlay: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(merged, unix.MNT_DETACH) })
	return merged
}

// TestUprobe defines a probe and takes it away again: the machine's tracing has
// a line more meanwhile, which does nothing until it is enabled.
func TestUprobe(t *testing.T) {
	d := newDisk(t)
	program := d.path("program")
	exe, err := os.ReadFile("/proc/self/exe")
	try(t, err)
	try(t, os.WriteFile(program, exe[:1<<20], 0o755))
	tracing := filepath.Join(d.dir, "tracing")
	try(t, os.Mkdir(tracing, 0o755))
	if err := unix.Mount("trace", tracing, "tracefs", 0, ""); err != nil {
		t.Skipf("needs tracefs: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(tracing, unix.MNT_DETACH) })
	name := fmt.Sprintf("nsview_test/p%d", os.Getpid())
	if err := probe(tracing, "p:"+name+" "+program+":0x1000"); err != nil {
		t.Skipf("needs uprobes: %v", err)
	}
	t.Cleanup(func() { probe(tracing, "-:"+name) })
	before := holders(t, d.point)
	before.names(t, want{kind: "uprobe", blocks: "umount", part: program})
	if !umountBusy(t, d.point) || before.code != 1 {
		t.Errorf("umount: exit %d, %+v", before.code, before.Verdicts.Umount)
	}
	try(t, probe(tracing, "-:"+name))
	try(t, unix.Unmount(d.point, 0))
	scene{disk: d}.released(t)
}

func probe(tracing, line string) error {
	f, err := os.OpenFile(filepath.Join(tracing, "uprobe_events"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Close())
}

// TestBinfmt registers an interpreter in a user namespace's own binfmt_misc.
func TestBinfmt(t *testing.T) {
	d := newDisk(t)
	interpreter := d.path("interpreter")
	exe, err := os.ReadFile("/bin/true")
	try(t, err)
	try(t, os.WriteFile(interpreter, exe, 0o755))
	misc := filepath.Join(d.dir, "misc")
	try(t, os.Mkdir(misc, 0o755))
	a := act(t, "binfmt", unix.CLONE_NEWNS|unix.CLONE_NEWUSER, misc, interpreter)
	before := holders(t, "-v", d.dev)
	before.names(t, want{kind: "binfmt_misc", part: interpreter})
	judged(t, "device", before.Verdicts.Device, true)
	a.dismiss()
	try(t, unix.Unmount(d.point, 0))
	scene{disk: d}.released(t)
}

// TestAccounting: a pid namespace has its own, whose file an umount closes.
func TestAccounting(t *testing.T) {
	d := newDisk(t)
	a := act(t, "acct", unix.CLONE_NEWPID, d.file(t, "acct"))
	scene{disk: d, actor: a}.play(t)
}

func TestFUSEServer(t *testing.T) {
	needsStage(t)
	dir := t.TempDir()
	a := act(t, "fuse", 0, dir)
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	answer := holders(t, "--for", "umount", dir)
	if answer.Target.Kind != "mount" || answer.Verdicts.Umount.Answer == "held" {
		t.Errorf("a dead FUSE mount: %+v, %+v", answer.Target, answer.Verdicts.Umount)
	}
	if !strings.Contains(answer.text, fmt.Sprintf(`"pid": %d`, a.pid)) {
		t.Errorf("who serves it is not named:\n%s", answer.text)
	}
}
