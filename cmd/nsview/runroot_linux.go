package main

import (
	"fmt"
	"os"
	"path/filepath"

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
	f.StringVar(&rf.propagation, "propagation", "rslave", "ask this of / before anything is mounted: [r]private, [r]slave, [r]shared, [r]unbindable or unchanged (`TYPE`)")
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
func (rf *rootFlags) apply(spec *launch.Spec) error {
	var err error
	if spec.Root, err = launch.ParseRequest(rf.propagation); err != nil {
		return fmt.Errorf("read the command line: --propagation: %w", err)
	}
	r := spec.Rootfs
	r.ReadOnly = rf.readOnly
	switch rf.pivot {
	case "auto", "pivot_root":
		r.Pivot = launch.PivotAway
	case "move":
		r.Pivot = launch.MoveOver
	case "chroot":
		r.Pivot = launch.ChrootOnly
	default:
		return fmt.Errorf("read the command line: --pivot is auto, pivot_root, move or chroot, not %q", rf.pivot)
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
