package engine

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/nsview/nsview/inspect/snapshot"
)

// process adds a process of an engine to a host.
func process(m fstest.MapFS, pid, comm, cwd, mnt string, args ...string) {
	dir := "proc/" + pid + "/"
	m[dir+"comm"] = &fstest.MapFile{Data: []byte(comm + "\n")}
	m[dir+"cmdline"] = &fstest.MapFile{Data: []byte(strings.Join(args, "\x00") + "\x00")}
	link(m, dir+"cwd", cwd)
	if mnt != "" {
		link(m, dir+"ns/mnt", mnt)
	}
}

func TestRunningEngines(t *testing.T) {
	c1 := snapshot.Container{Engine: "docker", ID: idA, Name: "c1"}
	for what, c := range map[string]struct {
		files map[string]string
		args  []string
		cwd   string
		want  snapshot.Container
	}{
		"dockerd with a data root in a mount namespace of its own": {
			map[string]string{"/proc/41/root/mnt/d/containers/" + idA + "/config.v2.json": `{"Name":"/c1"}`},
			[]string{"dockerd", "--data-root", "/mnt/d"},
			"/", c1,
		},
		"dockerd with a configuration file": {
			map[string]string{
				"/proc/41/root/etc/d.json":                                  `{"data-root":"/mnt/d"}`,
				"/proc/41/root/mnt/d/containers/" + idA + "/config.v2.json": `{"Name":"/c1"}`,
			},
			[]string{"dockerd", "--config-file=/etc/d.json"},
			"/", c1,
		},
		"dockerd in a container": {
			map[string]string{"/proc/41/root/var/lib/docker/containers/" + idA + "/config.v2.json": `{"Name":"/c1"}`},
			[]string{"dockerd"},
			"/", c1,
		},
		"containerd in a container, by its shim": {
			map[string]string{"/proc/41/root/run/c/io.containerd.runtime.v2.task/k8s.io/" + idA + "/config.json": criNotes},
			[]string{"containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", idB},
			"/run/c/io.containerd.runtime.v2.task/k8s.io/" + idB,
			snapshot.Container{Engine: "containerd", ID: idA, Name: "coredns", Pod: "kube-system/coredns-x2x7q", PodUID: podUID},
		},
		"podman with a root of its own, by its monitor": {
			nil,
			[]string{"/usr/bin/conmon", "--api-version", "1", "-c", idA, "-n", "p1"},
			"/",
			snapshot.Container{Engine: "podman", ID: idA, Name: "p1"},
		},
		"cri-o in a container": {
			map[string]string{"/proc/41/root/srv/overlay-containers/containers.json": `[{"id":"` + idA + `","names":["k8s_etcd_etcd-m1_kube-system_` + podUID + `_0"]}]`},
			[]string{"crio", "--root=/srv"},
			"/",
			snapshot.Container{Engine: "crio", ID: idA, Name: "etcd", Pod: "kube-system/etcd-m1", PodUID: podUID},
		},
	} {
		root := hostOf(c.files)
		comm := c.args[0][strings.LastIndexByte(c.args[0], '/')+1:]
		process(root, "41", comm[:min(15, len(comm))], c.cwd, "mnt:[4026532500]", c.args...)
		process(root, "42", "bash", "/", "mnt:[4026531841]", "bash")
		got, gaps := names(t, Options{Root: root}, map[string]string{idA: c.want.Engine})
		same(t, what, got, []snapshot.Container{c.want})
		same(t, what+": gaps", len(gaps), 0)
	}
}

func TestRunningSocket(t *testing.T) {
	for mnt, socket := range map[string]string{
		"":                 "/mnt/docker.sock", // an ordinary user cannot tell
		"mnt:[4026531841]": "/mnt/docker.sock",
		"mnt:[4026532500]": "/proc/41/root/mnt/docker.sock",
	} {
		root := hostOf(nil)
		link(root, "/proc/self/ns/mnt", "mnt:[4026531841]")
		process(root, "41", "dockerd", "/", mnt, "dockerd", "-H", "unix:///mnt/docker.sock")
		dial := serve(t, map[string]string{socket: ok(`[{"Id":"` + idA + `","Names":["/c1"]}]`)})
		got, _ := names(t, Options{Root: root, Dial: dial}, map[string]string{idA: "docker"})
		same(t, "by "+socket, got, []snapshot.Container{{Engine: "docker", ID: idA, Name: "c1"}})
	}
}

func TestHomes(t *testing.T) {
	root := hostOf(map[string]string{
		"/etc/passwd": "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbroken\n",
		"/home/ann/.local/share/containers/storage/overlay-containers/containers.json": `[{"id":"` + idA + `","names":["p1"]}]`,
		"/home/ann/.local/share/docker/containers/" + idB + "/config.v2.json":          `{"Name":"/c1"}`,
	})
	got, gaps := names(t, Options{Root: root}, map[string]string{idA: "podman", idB: "docker"})
	same(t, "containers", got, []snapshot.Container{{Engine: "docker", ID: idB, Name: "c1"}, {Engine: "podman", ID: idA, Name: "p1"}})
	same(t, "gaps", len(gaps), 0)
}

// stuck is a host with a directory that does not answer.
type stuck struct {
	fs.FS
	under string
	gate  chan struct{}
}

func (s stuck) Open(name string) (fs.File, error) {
	if strings.HasPrefix(name, s.under) {
		<-s.gate
	}
	return s.FS.Open(name)
}

func TestHomeThatHangs(t *testing.T) {
	gate := make(chan struct{})
	defer close(gate)
	root := stuck{hostOf(map[string]string{"/etc/passwd": "ann:x:1000:1000::/home/ann:/bin/sh\n"}), "home", gate}
	_, gaps := names(t, Options{Root: root, Limit: time.Millisecond}, map[string]string{idA: "podman"})
	same(t, "gaps", gaps, []snapshot.Gap{{
		Subject: "podman", Op: "read container names from home directories", Error: "no answer within 1ms",
	}})
}
