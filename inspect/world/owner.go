package world

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nsview/nsview/inspect/snapshot"
)

// OwnerKind says what sort of thing owns a process.
type OwnerKind string

// The kinds of owner. A process whose cgroup names none has the zero kind.
const (
	OwnerContainer OwnerKind = "container" // one container of Engine
	OwnerPod       OwnerKind = "pod"       // a pod, outside of any of its containers
	OwnerSnap      OwnerKind = "snap"      // an app, service or hook of a snap
	OwnerUnit      OwnerKind = "unit"      // a systemd unit
)

// Owner is the container, pod, snap or systemd unit that a process belongs to,
// as its cgroup tells ([OwnerOf]) and engines add ([Owner.Named]). What neither
// says is empty. Where containers nest, the innermost is the owner.
type Owner struct {
	Kind OwnerKind
	// Engine is docker, podman, containerd, crio, buildkit, lxc, nspawn,
	// libvirt, snap, or the prefix that an engine unknown here gives its
	// scopes; "" where a container's cgroup does not tell.
	Engine string
	// ID is what the engine calls the container uniquely: 64 hex digits, or
	// the name for engines that have no other id.
	ID   string
	Name string
	// Pod is NAMESPACE/NAME of a Kubernetes pod, PodUID its uid with dashes
	// (32 digits without for static pods), or the id of a Podman pod.
	Pod    string
	PodUID string
	// Unit is the systemd unit as systemd spells it. Beside a container it is
	// the unit of the systemd that runs inside.
	Unit string
	// User is the uid of the user manager whose unit that is.
	User string
	// Monitor: not in the container, but the engine's process watching it.
	Monitor bool
}

// IsZero says that the cgroup names no owner.
func (o Owner) IsZero() bool { return o == Owner{} }

// Named adds what an engine tells of its container. A container with another
// id, or of another engine, changes nothing.
func (o Owner) Named(c snapshot.Container) Owner {
	if o.Kind != OwnerContainer || o.ID != c.ID || !o.mayBe(c.Engine) {
		return o
	}
	o.Engine = either(c.Engine, o.Engine)
	o.Pod = either(c.Pod, o.Pod)
	o.PodUID = either(o.PodUID, c.PodUID)
	o.Name = either(c.Name, o.Name)
	return o
}

// mayBe: LXC, LXD and Incus share the names of their cgroups, and with a bare
// id any engine may be the one.
func (o Owner) mayBe(engine string) bool {
	return o.Engine == engine || o.Engine == "" || engine == "" ||
		o.Engine == "lxc" && (engine == "incus" || engine == "lxd")
}

// String is the owner as the OWNER column shows it, "" for none:
//
//	docker:web   podman:1f2e3d4c5b6a   lxc:db/nginx.service
//	pod:kube-system/coredns-5d78c9869d-x2x7q/coredns
//	snap:firefox.firefox   chronyd.service   pipewire.service (user 1000)
//
// Nothing is escaped for a terminal: renderers do that.
func (o Owner) String() string {
	s := join("/", o.outside(), o.unit())
	if o.Monitor {
		s += " (monitor)"
	}
	return s
}

// outside is what holds the process as seen from the host.
func (o Owner) outside() string {
	switch {
	case o.isKubernetes():
		return "pod:" + join("/", either(o.Pod, o.PodUID), o.inPod())
	case o.Kind == OwnerPod:
		return join(":", o.Engine, "pod", short(o.PodUID))
	case o.Kind == OwnerContainer:
		return join(":", either(o.Engine, "container"), either(o.Name, short(o.ID)))
	case o.Kind == OwnerSnap:
		return "snap:" + o.Name
	}
	return ""
}

func (o Owner) isKubernetes() bool {
	return o.Engine != "podman" && (o.Pod != "" || o.PodUID != "")
}

// inPod is empty for a sandbox: its engine names the pod and no container.
func (o Owner) inPod() string {
	if o.Name == "" && o.Pod == "" {
		return short(o.ID)
	}
	return o.Name
}

func (o Owner) unit() string {
	if o.Unit == "" || o.Kind == OwnerSnap {
		return ""
	}
	if o.User != "" {
		return unescapeUnit(o.Unit) + " (user " + o.User + ")"
	}
	return unescapeUnit(o.Unit)
}

// short cuts an id to the 12 digits that docker ps and podman ps show.
func short(id string) string {
	if len(id) == idLen {
		return id[:12]
	}
	return id
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// join joins the parts that are not empty.
func join(sep string, parts ...string) string {
	kept := parts[:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, sep)
}

// unescapeUnit undoes systemd-escape(1)'s \xNN, unless the result could not be
// shown as text.
func unescapeUnit(unit string) string {
	var b strings.Builder
	for rest := unit; rest != ""; {
		c, n := unescapeByte(rest)
		b.WriteByte(c)
		rest = rest[n:]
	}
	if s := b.String(); utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	return unit
}

func unescapeByte(s string) (c byte, n int) {
	if len(s) < 4 || s[0] != '\\' || s[1] != 'x' || !isHex(s[2:4]) {
		return s[0], 1
	}
	return nibble(s[2])<<4 | nibble(s[3]), 4
}

func nibble(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}
