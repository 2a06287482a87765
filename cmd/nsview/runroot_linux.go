package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"github.com/nsview/nsview/launch"
)

// rootFlags are about the root and what is mounted in it.
type rootFlags struct {
	layers      []string
	upper       string
	readOnly    bool
	propagation string
	pivot       string
}

func (rf *rootFlags) flags(f *pflag.FlagSet) {
	f.StringArrayVar(&rf.layers, "layer", nil, "a `DIR` of a root made of layers, the first on top (overlayfs)")
	f.StringVar(&rf.upper, "upper", "", "the `DIR` that keeps what is changed in a root of layers; without one it is lost in the end")
	f.BoolVar(&rf.readOnly, "read-only", false, "nothing in the root can be written to")
	f.StringVar(&rf.propagation, "propagation", "auto", "ask this of / before anything is mounted: [r]private, [r]slave, [r]shared, [r]unbindable or unchanged (`TYPE`); auto is rslave, and rshared for a volume that is shared")
	f.StringVar(&rf.pivot, "pivot", "auto", "change the root by pivot_root, move or chroot (`WAY`); auto chooses")
}

// overlay takes layers as the root. What the kernel needs besides an upper
// layer lies next to it.
func (rf *rootFlags) overlay(spec *launch.Spec) error {
	r := &launch.Rootfs{}
	for _, name := range rf.layers {
		dir, err := rootDirectory(name)
		if err != nil {
			return err
		}
		r.Layers = append(r.Layers, dir)
	}
	if rf.upper != "" {
		dir, err := rootDirectory(rf.upper)
		if err != nil {
			return err
		}
		r.Upper, r.Work = dir, filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+".work")
		r.HostDirs = append(r.HostDirs, launch.MakeDir{Path: r.Work, Mode: 0o700})
	}
	spec.Rootfs = r
	return nil
}

// rootDirectory is a directory's absolute path.
func rootDirectory(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", fmt.Errorf("use %s as the root: %w", name, bareError(err))
	}
	if !info.IsDir() {
		return "", fmt.Errorf("use %s as the root: not a directory", name)
	}
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", fmt.Errorf("use %s as the root: %w", name, err)
	}
	return abs, nil
}

// directory takes a directory as the root.
func (rf *rootFlags) directory(spec *launch.Spec, name string) error {
	dir, err := rootDirectory(name)
	if err != nil {
		return err
	}
	spec.Rootfs = &launch.Rootfs{Path: dir}
	return nil
}

// apply fills the root with what containers expect.
func (rf *rootFlags) apply(ctx context.Context, a *app, spec *launch.Spec) error {
	r := spec.Rootfs
	r.ReadOnly = rf.readOnly
	if err := a.choosePivot(ctx, rf.pivot, r); err != nil {
		return err
	}
	user := spec.Namespaces.Has(launch.User)
	tty := 5
	if user && !mapped(spec.GIDs, tty) {
		tty = -1
	}
	r.Mounts = launch.DefaultMounts(tty, user && !spec.Namespaces.Has(launch.Net))
	r.Devices = launch.DefaultDevices(user)
	r.Links = launch.DefaultLinks()
	r.Masked = launch.DefaultMasked()
	r.ReadOnlyPaths = launch.DefaultReadOnlyPaths()
	if spec.Namespaces.Has(launch.Cgroup) {
		// Where they cannot be read there are none to show.
		if lines, err := hierarchies(); err == nil {
			r.AddGroups(lines, launch.GroupMount())
		}
	}
	return nil
}

// propagate decides what is asked of /: a volume that is to send mounts to the
// host can do so only when nothing stands between.
func (rf *rootFlags) propagate(spec *launch.Spec) error {
	if rf.propagation != "auto" {
		var err error
		if spec.Root, err = launch.ParseRequest(rf.propagation); err != nil {
			return fmt.Errorf("read the command line: --propagation: %w", err)
		}
		return nil
	}
	spec.Root = launch.Request{Change: launch.Slave, Recursive: true}
	for _, m := range spec.Rootfs.Mounts {
		if m.Bind == "" || !slices.ContainsFunc(m.Propagation, func(p launch.Request) bool { return p.Change == launch.Shared }) {
			continue
		}
		if spec.Namespaces.Has(launch.User) {
			return hinted{
				fmt.Errorf("share %s with the container: a user namespace receives mounts and sends none (mount_namespaces(7))", m.Bind),
				"rslave has the container see what the host mounts there",
			}
		}
		spec.Root.Change = launch.Shared
	}
	return nil
}

// mapped says whether an id means something in the namespace.
func mapped(maps []launch.IDMap, id int) bool {
	for _, m := range maps {
		if id >= m.Inside && id < m.Inside+m.Size {
			return true
		}
	}
	return false
}
