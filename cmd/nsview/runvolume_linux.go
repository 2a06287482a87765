package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"github.com/nsview/nsview/launch"
	"github.com/nsview/nsview/launch/bundle"
)

// volumeFlags are what the user wants mounted in the container.
type volumeFlags struct {
	volumes, mounts, tmpfs []string
}

func (vf *volumeFlags) flags(f *pflag.FlagSet) {
	f.StringArrayVarP(&vf.volumes, "volume", "v", nil, "bind a file or directory, or a volume by name: `SRC:DST[:OPTS]`, OPTS as ro,rslave")
	f.StringArrayVar(&vf.mounts, "mount", nil, "the same, spelled out: `KEY=VALUE,...` (type=bind|volume|tmpfs, source, target, readonly, bind-propagation, bind-recursive, idmap, tmpfs-size, tmpfs-mode)")
	f.StringArrayVar(&vf.tmpfs, "tmpfs", nil, "a file system in memory: `DST[:OPTS]`, OPTS as size=64m,exec")
}

// volume is a mount that the user asked for, not yet looked for on this host.
type volume struct {
	launch.MountPoint
	name string // a volume of nsview's own
	flag string // as it was written
}

// apply adds the mounts to the root, those above before those below.
func (vf *volumeFlags) apply(a *app, spec *launch.Spec) error {
	list, err := vf.parse(spec)
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(x, y volume) int {
		return strings.Count(x.Target, "/") - strings.Count(y.Target, "/")
	})
	r := spec.Rootfs
	for i, v := range list {
		if i > 0 && v.Target == list[i-1].Target {
			return fmt.Errorf("read the command line: %s and %s are both for %s", list[i-1].flag, v.flag, v.Target)
		}
		if err := a.findSource(&v, r); err != nil {
			return err
		}
		r.Mounts = slices.DeleteFunc(r.Mounts, func(m launch.MountPoint) bool { return m.Target == v.Target })
		r.Mounts = append(r.Mounts, v.MountPoint)
	}
	return nil
}

func (vf *volumeFlags) parse(spec *launch.Spec) ([]volume, error) {
	var list []volume
	for _, kind := range []struct {
		flag  string
		texts []string
		parse func(string) (volume, error)
	}{
		{"-v", vf.volumes, parseVolume},
		{"--mount", vf.mounts, func(text string) (volume, error) { return parseMount(text, spec) }},
		{"--tmpfs", vf.tmpfs, parseTmpfs},
	} {
		for _, text := range kind.texts {
			v, err := kind.parse(text)
			if err == nil {
				err = v.checkTarget()
			}
			if err != nil {
				return nil, fmt.Errorf("read the command line: %s %s: %w", kind.flag, text, err)
			}
			v.flag = kind.flag + " " + text
			list = append(list, v)
		}
	}
	return list, nil
}

func (v *volume) checkTarget() error {
	switch {
	case !path.IsAbs(v.Target):
		return fmt.Errorf("the path in the container does not start with /: %q", v.Target)
	case path.Clean(v.Target) == "/":
		return errors.New("/ in the container is its root")
	}
	v.Target = path.Clean(v.Target)
	return nil
}

// parseVolume reads SRC:DST[:OPTS].
func parseVolume(text string) (volume, error) {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) < 2 || parts[0] == "" {
		return volume{}, errors.New("wants SRC:DST[:OPTS]")
	}
	v := volume{MountPoint: launch.MountPoint{Target: parts[1], Bind: parts[0], Recursive: true}}
	if !strings.ContainsAny(parts[0], "/") && !strings.HasPrefix(parts[0], ".") {
		v.name = parts[0]
	}
	var options []string
	if len(parts) == 3 {
		options = strings.Split(parts[2], ",")
	}
	return v, v.bindOptions(options)
}

// bindOptions are those of docker run -v, and any other of a bind mount.
func (v *volume) bindOptions(options []string) error {
	var rest []string
	for _, o := range options {
		switch o {
		case "z", "Z":
			return fmt.Errorf("option %s changes the labels of SELinux on the host's files, which nsview does not do", o)
		case "ro":
			rest = append(rest, "rro") // as Docker since 25: all below, too
		case "nocopy", "cached", "consistent", "delegated", "rw":
			// Nothing is ever copied or cached, and writing is allowed.
		case "bind":
			v.Recursive = false
		case "rbind":
		default:
			rest = append(rest, o)
		}
	}
	parsed, fault := bundle.ParseOptions(rest)
	switch {
	case fault != nil:
		return fault
	case len(parsed.Data) > 0:
		return fmt.Errorf("unknown option %q (options: ro rw, [r]private [r]slave [r]shared [r]unbindable, bind, nosuid nodev noexec and other attributes of mounts)", parsed.Data[0])
	case parsed.Remount || parsed.IDMap != bundle.NoIDMap:
		return errors.New("remount and idmap are not for -v (see --mount)")
	}
	v.Attr, v.TreeAttr = parsed.Mount, parsed.Tree
	v.propagate(parsed.Propagation)
	return nil
}

// propagate sets the propagation; without one the volume is the container's
// own affair, as in Docker.
func (v *volume) propagate(list []launch.Request) {
	if len(list) == 0 {
		list = []launch.Request{{Change: launch.Private, Recursive: true}}
	}
	v.Propagation = list
}

// tmpfsGuard is what Docker sets for --tmpfs, unless the options say otherwise.
var tmpfsGuard = []string{"nosuid", "nodev", "noexec"}

// parseTmpfs reads DST[:OPTS].
func parseTmpfs(text string) (volume, error) {
	target, options, given := strings.Cut(text, ":")
	v := volume{MountPoint: launch.MountPoint{Target: target, FSType: "tmpfs", Source: "tmpfs"}}
	list := slices.Clone(tmpfsGuard)
	if given {
		list = append(list, strings.Split(options, ",")...)
	}
	return v, v.newFSOptions(list)
}

func (v *volume) newFSOptions(list []string) error {
	parsed, fault := bundle.ParseOptions(list)
	if fault != nil {
		return fault
	}
	if parsed.Bind || parsed.Remount || parsed.IDMap != bundle.NoIDMap {
		return errors.New("bind, remount and idmap are not for a new file system")
	}
	v.Attr = parsed.Mount
	v.Options = append(slices.DeleteFunc(parsed.Super, func(s string) bool { return s == "ro" }), parsed.Data...)
	v.Propagation = parsed.Propagation
	return nil
}

// volumeName is what Docker allows.
var volumeName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]*$`)
})

// findSource finds what is to be bound on this host.
func (a *app) findSource(v *volume, r *launch.Rootfs) error {
	if v.name == "" {
		if v.Bind == "" {
			return nil
		}
		abs, err := filepath.Abs(v.Bind)
		if err == nil {
			_, err = os.Stat(abs)
		}
		if err != nil {
			return fmt.Errorf("mount %s in the container: the source %s: %w", v.Target, v.Bind, bareError(err))
		}
		v.Bind = abs
		return nil
	}
	if !volumeName().MatchString(v.name) {
		return hinted{
			fmt.Errorf("mount %s in the container: %q is no name for a volume: letters, digits, _ . and -, the first a letter or digit", v.Target, v.name),
			"a path starts with / or ./",
		}
	}
	data, err := a.ownDir("XDG_DATA_HOME", ".local/share", "volumes")
	if err != nil {
		return fmt.Errorf("find the volume %s: %w", v.name, err)
	}
	v.Bind = filepath.Join(data, v.name)
	r.HostDirs = append(r.HostDirs, launch.MakeDir{Path: v.Bind, Mode: 0o755})
	return nil
}
