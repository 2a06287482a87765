package engine

import (
	"io/fs"

	"github.com/nsview/nsview/inspect/snapshot"
)

// instanceDirs have an entry for each container of LXD and Incus.
var instanceDirs = []struct{ engine, dir string }{
	{"incus", "/var/lib/incus/containers"},
	{"lxd", "/var/snap/lxd/common/lxd/containers"},
	{"lxd", "/var/lib/lxd/containers"},
}

// instances tells the containers of Incus and LXD from those of LXC, which
// their control groups do not. The entries are links to storage that may be
// mounted for their daemon only, so they are not followed.
func (s *search) instances(v view) {
	for _, place := range instanceDirs {
		for _, id := range s.instancesIn(v, place.dir) {
			if _, err := fs.Lstat(v.fsys, v.name(place.dir+"/"+id)); err == nil {
				s.add(snapshot.Container{Engine: place.engine, ID: id, Name: id})
			}
		}
	}
}

func (s *search) instancesIn(v view, dir string) []string {
	if s.listing {
		return s.ids(v, dir, "lxc")
	}
	var ids []string
	for id, engine := range s.want {
		if engine == "lxc" {
			ids = append(ids, id)
		}
	}
	return ids
}
