package engine

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nsview/nsview/inspect/snapshot"
)

const (
	idA    = "ba54f3f7f961d1e6f4c5b2f9b1d0c8e7a6958473625140392817060504030201"
	idB    = "0f99ad5f45163ed14ab8eaf92ed34bb4a631d007f8755a7d79be614bcb0df0ef"
	podUID = "2ca4a155-3599-498d-bb9d-4446693fa3ea"
)

// hostOf is a host with these files.
func hostOf(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for path, text := range files {
		m[strings.TrimPrefix(path, "/")] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return m
}

func link(m fstest.MapFS, name, target string) {
	m[strings.TrimPrefix(name, "/")] = &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink | 0o777}
}

func names(t *testing.T, o Options, ids map[string]string) ([]snapshot.Container, []snapshot.Gap) {
	t.Helper()
	if o.Limit == 0 {
		o.Limit = time.Minute // what hangs in these tests hangs for good
	}
	return New(o).Names(t.Context(), ids)
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestInstancesOfIncus(t *testing.T) {
	root := hostOf(nil)
	link(root, "/var/lib/incus/containers/prod_db", "/var/lib/incus/storage-pools/default/containers/prod_db")
	got, gaps := names(t, Options{Root: root}, map[string]string{"prod_db": "lxc", "web": "lxc"})
	same(t, "incus", got, []snapshot.Container{{Engine: "incus", ID: "prod_db", Name: "prod_db"}})
	same(t, "a container of LXC has its name: gaps", len(gaps), 0)
}

// A container of nsview run may have a name; one without is no gap.
func TestContainersOfNsview(t *testing.T) {
	root := hostOf(map[string]string{
		"/run/nsview/" + idA + "/state.json":           `{"id":"` + idA + `","name":"web","pid":7}`,
		"/run/user/1000/nsview/" + idB + "/state.json": `{"id":"` + idB + `","name":"db"}`,
	})
	link(root, "/run/nsview/names/web", idA)
	want := []snapshot.Container{{Engine: "nsview", ID: idB, Name: "db"}, {Engine: "nsview", ID: idA, Name: "web"}}
	other := strings.Repeat("1", 64)
	for _, ids := range []map[string]string{{idA: "nsview", idB: "nsview", other: "nsview"}, nil} {
		got, gaps := names(t, Options{Root: root}, ids)
		same(t, "nsview", got, want)
		same(t, "gaps", len(gaps), 0)
	}
}

func TestContainersByCgroup(t *testing.T) {
	root := hostOf(map[string]string{"/var/lib/docker/containers/" + idA + "/config.v2.json": `{"Name":"/c1"}`})
	ps := []snapshot.Process{
		{PID: 1, Cgroup: "0::/init.scope\n"},
		{PID: 7, Cgroup: "0::/system.slice/docker-" + idA + ".scope\n"},
		{PID: 8, Cgroup: "0::/system.slice/docker-" + idA + ".scope\n"},
		{PID: 9, Cgroup: "0::/lxc.payload.web\n"},
	}
	got, gaps := New(Options{Root: root}).Containers(t.Context(), ps)
	same(t, "containers", got, []snapshot.Container{{Engine: "docker", ID: idA, Name: "c1"}})
	same(t, "gaps", len(gaps), 0)
}

func TestListing(t *testing.T) {
	root := hostOf(map[string]string{
		"/var/lib/docker/containers/" + idA + "/config.v2.json":                      `{"Name":"/c1"}`,
		"/var/lib/containers/storage/overlay-containers/containers.json":             `[{"id":"` + idB + `","names":["p1"]}]`,
		"/run/containerd/io.containerd.runtime.v2.task/default/web1/config.json":     `{}`,
		"/run/containerd/io.containerd.runtime.v2.task/moby/" + idA + "/config.json": `{}`,
	})
	got, gaps := names(t, Options{Root: root}, nil)
	same(t, "containers", got, []snapshot.Container{
		{Engine: "containerd", ID: "web1", Name: "web1"},
		{Engine: "docker", ID: idA, Name: "c1"},
		{Engine: "podman", ID: idB, Name: "p1"},
	})
	same(t, "gaps", len(gaps), 0)
}

// denied is a host on which some directories may not be read.
type denied struct {
	fs.FS
	under []string
}

func (d denied) Open(name string) (fs.File, error) {
	for _, dir := range d.under {
		if strings.HasPrefix(name, dir) {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
		}
	}
	return d.FS.Open(name)
}

func TestOrdinaryUser(t *testing.T) {
	root := denied{hostOf(nil), []string{"var/lib/docker", "var/lib/containers/storage", "run/containerd"}}
	for engine, place := range map[string]string{
		"docker":     "/var/lib/docker/containers",
		"podman":     "/var/lib/containers/storage",
		"crio":       "/var/lib/containers/storage",
		"containerd": "/run/containerd/io.containerd.runtime.v2.task",
	} {
		_, gaps := names(t, Options{Root: root}, map[string]string{idA: engine})
		same(t, engine, gaps, []snapshot.Gap{{Subject: engine, Op: "read container names from " + place, Error: "permission denied"}})
	}
	for _, ids := range []map[string]string{nil, {}, {"web": "lxc"}, {"web1": "containerd"}, {"deb": "nspawn"}} {
		_, gaps := names(t, Options{Root: root}, ids)
		same(t, "nothing asked that is there: gaps", len(gaps), 0)
	}
}

func TestUnknownContainers(t *testing.T) {
	for _, c := range []struct {
		ids  map[string]string
		want snapshot.Gap
	}{
		{map[string]string{idA: "podman"}, snapshot.Gap{Subject: "podman", Op: "name container " + idA}},
		{map[string]string{idA: "crio", idB: "crio"}, snapshot.Gap{Subject: "crio", Op: "name 2 containers"}},
		{map[string]string{idA: ""}, snapshot.Gap{Subject: "containers", Op: "name container " + idA}},
	} {
		c.want.Error = "no state of an engine that was found speaks of it"
		_, gaps := names(t, Options{Root: hostOf(nil)}, c.ids)
		same(t, "gaps", gaps, []snapshot.Gap{c.want})
	}
}

func TestHostileFiles(t *testing.T) {
	dir := "/var/lib/docker/containers/"
	for what, file := range map[string]*fstest.MapFile{
		"larger than nsview reads":          {Data: make([]byte, maxFile+1)},
		"unexpected end of JSON input":      {Data: []byte(`{"Name":`)},
		"not a plain file":                  {Mode: fs.ModeNamedPipe},
		"invalid character '\\x00' looking": {Data: make([]byte, 9)},
	} {
		root := fstest.MapFS{strings.TrimPrefix(dir, "/") + idA + "/config.v2.json": file}
		got, gaps := names(t, Options{Root: root}, map[string]string{idA: "docker"})
		if len(got) != 0 || len(gaps) != 1 || !strings.Contains(gaps[0].Error, what) {
			t.Errorf("%s: containers %v, gaps %v", what, got, gaps)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, gaps := New(Options{Root: hostOf(nil)}).Names(ctx, map[string]string{idA: "docker"})
	if len(got) != 0 || len(gaps) != 1 {
		t.Errorf("containers %v, gaps %v", got, gaps)
	}
}

func FuzzMember(f *testing.F) {
	f.Add([]byte(crioNotes))
	f.Add([]byte(`[1,2]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		v := view{fsys: fstest.MapFS{"f": {Data: data}}}
		if _, err := v.annotations("/f"); errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	})
}
