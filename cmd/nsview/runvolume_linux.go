package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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

// parseMount reads KEY=VALUE,... as docker run --mount.
func parseMount(text string, spec *launch.Spec) (volume, error) {
	fields, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil {
		return volume{}, fmt.Errorf("not a list of KEY=VALUE: %w", err)
	}
	m := mountFields{kind: "volume", spec: spec}
	for _, field := range fields {
		key, value, given := strings.Cut(field, "=")
		if err := m.set(strings.ToLower(key), value, given); err != nil {
			return volume{}, err
		}
	}
	return m.volume()
}

// mountFields are the fields of a --mount.
type mountFields struct {
	kind, source, target string
	options              []string
	idmap                *launch.IDMapping
	spec                 *launch.Spec
}

func (m *mountFields) set(key, value string, given bool) error {
	switch key {
	case "type":
		m.kind = value
	case "source", "src":
		m.source = value
	case "target", "destination", "dst":
		m.target = value
	case "readonly", "ro":
		yes, err := truth(value, given)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if yes {
			m.options = append(m.options, "ro")
		}
	case "bind-propagation":
		if _, err := launch.ParseRequest(value); err != nil {
			return err
		}
		m.options = append(m.options, value)
	case "bind-recursive":
		return m.setRecursive(value)
	case "volume-nocopy":
		// Nothing is ever copied into a volume.
	case "idmap":
		return m.setIDMap(value)
	case "tmpfs-size":
		m.options = append(m.options, "size="+value)
	case "tmpfs-mode":
		m.options = append(m.options, "mode="+value)
	default:
		return fmt.Errorf("unknown key %q (keys: type source target readonly bind-propagation bind-recursive idmap volume-nocopy tmpfs-size tmpfs-mode)", key)
	}
	return nil
}

// setRecursive takes what Docker does for mounts below the source.
func (m *mountFields) setRecursive(value string) error {
	switch value {
	case "enabled", "readonly":
	case "disabled":
		m.options = append(m.options, "bind")
	case "writable":
		return errors.New("bind-recursive=writable is not done: below a read-only volume all is read-only")
	default:
		return fmt.Errorf("bind-recursive is enabled, disabled or readonly, not %q", value)
	}
	return nil
}

// setIDMap reads INSIDE:OUTSIDE:SIZE;..., for users and groups alike; without
// a value the mapping is the container's.
func (m *mountFields) setIDMap(value string) error {
	m.idmap = &launch.IDMapping{UIDs: m.spec.UIDs, GIDs: m.spec.GIDs}
	if value == "" {
		if !m.spec.Namespaces.Has(launch.User) {
			return errors.New("idmap without a mapping is that of the container's user namespace, and it has none")
		}
		return nil
	}
	list, err := parseIDMaps(value)
	m.idmap.UIDs, m.idmap.GIDs = list, list
	return err
}

// parseIDMaps reads INSIDE:OUTSIDE:SIZE;...
func parseIDMaps(text string) ([]launch.IDMap, error) {
	var list []launch.IDMap
	for one := range strings.SplitSeq(text, ";") {
		var n [3]int
		parts := strings.Split(one, ":")
		for i := range parts {
			v, err := strconv.ParseUint(parts[i], 10, 32)
			if err != nil || len(parts) != len(n) {
				return nil, fmt.Errorf("a mapping is INSIDE:OUTSIDE:SIZE, not %q", one)
			}
			n[i] = int(v)
		}
		list = append(list, launch.IDMap{Inside: n[0], Outside: n[1], Size: n[2]})
	}
	return list, nil
}

func truth(value string, given bool) (bool, error) {
	if !given {
		return true, nil
	}
	b, err := strconv.ParseBool(value)
	if err != nil {
		return false, fmt.Errorf("is true or false, not %q", value)
	}
	return b, nil
}

// volume makes the mount of its fields.
func (m *mountFields) volume() (volume, error) {
	v := volume{MountPoint: launch.MountPoint{Target: m.target, Bind: m.source, Recursive: true}}
	if m.target == "" {
		return v, errors.New("there is no target")
	}
	switch m.kind {
	case "bind":
		if m.source == "" {
			return v, errors.New("a bind needs a source")
		}
	case "volume":
		if v.name = m.source; v.name == "" {
			return v, errors.New("a volume needs its name as source")
		}
	case "tmpfs":
		if m.source != "" || m.idmap != nil {
			return v, errors.New("a tmpfs has no source and no idmap")
		}
		v = volume{MountPoint: launch.MountPoint{Target: m.target, FSType: "tmpfs", Source: "tmpfs"}}
		return v, v.newFSOptions(append(slices.Clone(tmpfsGuard), m.options...))
	default:
		return v, fmt.Errorf("unknown type %q (types: bind volume tmpfs)", m.kind)
	}
	if m.idmap != nil {
		v.IDMap = *m.idmap
	}
	return v, v.bindOptions(m.options)
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

// ownDir is a directory of the user's for nsview, by the XDG base directory
// specification.
func (a *app) ownDir(variable, inHome, name string) (string, error) {
	base := a.getenv(variable)
	if !filepath.IsAbs(base) {
		home := a.getenv("HOME")
		if !filepath.IsAbs(home) {
			return "", hinted{errors.New("no home directory"), "set HOME or " + variable}
		}
		base = filepath.Join(home, inHome)
	}
	return filepath.Join(base, "nsview", name), nil
}
