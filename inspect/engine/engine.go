// Package engine reads what container engines call their containers.
//
// A control group tells the id of a container and often the engine (package
// world); the name that people use is in the engine's own state. A [Reader]
// looks there, at what answers at once first:
//
//   - the files of nsview run, Docker, Podman, CRI-O, containerd (also of k3s, RKE2, k0s
//     and MicroK8s) and Incus in their usual or configured places;
//   - Docker's socket, under a time limit;
//   - engines in other places or in containers, found by the processes they
//     run: dockerd, crio, containerd-shim, conmon;
//   - the home directories that rootless engines keep their state in.
//
// Each step is taken only while a name is missing. No engine's program is run
// and nothing is written. Names are what the state says: nobody vouches for
// the state of an engine that runs inside a container.
package engine

import (
	"context"
	"io/fs"
	"net"
	"time"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// DefaultLimit is how long all that may hang is waited for, in each step.
const DefaultLimit = 200 * time.Millisecond

// Options are the host that a [Reader] looks at.
type Options struct {
	// Root is the host's root directory, os.DirFS("/") on a live host.
	Root fs.FS
	// Dial connects to a unix socket; nil asks none.
	Dial func(ctx context.Context, path string) (net.Conn, error)
	// DockerHost is the value of $DOCKER_HOST. Only unix sockets count.
	DockerHost string
	// Limit replaces [DefaultLimit].
	Limit time.Duration
}

// Reader implements [snapshot.EngineReader]. It keeps nothing between calls.
type Reader struct{ Options }

// New makes a reader of the host that the options give.
func New(o Options) *Reader {
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	return &Reader{o}
}

// DialUnix is [Options.Dial] of a live host.
func DialUnix(ctx context.Context, path string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "unix", path)
}

// Containers names the containers that the processes' control groups tell of.
func (r *Reader) Containers(ctx context.Context, processes []snapshot.Process) ([]snapshot.Container, []snapshot.Gap) {
	ids := map[string]string{}
	seen := map[string]bool{}
	for i := range processes {
		text := processes[i].Cgroup
		if seen[text] {
			continue
		}
		seen[text] = true
		if o := world.OwnerOf(text); o.Kind == world.OwnerContainer && o.ID != "" {
			ids[o.ID] = o.Engine
		}
	}
	return r.Names(ctx, ids)
}

// Names names the containers whose ids are given, with the engine of each or
// "" where that is not known. A name that could not be had is a gap. With nil
// it lists what the engines in the usual places have, running or not, and
// places that may not be read are no gap.
func (r *Reader) Names(ctx context.Context, ids map[string]string) ([]snapshot.Container, []snapshot.Gap) {
	s := r.newSearch(ctx, ids)
	defer s.cancel()
	if s.listing || s.wants("nsview") {
		s.nsview(s.host()) // of these many have no name: no reason for the steps below
	}
	for _, step := range []func(*search){
		(*search).usualPlaces, (*search).usualSockets, (*search).runningEngines, (*search).homes,
	} {
		if s.done() {
			break
		}
		step(s)
	}
	return s.result()
}

// usualPlaces reads the state of engines where their packages keep it.
func (s *search) usualPlaces() {
	v := s.host()
	for _, root := range dockerRoots(v) {
		s.docker(v, root)
	}
	for _, root := range storageRoots(v) {
		s.storage(v, root)
	}
	for _, dir := range taskDirs {
		s.tasks(v, dir)
	}
	s.instances(v)
}
