package proc

import (
	"io/fs"
	"slices"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// Blocks lists the block devices of a /sys (sysfs(5)): each is a directory of
// class/block, partitions among them.
func Blocks(sys fs.FS) ([]snapshot.Block, error) {
	entries, err := fs.ReadDir(sys, "class/block")
	if err != nil {
		return nil, cause(err)
	}
	var list []snapshot.Block
	for _, e := range entries {
		dir := "class/block/" + e.Name()
		b := snapshot.Block{Name: e.Name(), Holders: names(sys, dir+"/holders"), Slaves: names(sys, dir+"/slaves")}
		if b.Dev.UnmarshalText([]byte(sysText(sys, dir+"/dev"))) != nil {
			continue // gone since
		}
		b.DM, b.UUID = sysText(sys, dir+"/dm/name"), sysText(sys, dir+"/dm/uuid")
		if backing := sysText(sys, dir+"/backing_dev"); backing != "none" {
			b.Backing = backing
		}
		list = append(list, b)
	}
	partitions(sys, list)
	return list, nil
}

// partitions tells each partition which disk it is of: its directory lies in
// the disk's.
func partitions(sys fs.FS, list []snapshot.Block) {
	at := map[string]int{}
	for i := range list {
		at[list[i].Name] = i
	}
	for i := range list {
		for _, name := range names(sys, "class/block/"+list[i].Name) {
			if j, ok := at[name]; ok && strings.HasPrefix(name, list[i].Name) && name != list[i].Name {
				list[j].Of = list[i].Name
			}
		}
	}
}

// Loops lists the loop devices that have a backing file, by what sysfs alone
// tells of them (Documentation/ABI/testing/sysfs-block-loop).
func Loops(sys fs.FS) []snapshot.Loop {
	var list []snapshot.Loop
	for _, name := range names(sys, "class/block") {
		dir := "class/block/" + name + "/loop/"
		file, err := fs.ReadFile(sys, dir+"backing_file")
		if err != nil {
			continue
		}
		list = append(list, snapshot.Loop{
			Name: name, Path: strings.TrimSuffix(string(file), "\n"),
			Autoclear: sysText(sys, dir+"autoclear") == "1",
			ReadOnly:  sysText(sys, "class/block/"+name+"/ro") == "1",
		})
	}
	return list
}

// perDevice are the directories of sysfs that have one entry for each block
// device whose file system of that type is in use.
var perDevice = []string{"ext4", "xfs", "f2fs", "erofs", "bcachefs"}

// notDevice are the entries of those directories that are no devices.
var notDevice = []string{"features", "debug", "tuning", "stats"}

// AliveInSys lists the file systems that /sys/fs shows to be in use.
func AliveInSys(sys fs.FS) []snapshot.Alive {
	var list []snapshot.Alive
	for _, kind := range perDevice {
		for _, name := range names(sys, "fs/"+kind) {
			if !slices.Contains(notDevice, name) {
				list = append(list, snapshot.Alive{Name: name, Where: "/sys/fs/" + kind + "/" + name})
			}
		}
	}
	for _, uuid := range names(sys, "fs/btrfs") {
		for _, name := range names(sys, "fs/btrfs/"+uuid+"/devices") {
			list = append(list, snapshot.Alive{Name: name, Where: "/sys/fs/btrfs/" + uuid})
		}
	}
	return list
}

// AliveInProc lists the journals that /proc/fs/jbd2 shows: DEVICE-INODE.
func (p *FS) AliveInProc() []snapshot.Alive {
	var list []snapshot.Alive
	for _, name := range names(p.fsys, "fs/jbd2") {
		if dash := strings.LastIndexByte(name, '-'); dash > 0 {
			list = append(list, snapshot.Alive{Name: name[:dash], Where: "/proc/fs/jbd2/" + name})
		}
	}
	return list
}

// AliveThread is the file system that a kernel thread of that name works for:
// jbd2/dm-3-8 (ext4's journal), xfsaild/dm-3, f2fs_gc-253:3.
func AliveThread(comm string) (snapshot.Alive, bool) {
	a := snapshot.Alive{Where: "kernel thread " + comm}
	if name, ok := strings.CutPrefix(comm, "jbd2/"); ok {
		if dash := strings.LastIndexByte(name, '-'); dash > 0 {
			name = name[:dash]
		}
		a.Name = name
	}
	for _, prefix := range []string{"xfsaild/", "f2fs_gc-", "f2fs_ckpt-"} {
		if name, ok := strings.CutPrefix(comm, prefix); ok {
			a.Name = name
		}
	}
	return a, a.Name != ""
}

// Targets lists the devices and files that the kernel serves as disks: LIO's
// udev_path and nvmet's device_path (Documentation/target,
// Documentation/ABI/testing/configfs-...).
func Targets(sys fs.FS) []snapshot.Named {
	var list []snapshot.Named
	for _, pattern := range []string{
		"kernel/config/target/core/*/*/udev_path",
		"kernel/config/nvmet/subsystems/*/namespaces/*/device_path",
	} {
		files, _ := fs.Glob(sys, pattern) // the pattern is well formed
		for _, file := range files {
			if at := sysText(sys, file); at != "" && at != "(null)" {
				list = append(list, snapshot.Named{Kind: snapshot.NamedTarget, Name: strings.TrimSuffix(file, file[strings.LastIndexByte(file, '/'):]), Path: at})
			}
		}
	}
	return list
}

// names is the entries of a directory, none when it cannot be read.
func names(sys fs.FS, dir string) []string {
	entries, _ := fs.ReadDir(sys, dir)
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func sysText(sys fs.FS, name string) string {
	b, _ := fs.ReadFile(sys, name)
	return strings.TrimSpace(string(b))
}
