package inspect

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/nsview/nsview/inspect/snapshot"
)

// TestFind: every form of TARGET, on a frozen host and on its snapshot.
func TestFind(t *testing.T) {
	for _, form := range []string{"frozen", "snapshot"} {
		h, err := OpenFS(frozen(), form)
		if form == "snapshot" {
			h, err = OpenReader(bytes.NewReader(snapshotOf(t, frozen())), form)
		}
		if err != nil {
			t.Fatal(err)
		}
		for target, want := range map[string]Place{
			"7": {PID: 7, NS: 4026532177}, "4026532177": {NS: 4026532177}, "mnt:[4026532177]": {NS: 4026532177},
			"init.scope": {NS: 4026531841}, "ba54": {NS: 4026532177}, "docker:ba54f3f7": {NS: 4026532177}, "": {PID: 1, NS: 4026531841},
		} {
			want.Text = target
			if p, err := h.Find(t.Context(), target, snapshot.Mnt); err != nil || p != want {
				t.Errorf("%s: Find(%q) = %+v, %v, want %+v", form, target, p, err, want)
			}
		}
		for target, want := range map[string]string{
			"8": "zombie", "99999999999999999999": "no such process, namespace, container or unit (there are docker:ba54f3f7ba54, init.scope)",
			"4026539999": "", "net:[4026531840]": "not a mnt namespace", "mnt:[1]": "", "ba5": "no such process, namespace, container or unit",
			"id:x": "a 64-bit namespace id is a number", "id:5": "no mnt namespace has that id", "/run/netns/x": "a saved host has no files", "self": "not looked at from inside",
			"-1": "no such",
		} {
			_, err := h.Find(t.Context(), target, snapshot.Mnt)
			if err == nil || !strings.HasPrefix(err.Error(), "find "+target+": ") || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: Find(%q): %v, want %q", form, target, err, want)
			}
		}
	}
}

// TestFindNobody: a snapshot knows all its processes. A frozen /proc may not have
// saved this one: only reading its table tells.
func TestFindNobody(t *testing.T) {
	h, err := OpenReader(bytes.NewReader(snapshotOf(t, frozen())), "snapshot")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Find(t.Context(), "9", snapshot.Mnt); err == nil || err.Error() != "find 9: no such process" {
		t.Errorf("Find: %v", err)
	}
}

// TestNames: a name that fits several things lists them.
func TestNames(t *testing.T) {
	files := frozen()
	files["9/cgroup"] = text("0::/system.slice/docker-" + strings.Repeat("ba54f3f8", 8) + ".scope\n")
	files["9/ns/mnt"] = symlink("mnt:[4026532200]")
	h, err := OpenFS(files, "frozen")
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Find(t.Context(), "ba54", snapshot.Mnt)
	if err == nil || err.Error() != "find ba54: it may be any of docker:ba54f3f7ba54, docker:ba54f3f8ba54" {
		t.Errorf("an ambiguous name: %v", err)
	}
	if p, err := h.Find(t.Context(), "ba54f3f8", snapshot.Mnt); err != nil || p.NS != 4026532200 {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestLookIsCancelled: a program that gives up is not kept.
func TestLookIsCancelled(t *testing.T) {
	h, err := OpenFS(frozen(), "frozen")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if w, err := h.Look(ctx, Everything()); err == nil {
		t.Errorf("it looked: %v", w.Counts)
	}
}
