package inspect

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/busy"
	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// HoldersWant is what has to be read before it is known what is asked about:
// every table, and whose each process is.
func HoldersWant() snapshot.Want {
	return snapshot.Want{
		Types: snapshot.AllTypes, Holders: snapshot.Thorough, Every: snapshot.FieldCgroup | snapshot.FieldCommand,
		Names: true, Tables: snapshot.Tables{All: true},
	}
}

// Busy adds to a snapshot what keeps file systems busy besides its mounts. A
// saved host has what was saved. The error is that of ctx, when it ended before
// all was looked at: then what was not found may be there all the same.
func (h *Host) Busy(ctx context.Context, of *snapshot.Snapshot, want snapshot.BusyWant) error {
	if h.src.Busy == nil {
		return nil
	}
	of.Busy = h.src.Busy.Busy(ctx, of, want)
	h.attached(ctx, of.Busy)
	of.Gaps = append(of.Gaps, of.Busy.Gaps...)
	of.Normalize()
	return ctx.Err()
}

// attached looks again for the mounts that were in no table: one made since the
// tables were read is not detached.
func (h *Host) attached(ctx context.Context, b *snapshot.Busy) {
	if !slices.ContainsFunc(b.Uses, func(u snapshot.Use) bool { return u.Detached }) {
		return
	}
	now, err := h.Take(ctx, snapshot.Want{Types: snapshot.Types(snapshot.Mnt), Holders: snapshot.Auto, Tables: snapshot.Tables{All: true}})
	if err != nil {
		return
	}
	made := map[snapshot.MountID]bool{}
	for i := range now.Tables {
		for j := range now.Tables[i].Mounts {
			made[now.Tables[i].Mounts[j].ID] = true
		}
	}
	for i := range b.Uses {
		b.Uses[i].Detached = b.Uses[i].Detached && !made[b.Uses[i].Mount]
	}
}

// Disks adds the block devices to a snapshot, so that a device can be found by
// name. A saved host has what was saved.
func (h *Host) Disks(of *snapshot.Snapshot) {
	r, ok := h.src.Busy.(busy.Reader)
	if !ok || of.Busy != nil {
		return
	}
	of.Busy = r.Disks()
}

// byLinks are where udev keeps a link for each thing that a device is called
// (systemd's 60-persistent-storage.rules).
var byLinks = map[string]string{
	"UUID": "by-uuid", "LABEL": "by-label", "PARTUUID": "by-partuuid", "PARTLABEL": "by-partlabel", "ID": "by-id",
}

// Device follows a node of /dev, or UUID=, LABEL= and their like, to the block
// device that it is. It says no for anything else.
func (h *Host) Device(text string) (snapshot.Dev, bool, error) {
	tag, value, tagged := strings.Cut(text, "=")
	node := text
	if dir := byLinks[tag]; tagged && dir != "" {
		node = path.Join("/dev/disk", dir, udevName(strings.Trim(value, `"`)))
	} else if !strings.HasPrefix(text, "/dev/") {
		return snapshot.Dev{}, false, nil
	}
	r, ok := h.src.Busy.(busy.Reader)
	if !ok {
		return snapshot.Dev{}, false, nil
	}
	at := r.LookAt(node)
	if at.Err != nil && tagged {
		if found := r.Tagged(tag, strings.Trim(value, `"`)); len(found) == 1 {
			return found[0], true, nil
		}
		return snapshot.Dev{}, true, errors.New("no device has it: " + node + ": " + at.Err.Error())
	}
	return at.Rdev, at.Err == nil && at.Block, nil
}

// udevName escapes what a label may hold and a file name should not, as udev
// does (blkid_encode_string of libblkid).
func udevName(label string) string {
	const plain = "#+-.:=@_"
	var b strings.Builder
	for _, c := range []byte(label) {
		switch {
		case c >= 0x80, c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', strings.IndexByte(plain, c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteString(`\x` + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
		}
	}
	return b.String()
}

// NSLink is the text of a link of /proc/PID/ns, "" for any other path. Nothing
// but /proc is asked: a link elsewhere may lie on a server that is dead.
func (h *Host) NSLink(name string) string {
	if !h.Live() || !strings.HasPrefix(path.Clean(name), "/proc/") {
		return ""
	}
	link, err := os.Readlink(name)
	if err != nil {
		return ""
	}
	if _, _, err := snapshot.ParseLink(link); err != nil {
		return ""
	}
	return link
}

// File is the inode number of a file of the reader's own namespace, 0 when it
// cannot be told in time.
func (h *Host) File(name string) uint64 {
	if r, ok := h.src.Busy.(busy.Reader); ok {
		if at := r.LookAt(name); at.Err == nil {
			return at.Ino
		}
	}
	return 0
}

// OnDisk is the type of the file system on a block device, when it is one that
// the kernel shows in /sys/fs while it is in use.
func (h *Host) OnDisk(block string, dev snapshot.Dev) string {
	r, ok := h.src.Busy.(busy.Reader)
	if !ok || block == "" {
		return ""
	}
	return r.OnDisk(block, dev)
}

// StaleLayers lists the overlays, one mount of each, that have a layer whose
// path leads nowhere in their own namespace: what it led to may be unmounted
// and yet be kept by the overlay.
func (h *Host) StaleLayers(ctx context.Context, w *world.World) map[*world.Mount]string {
	stale := map[*world.Mount]string{}
	met := map[snapshot.Dev]bool{}
	for _, v := range w.Views {
		for _, m := range v.Mounts {
			if m.FSType != "overlay" || met[m.Dev] || v.PID != 0 || ctx.Err() != nil {
				continue
			}
			met[m.Dev] = true
			if dir := h.staleLayer(ctx, w, m); dir != "" {
				stale[m] = dir
			}
		}
	}
	return stale
}

func (h *Host) staleLayer(ctx context.Context, w *world.World, m *world.Mount) string {
	l := m.Layers()
	for _, dir := range append(l.Strings(), l.Work) {
		if !strings.HasPrefix(dir, "/") {
			continue
		}
		if _, err := h.resolve(ctx, w, Place{NS: m.View.Table.NS.Ino}, dir); errors.Is(err, fs.ErrNotExist) || errors.Is(err, snapshot.ErrVanished) {
			return dir
		}
	}
	return ""
}
