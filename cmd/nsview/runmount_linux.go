package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nsview/nsview/launch"
)

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
