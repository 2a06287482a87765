package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/opencontainers/cgroups"
	_ "github.com/opencontainers/cgroups/devices" // or no manager takes rules of devices
	v1 "github.com/opencontainers/cgroups/fs"
	v2 "github.com/opencontainers/cgroups/fs2"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// ErrUnavailable says that no control group can be made: there is no control
// group file system, or the caller may not write to it.
var ErrUnavailable = errors.New("no control group can be made here")

// Group is a container's control group, in one or several hierarchies.
type Group struct {
	manager cgroups.Manager
	dirs    []string
}

// New finds where the group of a container with that id belongs and what is to
// be set there. It makes nothing. The error is [ErrUnavailable] where no group
// can be made, and then names the limit that would be lost, if any.
func New(id string, r *specs.LinuxResources) (*Group, error) {
	res, wants, err := resources(r)
	if err != nil {
		return nil, fmt.Errorf("limit the container: %w", err)
	}
	config := &cgroups.Cgroup{Resources: res}
	g, err := find("nsview-"+id+".scope", config, wants)
	if err != nil && len(wants) > 0 {
		return nil, fmt.Errorf("limit the container's %s: %w", wants[0].what, err)
	}
	return g, err
}

func find(name string, config *cgroups.Cgroup, wants []want) (*Group, error) {
	if cgroups.IsCgroup2UnifiedMode() {
		home, err := ownHome()
		if err != nil {
			return nil, err
		}
		dir := filepath.Join(home, name)
		m, err := v2.NewManager(config, dir)
		return &Group{m, []string{dir}}, err
	}
	paths, err := hierarchies(name, wants)
	if err != nil {
		return nil, err
	}
	m, err := v1.NewManager(config, paths)
	return &Group{m, slices.Sorted(maps.Values(paths))}, err
}

// hierarchies are the directories of version 1 that the group needs: in that of
// pids it shows whose a process is, that of devices keeps it from those of the
// host, and each limit has its own.
func hierarchies(name string, wants []want) (map[string]string, error) {
	subsystems := []string{"pids", "devices"}
	for _, w := range wants {
		if !slices.Contains(subsystems, w.subsystem) {
			subsystems = append(subsystems, w.subsystem)
		}
	}
	paths := map[string]string{}
	for _, s := range subsystems {
		home, err := cgroups.FindCgroupMountpoint("", s)
		if err != nil {
			return nil, fmt.Errorf("%w: the kernel or this host has no control groups for %s", ErrUnavailable, s)
		}
		if err := mayWrite(home); err != nil {
			return nil, err
		}
		paths[s] = filepath.Join(home, name)
	}
	return paths, nil
}

// ownHome is where groups are made in version 2: below the root when that may
// be written, else below the caller's own group, if it was delegated to them.
func ownHome() (string, error) {
	const root = "/sys/fs/cgroup"
	err := mayWrite(root)
	if err == nil {
		return root, nil
	}
	groups, err2 := cgroups.ParseCgroupFile("/proc/self/cgroup")
	if err2 != nil {
		return "", errors.Join(err, err2)
	}
	own := filepath.Join(root, groups[""])
	return own, mayWrite(own)
}

func mayWrite(dir string) error {
	// Access of the effective user: nsview may be set-uid in name only.
	if err := unix.Faccessat(unix.AT_FDCWD, dir, unix.W_OK, unix.AT_EACCESS); err != nil {
		return fmt.Errorf("%w: make a directory in %s: %w", ErrUnavailable, dir, err)
	}
	return nil
}

// HasTasks says whether a thread can move itself into the group by the tasks
// files of version 1.
func (g *Group) HasTasks() bool {
	_, is := g.manager.(*v1.Manager)
	return is
}

// Dirs are the directories of the group, which someone has to remove.
func (g *Group) Dirs() []string { return g.dirs }

// Create makes the group and sets its limits.
func (g *Group) Create() error {
	if err := g.manager.Apply(-1); err != nil {
		return fmt.Errorf("make the control group %s: %w", g.dirs[0], err)
	}
	config, err := g.manager.GetCgroups()
	if err == nil {
		err = g.manager.Set(config.Resources)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("set the limits of the control group %s: the group above does not let its controller be used: %w", g.dirs[0], err)
	}
	if err != nil {
		return fmt.Errorf("set the limits of the control group %s: %w", g.dirs[0], err)
	}
	return nil
}

// Join moves a process into the group.
func (g *Group) Join(pid int) error {
	if err := g.manager.AddPid("", pid); err != nil {
		return fmt.Errorf("move process %d into the control group %s: %w", pid, g.dirs[0], err)
	}
	return nil
}
