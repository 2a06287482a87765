//go:build linux

package holders_test

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// program is a file that a probe can be in.
func (d *disk) program(t *testing.T) string {
	t.Helper()
	exe, err := os.ReadFile("/proc/self/exe")
	try(t, err)
	try(t, os.WriteFile(d.path("program"), exe[:1<<20], 0o755))
	return d.path("program")
}

// TestBPFProbe: the kernel tells the file of a link, whoever has it.
func TestBPFProbe(t *testing.T) {
	d := newDisk(t)
	a := act(t, "bpf-link", 0, d.program(t))
	w := want{kind: "uprobe", blocks: "umount", part: "of pid " + pidText(a)}
	before := holders(t, d.point)
	before.names(t, w)
	if !umountBusy(t, d.point) || before.code != 1 {
		t.Errorf("umount: exit %d, %+v", before.code, before.Verdicts.Umount)
	}
	if out, _, _ := nsview(t, "holders", d.point, "--release-plan"); !strings.Contains(out, "kill "+pidText(a)) {
		t.Errorf("the plan does not end %d:\n%s", a.pid, out)
	}
	a.dismiss()
	try(t, unix.Unmount(d.point, 0))
	scene{disk: d}.released(t)
}

// TestPerfProbe: of a probe without a BPF program nothing tells the file, so it
// is a suspect; with one, the kernel tells.
func TestPerfProbe(t *testing.T) {
	d := newDisk(t)
	a := act(t, "perf", 0, d.program(t))
	if !umountBusy(t, d.point) {
		t.Error("umount is not refused; the scene is not what it is meant to be")
	}
	try(t, detach(d.point))
	answer := holders(t, d.dev)
	answer.suspects(t, want{kind: "perf-event", pid: a.pid})
	if answer.code != 3 || !d.busy(t) {
		t.Errorf("exit %d, in use %v: %+v", answer.code, d.busy(t), answer.Verdicts.Device)
	}
	a.dismiss()
	scene{disk: d}.released(t)
	d.mount(t, d.point)
	a = act(t, "bpf-link", 0, d.path("program"), "and the event")
	holders(t, d.point).names(t, want{kind: "uprobe", part: "perf event of pid " + pidText(a)})
}

// TestAutofs: who has the pipe is who serves it.
func TestAutofs(t *testing.T) {
	needsStage(t)
	dir := t.TempDir()
	a := act(t, "autofs", 0, dir)
	answer := holders(t, "--for", "umount", dir)
	if answer.Target.Kind != "mount" || !strings.Contains(answer.text, `"pid": `+pidText(a)) {
		t.Errorf("%+v, and who serves it (%d) is not named:\n%s", answer.Target, a.pid, answer.text)
	}
}

// TestTags: a UUID or label finds its device, with udev or without.
func TestTags(t *testing.T) {
	d := newDisk(t)
	needsStage(t, "mkfs.ext4", "blkid")
	try(t, unix.Unmount(d.point, 0))
	command(t, "mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-L", "nsview test", d.dev)
	d.mount(t, d.point)
	uuid := command(t, "blkid", "-p", "-s", "UUID", "-o", "value", d.dev)
	for _, text := range []string{"UUID=" + uuid, "UUID=" + strings.ToUpper(uuid), `LABEL="nsview test"`, "LABEL=nsview test"} {
		answer := holders(t, text)
		answer.names(t, want{kind: "mount", part: d.point})
		if answer.Target.Kind != "device" || "/dev/"+answer.Target.Block != d.dev || answer.code != 1 {
			t.Errorf("%s: %+v, exit %d, want %s", text, answer.Target, answer.code, d.dev)
		}
	}
}
