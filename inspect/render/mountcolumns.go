package render

import (
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// MountColumns are the columns of tree. Where findmnt(8) has a column of the
// same name they agree to the letter, but for PROPAGATION, which names the
// groups.
var MountColumns = Columns[*world.Mount]{
	Defaults: []string{"TARGET", "SOURCE", "FSTYPE", "OPTIONS", "PROPAGATION"},
	All: []Column[*world.Mount]{
		{Name: "TARGET", Help: "mount point", Shrink: 1, Text: func(m *world.Mount) string { return m.Point }},
		{Name: "SOURCE", Help: "source, with the directory of it in brackets", Shrink: 2, Text: sourceText},
		{Name: "FSTYPE", Help: "file system type", Text: func(m *world.Mount) string { return m.FSType }},
		{Name: "OPTIONS", Help: "all mount options", Shrink: 3, Text: func(m *world.Mount) string {
			return mergeOptions(m.VFSOptions, snapshot.Unescape(m.FSOptions))
		}},
		{Name: "PROPAGATION", Help: "peer group, master, or private, unbindable", Text: (*world.Mount).Propagation},
		idColumn("ID", "mount id", func(m *world.Mount) uint64 { return uint64(m.ID) }),
		idColumn("PARENT", "id of the mount it is mounted on", func(m *world.Mount) uint64 { return uint64(m.Mount.Parent) }),
		withWant(idColumn("UNIQ-ID", "64-bit id, never used again", func(m *world.Mount) uint64 { return uint64(m.UniqueID) }), wantDetail),
		{Name: "MAJ:MIN", Help: "device number of the file system", Text: func(m *world.Mount) string { return m.Dev.String() }},
		{Name: "FSROOT", Help: "directory of the file system that is mounted", Shrink: 2, Text: func(m *world.Mount) string { return m.Root }},
		{Name: "VFS-OPTIONS", Help: "options of the mount", Shrink: 3, Text: func(m *world.Mount) string { return m.VFSOptions }},
		{Name: "FS-OPTIONS", Help: "options of the file system", Shrink: 3, Text: func(m *world.Mount) string { return snapshot.Unescape(m.FSOptions) }},
		idColumn("PEER_GROUP", "peer group it shares with", func(m *world.Mount) uint64 { return uint64(m.PeerGroup) }),
		idColumn("MASTER", "peer group it receives from", func(m *world.Mount) uint64 { return uint64(m.Master) }),
		idColumn("PROPAGATE_FROM", "nearest group above the master with a member here", func(m *world.Mount) uint64 { return uint64(m.From) }),
		linkColumn("PEERS", "other mounts of its peer group on the whole host, as namespace:mount point", peerNames),
		linkColumn("RECEIVES-FROM", "mounts whose mounts appear on it: peers, masters, and theirs", senderNames),
		linkColumn("SENDS-TO", "mounts on which its mounts appear: peers, slaves, and theirs", receiverNames),
		flagColumn("UNBINDABLE", "may not be bind mounted", func(m *world.Mount) bool { return m.Unbindable }),
		flagColumn("SHADOWED", "hidden by another mount", func(m *world.Mount) bool { return m.Shadowed }),
		{Name: "IDMAP", Help: "user and group maps of an idmapped mount, first:lower:count", Want: wantDetail, Text: idmapText},
		{
			Name: "LAYERS", Help: "directories of an overlay, the upper one first", Shrink: 3,
			Text: layersText, JSON: layersJSON,
		},
		sizeColumn("SIZE", "size of the file system", func(u *snapshot.Usage) uint64 { return u.Size }),
		sizeColumn("USED", "used space", func(u *snapshot.Usage) uint64 { return u.Used }),
		sizeColumn("AVAIL", "space that an ordinary user may still use", func(u *snapshot.Usage) uint64 { return u.Avail }),
		{Name: "USE%", Help: "used space in percent", Right: true, Want: wantUsage, Text: usePercent},
	},
}

// MountJSONDefaults are the keys of tree -J when no columns are named.
var MountJSONDefaults = []string{
	"TARGET", "SOURCE", "FSTYPE", "OPTIONS", "PROPAGATION", "ID", "PARENT", "PEER_GROUP", "MASTER",
	"PROPAGATE_FROM", "UNBINDABLE", "SHADOWED", "FSROOT", "MAJ:MIN",
}

func wantDetail(w *snapshot.Want) { w.Tables.Detail = true }
func wantUsage(w *snapshot.Want)  { w.Usage = true }

func withWant(c Column[*world.Mount], want func(*snapshot.Want)) Column[*world.Mount] {
	c.Want = want
	return c
}

func idColumn(name, help string, value func(*world.Mount) uint64) Column[*world.Mount] {
	return Column[*world.Mount]{
		Name: name, Help: help, Right: true,
		Text: func(m *world.Mount) string { return numberText(value(m)) },
		JSON: func(m *world.Mount) any { return numberJSON(value(m)) },
	}
}

func flagColumn(name, help string, value func(*world.Mount) bool) Column[*world.Mount] {
	return Column[*world.Mount]{
		Name: name, Help: help,
		Text: func(m *world.Mount) string {
			if value(m) {
				return "yes"
			}
			return "no"
		},
		JSON: func(m *world.Mount) any { return value(m) },
	}
}

// sourceText is the source, and in brackets what of it is mounted when that is
// not its root.
func sourceText(m *world.Mount) string {
	if m.Root == "" || m.Root == "/" {
		return m.Source
	}
	return m.Source + "[" + m.Root + "]"
}

// mergeOptions joins the options of the mount and of its file system into one
// list with one rw or ro: ro when either says so.
func mergeOptions(vfs, fs string) string {
	switch {
	case vfs == fs || fs == "":
		return vfs
	case vfs == "":
		return fs
	}
	access := "rw"
	if hasOption(vfs, "ro") || hasOption(fs, "ro") {
		access = "ro"
	}
	vfs, fs = withoutAccess(vfs), withoutAccess(fs)
	for _, part := range []string{vfs, fs} {
		if part != "" {
			access += "," + part
		}
	}
	return access
}

func hasOption(list, name string) bool {
	return list == name || strings.HasPrefix(list, name+",")
}

// withoutAccess takes the rw or ro off, with which the kernel starts both
// lists.
func withoutAccess(list string) string {
	for _, name := range []string{"rw", "ro"} {
		if list == name {
			return ""
		}
		if rest, ok := strings.CutPrefix(list, name+","); ok {
			return rest
		}
	}
	return list
}

// idmapText writes the maps of statmount(2) with colons; one for both when the
// groups are mapped as the users.
func idmapText(m *world.Mount) string {
	uids, gids := mapText(m.UIDMap), mapText(m.GIDMap)
	switch {
	case uids == gids:
		return uids
	case uids == "":
		return "g:" + gids
	case gids == "":
		return "u:" + uids
	}
	return "u:" + uids + " g:" + gids
}

func mapText(lines []string) string {
	return strings.ReplaceAll(strings.Join(lines, ","), " ", ":")
}

// layersText parts the layers by colons, and writes a colon in a name as mount(8)
// wants it.
func layersText(m *world.Mount) string {
	list := m.Layers().Strings()
	for i := range list {
		list[i] = strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace(list[i])
	}
	return strings.Join(list, ":")
}

func layersJSON(m *world.Mount) any {
	if list := m.Layers().Strings(); len(list) > 0 {
		return list
	}
	return nil
}
