package query

import (
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

func blocks(w *world.World) []snapshot.Block {
	if w.Busy == nil {
		return nil
	}
	return w.Busy.Blocks
}

func blockAt(w *world.World, dev snapshot.Dev) *snapshot.Block {
	return findBlock(w, func(b *snapshot.Block) bool { return b.Dev == dev })
}

func blockOf(w *world.World, dev snapshot.Dev) string {
	if b := blockAt(w, dev); b != nil {
		return b.Name
	}
	return ""
}

func findBlock(w *world.World, is func(*snapshot.Block) bool) *snapshot.Block {
	list := blocks(w)
	for i := range list {
		if is(&list[i]) {
			return &list[i]
		}
	}
	return nil
}

// blockNamed finds a device by the kernel's name, by its name in
// device-mapper (a LUKS device has the one it was opened by), or as VG/LV,
// with or without /dev before it.
func blockNamed(w *world.World, text string) *snapshot.Block {
	name := strings.TrimPrefix(strings.TrimPrefix(text, "/dev/"), "mapper/")
	if b := findBlock(w, func(b *snapshot.Block) bool { return b.Name == name }); b != nil {
		return b
	}
	vg, lv, isLV := strings.Cut(name, "/")
	return findBlock(w, func(b *snapshot.Block) bool {
		return b.DM != "" && (b.DM == name || isLV && b.DM == mapperName(vg)+"-"+mapperName(lv))
	})
}

// mapperName is a name of LVM as device-mapper has it: dashes are doubled
// (lvm(8)).
func mapperName(name string) string { return strings.ReplaceAll(name, "-", "--") }

// stack adds the file systems of a block device: its own, those of its
// partitions, and those with an anonymous number that name it as their source
// or, of btrfs, one of its other devices.
func (t *HoldTarget) stack(w *world.World, block *snapshot.Block) {
	t.Block = block.Name
	t.add(block.Dev)
	names := t.family(w, block)
	for _, name := range names {
		if b := findBlock(w, func(b *snapshot.Block) bool { return b.Name == name }); b != nil && b.Of == block.Name {
			t.add(b.Dev)
		}
	}
	eachMount(w, func(m *world.Mount) {
		if m.Dev.Major != 0 {
			return
		}
		if b := blockNamed(w, m.Source); b != nil && slices.Contains(names, b.Name) {
			t.add(m.Dev)
		}
	})
}

func (t *HoldTarget) add(dev snapshot.Dev) {
	if !slices.Contains(t.Devs, dev) {
		t.Devs = append(t.Devs, dev)
	}
}

// family is a device with its partitions, and the other devices of a btrfs
// that one of them belongs to.
func (t *HoldTarget) family(w *world.World, block *snapshot.Block) []string {
	names := []string{block.Name}
	for _, b := range blocks(w) {
		if b.Of == block.Name {
			names = append(names, b.Name)
		}
	}
	if w.Busy == nil {
		return names
	}
	for _, a := range w.Busy.Alive {
		for _, other := range w.Busy.Alive {
			if strings.HasPrefix(a.Where, "/sys/fs/btrfs/") && a.Where == other.Where && slices.Contains(names, a.Name) && !slices.Contains(names, other.Name) {
				names = append(names, other.Name)
			}
		}
	}
	return names
}

// BlockDevs are the device numbers whose open descriptors matter to a target.
func (t *HoldTarget) BlockDevs(w *world.World) []snapshot.Dev {
	var list []snapshot.Dev
	for _, dev := range t.Devs {
		if blockAt(w, dev) != nil && t.Kind == TargetDevice {
			list = append(list, dev)
		}
	}
	return list
}

// aliveSigns are the signs that one of the target's file systems is in use.
func (t *HoldTarget) aliveSigns(w *world.World) []snapshot.Alive {
	if w.Busy == nil {
		return nil
	}
	var list []snapshot.Alive
	for _, a := range w.Busy.Alive {
		for _, dev := range t.Devs {
			if a.Name == dev.String() || a.Name == blockOf(w, dev) && a.Name != "" {
				list = append(list, a)
			}
		}
	}
	return slices.Compact(list)
}

// eachMount visits every mount of every namespace once: what a process with a
// root of its own sees is a part of its namespace's table, unless only that
// was read.
func eachMount(w *world.World, visit func(*world.Mount)) {
	type key struct {
		ns uint64
		id snapshot.MountID
	}
	met := map[key]bool{}
	for pass := range 2 {
		for _, v := range w.Views {
			if (v.PID == 0) != (pass == 0) {
				continue
			}
			for _, m := range v.Mounts {
				if k := (key{v.Table.NS.Ino, m.ID}); !met[k] {
					met[k] = true
					visit(m)
				}
			}
		}
	}
}
