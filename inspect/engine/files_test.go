package engine

import (
	"testing"

	"github.com/nsview/nsview/inspect/snapshot"
)

// crioNotes are the annotations of CRI-O's bundles, criNotes of containerd's.
const (
	crioNotes = `{"ociVersion":"1.0.2","process":{"args":["x"]},"annotations":{"io.container.manager":"cri-o",` +
		`"io.kubernetes.cri-o.ContainerType":"container","io.kubernetes.container.name":"etcd",` +
		`"io.kubernetes.pod.name":"etcd-m1","io.kubernetes.pod.namespace":"kube-system","io.kubernetes.pod.uid":"` + podUID + `"},"linux":{}}`
	criNotes = `{"ociVersion":"1.1.0","hostname":"h","annotations":{"io.kubernetes.cri.container-name":"coredns",` +
		`"io.kubernetes.cri.container-type":"container","io.kubernetes.cri.sandbox-name":"coredns-x2x7q",` +
		`"io.kubernetes.cri.sandbox-namespace":"kube-system","io.kubernetes.cri.sandbox-uid":"` + podUID + `"},"linux":{"seccomp":{}}}`
	sandboxNotes = `{"annotations":{"io.kubernetes.cri.container-type":"sandbox","io.kubernetes.cri.sandbox-name":"coredns-x2x7q",` +
		`"io.kubernetes.cri.sandbox-namespace":"kube-system"}}`
)

const (
	storage = "/var/lib/containers/storage/"
	task    = "/run/containerd/io.containerd.runtime.v2.task/"
)

var (
	coredns = snapshot.Container{Engine: "containerd", ID: idA, Name: "coredns", Pod: "kube-system/coredns-x2x7q", PodUID: podUID}
	// fileCases are hosts with one container, and where its name is.
	fileCases = []struct {
		what   string
		files  map[string]string
		engine string
		want   snapshot.Container
	}{
		{
			"docker",
			map[string]string{"/var/lib/docker/containers/" + idA + "/config.v2.json": `{"ID":"x","Name":"/c1"}`},
			"docker",
			snapshot.Container{Engine: "docker", ID: idA, Name: "c1"},
		},
		{
			"a bare id that is docker's",
			map[string]string{"/var/lib/docker/containers/" + idA + "/config.v2.json": `{"Name":"/c1"}`},
			"",
			snapshot.Container{Engine: "docker", ID: idA, Name: "c1"},
		},
		{
			"docker with a data root",
			map[string]string{
				"/etc/docker/daemon.json":                           `{"data-root":"/srv/docker"}`,
				"/srv/docker/containers/" + idA + "/config.v2.json": `{"Name":"/c1"}`,
			},
			"docker",
			snapshot.Container{Engine: "docker", ID: idA, Name: "c1"},
		},
		{
			"cri-dockerd",
			map[string]string{"/var/lib/docker/containers/" + idA + "/config.v2.json": `{"Name":"/k8s_web_web-0_prod_` + podUID + `_0"}`},
			"docker",
			snapshot.Container{Engine: "docker", ID: idA, Name: "web", Pod: "prod/web-0", PodUID: podUID},
		},
		{
			"podman",
			map[string]string{storage + "overlay-containers/containers.json": `[{"id":"` + idA + `","names":["p1"],"metadata":"{}"}]`},
			"podman",
			snapshot.Container{Engine: "podman", ID: idA, Name: "p1"},
		},
		{
			"podman --rm, vfs",
			map[string]string{storage + "vfs-containers/volatile-containers.json": `[{"id":"` + idA + `","names":["p1"]}]`},
			"podman",
			snapshot.Container{Engine: "podman", ID: idA, Name: "p1"},
		},
		{
			"podman with a graph root",
			map[string]string{
				"/etc/containers/storage.conf":                 "[storage]\n  graphroot = \"/srv/pods\"\n",
				"/srv/pods/overlay-containers/containers.json": `[{"id":"` + idA + `","names":["p1"]}]`,
			},
			"podman",
			snapshot.Container{Engine: "podman", ID: idA, Name: "p1"},
		},
		{
			"cri-o",
			map[string]string{storage + "overlay-containers/containers.json": `[{"id":"` + idA + `","names":["k8s_etcd_etcd-m1_kube-system_` + podUID + `_0","etcd"]}]`},
			"crio",
			snapshot.Container{Engine: "crio", ID: idA, Name: "etcd", Pod: "kube-system/etcd-m1", PodUID: podUID},
		},
		{
			"cri-o sandbox",
			map[string]string{storage + "overlay-containers/containers.json": `[{"id":"` + idA + `","names":["k8s_POD_etcd-m1_kube-system_` + podUID + `_0"]}]`},
			"crio",
			snapshot.Container{Engine: "crio", ID: idA, Pod: "kube-system/etcd-m1", PodUID: podUID},
		},
		{
			"cri-o with a damaged list",
			map[string]string{
				storage + "overlay-containers/containers.json":                  `[{"id":`,
				storage + "overlay-containers/" + idA + "/userdata/config.json": crioNotes,
			},
			"crio",
			snapshot.Container{Engine: "crio", ID: idA, Name: "etcd", Pod: "kube-system/etcd-m1", PodUID: podUID},
		},
		{"containerd in kubernetes", map[string]string{task + "k8s.io/" + idA + "/config.json": criNotes}, "containerd", coredns},
		{"a bare id in kubernetes", map[string]string{task + "k8s.io/" + idA + "/config.json": criNotes}, "", coredns},
		{"k3s", map[string]string{"/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/" + idA + "/config.json": criNotes}, "containerd", coredns},
		{
			"containerd sandbox",
			map[string]string{task + "k8s.io/" + idA + "/config.json": sandboxNotes},
			"containerd",
			snapshot.Container{Engine: "containerd", ID: idA, Pod: "kube-system/coredns-x2x7q"},
		},
		{
			"nerdctl",
			map[string]string{task + "default/" + idA + "/config.json": `{"annotations":{"nerdctl/name":"web"}}`},
			"containerd",
			snapshot.Container{Engine: "containerd", ID: idA, Name: "web"},
		},
	}
)

func TestNamesFromFiles(t *testing.T) {
	for _, c := range fileCases {
		got, gaps := names(t, Options{Root: hostOf(c.files)}, map[string]string{c.want.ID: c.engine})
		same(t, c.what, got, []snapshot.Container{c.want})
		same(t, c.what+": gaps", len(gaps), 0)
	}
}
