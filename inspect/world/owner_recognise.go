package world

import (
	"slices"
	"strings"
)

// podOwner knows the kubelet's podUID and QOS-podU_I_D.slice, and Podman's
// PARENT-libpod_pod_ID.slice.
func podOwner(p place) (Owner, bool) {
	name := strings.TrimSuffix(p.name, ".slice")
	if _, id, ok := strings.Cut(name, "libpod_pod_"); ok && isID(id) {
		return Owner{Kind: OwnerPod, Engine: "podman", PodUID: id}, true
	}
	if p.above == "libpod_parent" && isID(name) {
		return Owner{Kind: OwnerPod, Engine: "podman", PodUID: name}, true
	}
	i := strings.LastIndex(name, "pod")
	if i < 0 || i > 0 && name[i-1] != '-' {
		return Owner{}, false
	}
	uid := strings.ReplaceAll(name[i+len("pod"):], "_", "-")
	return Owner{Kind: OwnerPod, PodUID: uid}, isPodUID(uid)
}

// isPodUID knows a UUID, and the hash that the kubelet gives to static pods.
func isPodUID(s string) bool {
	if len(s) == 36 {
		for i := 8; i < 24; i += 5 {
			if s[i] != '-' {
				return false
			}
		}
		s = strings.ReplaceAll(s, "-", "")
	}
	return len(s) == 32 && isHex(s)
}

// scopePrefixes are the engines by what they put before an id.
var scopePrefixes = map[string]Owner{
	"libpod":         {Engine: "podman"},
	"libpod-payload": {Engine: "podman"}, // --cgroups=split, as in Quadlet units
	"libpod-conmon":  {Engine: "podman", Monitor: true},
	"crio-conmon":    {Engine: "crio", Monitor: true},
	"cri-containerd": {Engine: "containerd"},
	"nerdctl":        {Engine: "containerd"},
}

// parentDirs are the engines by the directory they put bare ids in.
var parentDirs = map[string]string{"docker": "docker", "default": "containerd", "k8s.io": "containerd"}

// containerOwner knows ID and PREFIX-ID[.scope], ID being 64 hex digits.
func containerOwner(p place) (Owner, bool) {
	name := strings.TrimSuffix(p.name, ".scope")
	if p.above == "libpod_parent" && name == "conmon" {
		return Owner{Kind: OwnerContainer, Engine: "podman", Monitor: true}, true
	}
	cut := len(name) - idLen
	if cut < 0 || !isID(name[cut:]) || cut > 0 && name[cut-1] != '-' {
		return Owner{}, false
	}
	o := engineOf(p.above, strings.TrimSuffix(name[:cut], "-"))
	o.Kind, o.ID = OwnerContainer, name[cut:]
	if p.outer.Kind == OwnerPod {
		o.PodUID = p.outer.PodUID
	}
	return o, true
}

func engineOf(above, prefix string) Owner {
	if prefix == "" {
		return Owner{Engine: parentDirs[above]}
	}
	if o, ok := scopePrefixes[prefix]; ok {
		return o
	}
	return Owner{Engine: prefix}
}

func isID(s string) bool { return len(s) == idLen && isHex(s) }

// lxcOwner knows lxc/NAME of LXC up to 3, lxc.payload/NAME of 3.1 and
// lxc.payload.NAME since 4. LXD and Incus start their containers through LXC,
// with PROJECT_NAME for a name outside the default project.
func lxcOwner(p place) (Owner, bool) {
	name, monitor, ok := lxcName(p)
	if !ok || name == "" || isUnit(name) {
		return Owner{}, false
	}
	return Owner{Kind: OwnerContainer, Engine: "lxc", ID: name, Name: name, Monitor: monitor}, true
}

func lxcName(p place) (name string, monitor, ok bool) {
	switch p.above {
	case "lxc", "lxc.payload":
		return p.name, false, p.outer.Name != p.above
	case "lxc.monitor":
		return p.name, true, p.outer.Name != p.above
	}
	if name, ok = strings.CutPrefix(p.name, "lxc.payload."); ok {
		return name, false, true
	}
	name, ok = strings.CutPrefix(p.name, "lxc.monitor.")
	return name, true, ok
}

// ctrOwner knows /default/NAME, where ctr(8) puts containers of containerd's
// default namespace. Other namespaces look like any directory.
func ctrOwner(p place) (Owner, bool) {
	if !p.second || p.above != "default" || isUnit(p.name) {
		return Owner{}, false
	}
	return Owner{Kind: OwnerContainer, Engine: "containerd", ID: p.name, Name: p.name}, true
}

// buildkitOwner knows docker/buildkit/ID, where a build runs its steps.
func buildkitOwner(p place) (Owner, bool) {
	if p.above != "buildkit" || isUnit(p.name) {
		return Owner{}, false
	}
	return Owner{Kind: OwnerContainer, Engine: "buildkit", ID: p.name}, true
}

// machineOwner knows the units of systemd-machined(8): nspawn containers that
// run in a scope or a service of their own, and the machines of libvirt.
func machineOwner(p place) (Owner, bool) {
	name, ok := between(p.name, "systemd-nspawn@", ".service")
	if !ok {
		name, ok = between(p.name, "machine-", ".scope")
	}
	if !ok || name == "" {
		return Owner{}, false
	}
	engine, name := libvirtName(unescapeUnit(name))
	return Owner{Kind: OwnerContainer, Engine: engine, ID: name, Name: name}, true
}

// libvirtName cuts the driver and number from the names that libvirt registers:
// qemu-3-fedora.
func libvirtName(machine string) (engine, name string) {
	driver, rest, _ := strings.Cut(machine, "-")
	number, name, ok := strings.Cut(rest, "-")
	if ok && (driver == "qemu" || driver == "lxc") && strings.Trim(number, "0123456789") == "" {
		return "libvirt", name
	}
	return "nspawn", machine
}

// supervisorOwner knows where systemd-nspawn itself stays.
func supervisorOwner(p place) (Owner, bool) {
	o := p.outer
	o.Monitor = true
	return o, p.name == "supervisor" && o.Engine == "nspawn"
}

// snapOwner knows snap.NAME.APP.service, snap.NAME.APP-UUID.scope with the
// older places of the UUID, and hooks, whose app is hook.HOOK.
func snapOwner(p place) (Owner, bool) {
	name, ok := between(p.name, "snap.", ".service")
	if !ok {
		name, ok = between(p.name, "snap.", ".scope")
		name = cutUUID(name)
	}
	if !ok || !strings.Contains(name, ".") {
		return Owner{}, false
	}
	return Owner{Kind: OwnerSnap, Engine: "snap", Name: unescapeUnit(name), Unit: p.name}, p.outer.Kind != OwnerContainer
}

func cutUUID(name string) string {
	const length = 36
	if n := len(name) - length - 1; n > 0 && isPodUID(name[n+1:]) {
		return name[:n]
	}
	if len(name) > length && name[length] == '.' && isPodUID(name[:length]) {
		return name[length+1:]
	}
	return name
}

var unitSuffixes = []string{".service", ".scope", ".slice", ".socket", ".mount", ".swap"}

func isUnit(name string) bool {
	i := strings.LastIndexByte(name, '.')
	return i > 0 && slices.Contains(unitSuffixes, name[i:])
}

// unitOwner knows systemd's units, also those of a systemd in a container or
// of a user's. A slice is only said where nothing more exact is known, and the
// init.scope of a systemd that is one's owner already says nothing new.
func unitOwner(p place) (Owner, bool) {
	o, unit := p.outer, unescapeCgroup(p.name)
	if !isUnit(unit) || o.rank() > 1 && strings.HasSuffix(unit, ".slice") || !o.IsZero() && unit == "init.scope" {
		return o, false
	}
	if o.IsZero() {
		o.Kind = OwnerUnit
	}
	if uid, ok := between(o.Unit, "user@", ".service"); ok {
		o.User = uid
	}
	if o.Kind != OwnerSnap {
		o.Unit = unit
	}
	return o, true
}

// unescapeCgroup undoes what systemd puts before names that the kernel could
// take for its own files.
func unescapeCgroup(name string) string { return strings.TrimPrefix(name, "_") }

func between(s, prefix, suffix string) (string, bool) {
	s, ok := strings.CutPrefix(s, prefix)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(s, suffix)
}
