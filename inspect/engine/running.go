package engine

import (
	"cmp"
	"context"
	"io/fs"
	"path"
	"strings"
)

// daemon is a process of an engine, and the root directory it sees.
type daemon struct {
	comm string
	args []string
	cwd  string
	mnt  string // its mount namespace, "" when that may not be read
	view view
}

// runningEngines looks where the engines that run say their state is: one with
// options of its own, in a mount namespace of its own, or in a container.
func (s *search) runningEngines() {
	if s.listing || !s.wants("docker", "podman", "crio", "containerd") {
		return
	}
	daemons := s.daemons()
	ctx, cancel := s.limited()
	defer cancel()
	seen := map[string]bool{}
	for _, d := range daemons {
		if key := d.place(); !seen[key] {
			seen[key] = true
			s.askDaemon(ctx, d)
		}
	}
	for _, d := range daemons {
		s.askSocket(d)
	}
}

// daemons are the engines' processes, by the names that the kernel cuts to 15
// characters.
func (s *search) daemons() []daemon {
	host := s.host()
	pids, _ := host.list("/proc")
	var found []daemon
	for _, pid := range pids {
		if pid[0] < '0' || pid[0] > '9' || s.ctx.Err() != nil {
			continue
		}
		comm, _ := host.read("/proc/" + pid + "/comm")
		switch name := strings.TrimSpace(string(comm)); name {
		case "dockerd", "conmon", "crio", "containerd-shim":
			found = append(found, newDaemon(host, "/proc/"+pid, name))
		}
	}
	return found
}

func newDaemon(v view, dir, comm string) daemon {
	d := daemon{comm: comm, view: view{v.fsys, dir + "/root"}}
	cmdline, _ := v.read(dir + "/cmdline")
	d.args = strings.Split(string(cmdline), "\x00")
	d.cwd, _ = fs.ReadLink(v.fsys, v.name(dir+"/cwd"))
	d.mnt, _ = fs.ReadLink(v.fsys, v.name(dir+"/ns/mnt"))
	return d
}

// place is the same for processes that lead to the same state: the shims of
// one containerd.
func (d daemon) place() string {
	switch d.comm {
	case "containerd-shim":
		return d.mnt + path.Dir(d.cwd)
	case "dockerd", "conmon":
		return d.mnt + strings.Join(d.args, "\x00")
	}
	return d.mnt + d.comm
}

func (s *search) askDaemon(ctx context.Context, d daemon) {
	if d.comm == "conmon" {
		s.add(storageContainer(d.arg("-c", "--cid"), d.arg("-n", "--name")))
		return
	}
	engine := map[string]string{"dockerd": "docker", "crio": "crio", "containerd-shim": "containerd"}[d.comm]
	if d.mnt == "" || !s.wants(engine) {
		return // what may not be looked up may not be read either
	}
	s.apart(ctx, engine, "read container names from "+d.view.at, d.read)
}

func (d daemon) read(s *search) {
	switch d.comm {
	case "dockerd":
		config := cmp.Or(d.arg("--config-file"), "/etc/docker/daemon.json")
		s.docker(d.view, cmp.Or(d.arg("--data-root", "-g", "--graph"), configuredRoot(d.view, config)))
	case "crio":
		for _, root := range append(storageRoots(d.view), d.arg("--root"), d.arg("--runroot")) {
			s.storage(d.view, root)
		}
	case "containerd-shim":
		s.bundlesIn(d.view, path.Dir(d.cwd))
	}
}

// askSocket asks a dockerd whose files may not be read, or say nothing.
func (s *search) askSocket(d daemon) {
	if d.comm != "dockerd" {
		return
	}
	socket, ok := strings.CutPrefix(d.arg("-H", "--host"), "unix://")
	if !ok {
		return
	}
	if own, _ := fs.ReadLink(s.r.Root, "proc/self/ns/mnt"); d.mnt != "" && d.mnt != own {
		socket = "/" + d.view.name(socket)
	}
	s.ask(socket)
}

// arg is the value of the first of the options that was given.
func (d daemon) arg(options ...string) string {
	for i, a := range d.args {
		for _, option := range options {
			if value, ok := strings.CutPrefix(a, option+"="); ok {
				return value
			}
			if a == option && i+1 < len(d.args) {
				return d.args[i+1]
			}
		}
	}
	return ""
}
