package query

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nsview/nsview/inspect/predict"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// TargetKind says what sort of thing is asked about.
type TargetKind string

// The kinds of target.
const (
	TargetMount     TargetKind = "mount"      // a mount point
	TargetPath      TargetKind = "path"       // a file or directory below one
	TargetDevice    TargetKind = "device"     // a block device, or a superblock by number
	TargetSource    TargetKind = "source"     // what is mounted, by name
	TargetNamespace TargetKind = "namespace"  // a namespace, by its file
	TargetRootfs    TargetKind = "filesystem" // those of a container or pod
)

// HoldTarget is what may be held. The key of a file system is the device
// number of its mounts in mountinfo, never what stat(2) says of a file on it:
// btrfs and overlay answer other numbers.
type HoldTarget struct {
	Text string
	Kind TargetKind
	// Devs are the file systems.
	Devs []snapshot.Dev
	// Block is the kernel's name of the block device, "" for none.
	Block string
	// Place is where a path lies; its Mount is nil for other targets.
	Place predict.Place
	// File is the inode number of a path's file, 0 when not known.
	File uint64
	// NSLink is the text that names a namespace, as in mnt:[4026531841].
	NSLink string
	// OnDisk is the type of the file system that a device holds, when it is
	// one that the kernel shows in /sys/fs while it is in use.
	OnDisk string
}

// isMount says whether the target is a mount point.
func (t *HoldTarget) isMount() bool { return t.Kind == TargetMount }

// ErrNoTarget says that a text names nothing that could be held.
var ErrNoTarget = errors.New("no mount point, block device, source, namespace file, container or pod is called that")

// TargetAt is a path as a target: Mount serves it. A mount point of a file of
// nsfs stands for the namespace.
func TargetAt(w *world.World, text string, at predict.Place) HoldTarget {
	m := at.Mount
	t := HoldTarget{Text: text, Kind: TargetPath, Devs: []snapshot.Dev{m.Dev}, Place: at}
	if at.Path == m.Point {
		t.Kind = TargetMount
	}
	if m.FSType == "nsfs" {
		t.NSLink = m.Root
	}
	t.Block = blockOf(w, m.Dev)
	return t
}

// TargetOf finds what a text names among what was seen: a device by number or
// name, a source, a namespace, a container or pod.
func TargetOf(w *world.World, text string) (HoldTarget, error) {
	t := HoldTarget{Text: text}
	for _, find := range []func(*world.World) error{t.byLink, t.byNumber, t.bySource, t.byBlock, t.byPod, t.byOwner} {
		if err := find(w); !errors.Is(err, ErrNoTarget) {
			return t, err
		}
	}
	return t, fmt.Errorf("find %s: %w", text, ErrNoTarget)
}

func (t *HoldTarget) byLink(*world.World) error {
	if _, _, err := snapshot.ParseLink(t.Text); err != nil {
		return ErrNoTarget
	}
	t.Kind, t.NSLink = TargetNamespace, t.Text
	return nil
}

func (t *HoldTarget) byNumber(w *world.World) error {
	major, minor, ok := strings.Cut(t.Text, ":")
	var dev snapshot.Dev
	if !ok || strings.Trim(major+minor, "0123456789") != "" || dev.UnmarshalText([]byte(t.Text)) != nil {
		return ErrNoTarget
	}
	t.Kind, t.Devs = TargetDevice, []snapshot.Dev{dev}
	if block := blockAt(w, dev); block != nil {
		t.stack(w, block)
		return nil
	}
	shown := false
	eachMount(w, func(m *world.Mount) { shown = shown || m.Dev == dev })
	if !shown {
		return fmt.Errorf("find %s: no mount and no block device has that number", t.Text)
	}
	return nil
}

// bySource takes the text for what is mounted: an NFS or CIFS share, a ZFS
// dataset, a label of tmpfs. A block device's node is more than its mounts.
func (t *HoldTarget) bySource(w *world.World) error {
	if blockNamed(w, t.Text) != nil {
		return ErrNoTarget
	}
	eachMount(w, func(m *world.Mount) {
		if m.Source == t.Text {
			t.add(m.Dev)
		}
	})
	if len(t.Devs) == 0 {
		return ErrNoTarget
	}
	t.Kind = TargetSource
	return nil
}

func (t *HoldTarget) byBlock(w *world.World) error {
	block := blockNamed(w, t.Text)
	if block == nil {
		return ErrNoTarget
	}
	t.Kind = TargetDevice
	t.stack(w, block)
	return nil
}

// byPod takes a pod's uid: its volumes are mounted below a directory of that
// name, and its containers have root file systems of their own.
func (t *HoldTarget) byPod(w *world.World) error {
	if len(t.Text) < len("12345678") {
		return ErrNoTarget
	}
	pod := false
	for i := range w.Processes {
		if p := &w.Processes[i]; w.OwnerOf(p).PodUID == t.Text {
			pod = true
			t.addRoot(w, p.NS[snapshot.Mnt])
		}
	}
	eachMount(w, func(m *world.Mount) {
		if strings.Contains(m.Point, "/pods/"+t.Text+"/") {
			pod = true
			t.add(m.Dev)
		}
	})
	t.Kind = TargetRootfs
	if !pod {
		return ErrNoTarget
	}
	return nil
}

// byOwner takes a container or unit by name: its root file system. One that
// runs no more may have left mounts with its id in their path.
func (t *HoldTarget) byOwner(w *world.World) error {
	t.Kind = TargetRootfs
	p, err := w.Named(t.Text)
	switch {
	case err == nil:
		t.addRoot(w, p.NS[snapshot.Mnt])
	case !errors.Is(err, world.ErrUnknown):
		return fmt.Errorf("find %s: %w", t.Text, err)
	case isHex(t.Text):
		eachMount(w, func(m *world.Mount) {
			if strings.Contains(m.Point, "/"+t.Text) {
				t.add(m.Dev)
			}
		})
	}
	if len(t.Devs) == 0 {
		return ErrNoTarget
	}
	return nil
}

// isHex says whether a text can be the id of a container.
func isHex(id string) bool {
	return len(id) >= 12 && strings.Trim(id, "0123456789abcdef") == ""
}

// addRoot adds the file system at the root of a mount namespace.
func (t *HoldTarget) addRoot(w *world.World, ns uint64) {
	v := w.View(ns, 0)
	if v == nil {
		return
	}
	if m := v.Serving("/"); m != nil {
		t.add(m.Dev)
	}
}
