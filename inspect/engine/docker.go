package engine

import (
	"cmp"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
)

// dockerRoots are where dockerd may keep its data: daemon.json says, else the
// default; the snap has a place of its own.
func dockerRoots(v view) []string {
	return []string{configuredRoot(v, "/etc/docker/daemon.json"), "/var/snap/docker/common/var-lib-docker"}
}

func configuredRoot(v view, config string) string {
	var c struct {
		DataRoot string `json:"data-root"`
		Graph    string // its name before 17.05
	}
	// A file that does not parse keeps dockerd from starting: it says nothing.
	_ = v.readJSON(config, &c)
	return cmp.Or(c.DataRoot, c.Graph, "/var/lib/docker")
}

// docker reads ROOT/containers/ID/config.v2.json.
func (s *search) docker(v view, root string) {
	dir := root + "/containers"
	for _, id := range s.ids(v, dir, "docker") {
		var c struct{ Name string }
		if err := v.readJSON(dir+"/"+id+"/config.v2.json", &c); err != nil {
			s.problem("docker", v, dir, err)
			continue
		}
		s.add(dockerContainer(id, c.Name))
	}
}

func dockerContainer(id, name string) snapshot.Container {
	c := snapshot.Container{Engine: "docker", ID: id, Name: strings.TrimPrefix(name, "/")}
	kubernetes(&c)
	return c
}

// kubernetes takes apart the names that cri-dockerd and CRI-O make:
// k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT, with POD as a sandbox's container.
// None of the parts can hold an underscore.
func kubernetes(c *snapshot.Container) bool {
	part := strings.Split(c.Name, "_")
	if len(part) != 6 || part[0] != "k8s" {
		return false
	}
	c.Name, c.Pod, c.PodUID = part[1], part[3]+"/"+part[2], part[4]
	if c.Name == "POD" {
		c.Name = ""
	}
	return true
}
