package engine

import (
	"cmp"
	"path"

	"github.com/nsview/nsview/inspect/snapshot"
)

const taskDir = "/io.containerd.runtime.v2.task"

// taskDirs are where containerd keeps the bundles of running containers: its
// own package, k3s and RKE2, k0s, MicroK8s.
var taskDirs = []string{
	"/run/containerd" + taskDir,
	"/run/k3s/containerd" + taskDir,
	"/run/k0s/containerd" + taskDir,
	"/var/snap/microk8s/common/run/containerd" + taskDir,
}

// tasks reads DIR/NAMESPACE/ID/config.json.
func (s *search) tasks(v view, dir string) {
	if !s.listing && !s.wants("containerd") {
		return
	}
	namespaces, err := v.list(dir)
	s.problem("containerd", v, dir, err)
	for _, ns := range namespaces {
		s.bundlesIn(v, dir+"/"+ns)
	}
}

func (s *search) bundlesIn(v view, dir string) {
	if path.Base(dir) == "moby" {
		return // dockerd's, which gives containerd no names
	}
	for _, id := range s.ids(v, dir, "containerd") {
		notes, err := v.annotations(dir + "/" + id + "/config.json")
		s.problem("containerd", v, dir, err)
		c := annotated("containerd", id, notes)
		if c.Name == "" && c.Pod == "" && err == nil && !isID(id) {
			c.Name = id // ctr's containers have no other name
		}
		s.add(c)
	}
}

// annotated names a container by the annotations that containerd's CRI plugin,
// nerdctl or CRI-O put into its bundle. A sandbox has a pod and no name.
func annotated(engine, id string, notes map[string]string) snapshot.Container {
	first := func(keys ...string) string {
		var value string
		for _, key := range keys {
			value = cmp.Or(value, notes[key])
		}
		return value
	}
	c := snapshot.Container{
		Engine: engine, ID: id,
		Name:   first("io.kubernetes.cri.container-name", "nerdctl/name", "io.kubernetes.container.name"),
		Pod:    first("io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"),
		PodUID: first("io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"),
	}
	if ns := first("io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"); c.Pod != "" {
		c.Pod = ns + "/" + c.Pod
	}
	if first("io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType") == "sandbox" {
		c.Name = ""
	}
	return c
}
