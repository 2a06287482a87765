package query

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// ownerOf is the owner of a spot's namespace; that of the reader's own is not
// what a person wants to set up anew.
func (x *explainer) ownerOf(s Spot) world.Owner {
	if s.Mount == nil || s.Mount.View.Table.NS.Ino == x.world.Reader.MNT.Ino && s.Name == "" {
		return world.Owner{}
	}
	return x.world.OwnerOf(leadOf(s.Mount.View.NS))
}

// isService: only a service is set up by directives; what systemd itself or a
// session runs in is the host's namespace.
func isService(o world.Owner) bool {
	return o.Kind == world.OwnerUnit && o.User == "" && strings.HasSuffix(o.Unit, ".service") && !strings.HasPrefix(o.Unit, "user@")
}

func isPod(o world.Owner) bool { return o.Engine != "podman" && (o.PodUID != "" || o.Pod != "") }

func isEngine(o world.Owner) bool {
	return o.Kind == world.OwnerContainer && volumeWords[o.Engine] != ""
}

// volumeWords are how the engines mount a directory with a propagation: of
// the source (1), the target (2), the propagation (3) and the container (4).
var volumeWords = map[string]string{
	"docker":     "docker run -v %[1]s:%[2]s:%[3]s ...",
	"podman":     "podman run -v %[1]s:%[2]s:%[3]s ...",
	"containerd": "ctr run --mount type=bind,src=%[1]s,dst=%[2]s,options=rbind:%[3]s ...",
	"incus":      "incus config device add %[4]s DEVICE disk source=%[1]s path=%[2]s propagation=%[3]s",
	"lxd":        "lxc config device add %[4]s DEVICE disk source=%[1]s path=%[2]s propagation=%[3]s",
}

func volume(o world.Owner, src, dst, propagation string) string {
	return fmt.Sprintf(volumeWords[o.Engine], src, dst, propagation, quote(cmp.Or(o.Name, o.ID)))
}

func leadOf(n *world.Namespace) *snapshot.Process {
	if n == nil {
		return nil
	}
	return n.Lead()
}

// quote makes a path one word of a shell.
func quote(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool {
		return !strings.ContainsRune("/-_.,:@%+=", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}
