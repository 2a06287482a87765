package engine

import (
	"cmp"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// storageRoots are where containers/storage keeps what Podman and CRI-O have:
// the graph root, and the run root for containers that end with the boot.
func storageRoots(v view) []string {
	conf, err := v.read("/etc/containers/storage.conf")
	if err != nil {
		conf, _ = v.read("/usr/share/containers/storage.conf")
	}
	return []string{
		cmp.Or(setting(conf, "graphroot"), "/var/lib/containers/storage"),
		cmp.Or(setting(conf, "runroot"), "/run/containers/storage"),
	}
}

// setting is the string that a line of a TOML file gives a key.
func setting(toml []byte, key string) string {
	for line := range strings.Lines(string(toml)) {
		name, value, _ := strings.Cut(line, "=")
		if strings.TrimSpace(name) == key {
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}

// storage reads ROOT/DRIVER-containers, whose lists have all names. The bundle
// of a container speaks where a list is damaged.
func (s *search) storage(v view, root string) {
	if root == "" || !s.listing && !s.wants("podman", "crio") {
		return
	}
	names, err := v.list(root)
	s.problem("podman", v, root, err)
	s.problem("crio", v, root, err)
	for _, name := range names {
		if strings.HasSuffix(name, "-containers") {
			dir := root + "/" + name
			s.storageList(v, dir+"/containers.json")
			s.storageList(v, dir+"/volatile-containers.json")
			s.bundles(v, dir)
		}
	}
}

func (s *search) storageList(v view, file string) {
	var list []struct {
		ID    string
		Names []string
	}
	if err := v.readJSON(file, &list); err != nil {
		s.problem("podman", v, file, err)
		s.problem("crio", v, file, err)
		return
	}
	for _, c := range list {
		if len(c.Names) > 0 {
			s.add(storageContainer(c.ID, c.Names[0]))
		}
	}
}

func storageContainer(id, name string) snapshot.Container {
	c := snapshot.Container{Engine: "podman", ID: id, Name: name}
	if kubernetes(&c) {
		c.Engine = "crio"
	}
	return c
}

// bundles reads ID/userdata/config.json, where CRI-O's annotations name the
// container and its pod.
func (s *search) bundles(v view, dir string) {
	if s.listing {
		return
	}
	for _, id := range s.ids(v, dir, "podman", "crio") {
		notes, err := v.annotations(dir + "/" + id + "/userdata/config.json")
		s.problem("podman", v, dir, err)
		s.problem("crio", v, dir, err)
		s.add(annotated("crio", id, notes))
	}
}
