package query

import (
	"fmt"
	"strings"

	"github.com/nsview/nsview/inspect/snapshot"
	"github.com/nsview/nsview/inspect/world"
)

// Fix is something to type or to write that mends a broken link.
type Fix struct {
	Command string
	// Helps says when: at once, or what has to be made again first.
	Helps string
}

const (
	helpsNow  = "for what is mounted from then on"
	helpsNew  = "only for containers started afterwards"
	helpsUnit = "once the unit has been restarted"
)

// fixes mend the broken link in the words of the tool that made it.
func (x *explainer) fixes() []Fix {
	switch x.v.Reason {
	case SourcePrivate, SourceUnbindable, SourceNotMount:
		return x.shareSource()
	case ReceiverPrivate, DifferentGroup, OtherFileSystem:
		return x.receiveAgain("slave")
	case SlaveSendsNothing, LessPrivileged:
		if x.v.Reason == LessPrivileged {
			return nil // the kernel allows no way up
		}
		return x.sendBack()
	case RootNotCovering:
		return x.receiveAgain("slave")
	case Covered:
		return []Fix{{x.inside(x.to, "umount "+quote(x.to.Path)), "at once"}}
	}
	return nil
}

// inside is a command to be typed in the namespace of a spot.
func (x *explainer) inside(s Spot, command string) string {
	v := s.Mount.View
	if v.Table.NS.Ino == x.world.Reader.MNT.Ino && v.PID == 0 {
		return command
	}
	if v.NS != nil && v.NS.Lead() != nil {
		return fmt.Sprintf("nsenter -t %d -m %s", v.NS.Lead().PID, command)
	}
	return fmt.Sprintf("in mnt:[%d]: %s", v.Table.NS.Ino, command)
}

// shareSource makes the parent mount of the source shared. The copies that
// were made while it was private stay without a link to it.
func (x *explainer) shareSource() []Fix {
	m := x.from.Mount
	return append([]Fix{{
		x.inside(x.from, "mount --make-shared "+quote(m.Point)),
		"for copies of it made afterwards; those there now stay private",
	}}, x.receiveAgain("slave")...)
}

// receiveAgain binds what the receiver shows anew, so that it joins the group.
func (x *explainer) receiveAgain(propagation string) []Fix {
	owner := x.world.OwnerOf(leadOf(x.to.Mount.View.NS))
	src, dst := x.from.Mount.Point, x.to.Mount.Point
	switch {
	case owner.PodUID != "" || owner.Pod != "":
		return []Fix{{kubernetesFix(propagation), "only for pods made afterwards"}}
	case owner.Engine == "docker" || owner.Engine == "podman":
		return []Fix{{fmt.Sprintf("%s run -v %s:%s:r%s ...", owner.Engine, quote(src), quote(dst), propagation), helpsNew}}
	case owner.Kind == world.OwnerUnit && owner.Unit != "":
		return []Fix{{fmt.Sprintf("systemctl edit %s: [Service] MountFlags=%s, and no PrivateMounts= with a private root", owner.Unit, propagation), helpsUnit}}
	}
	return []Fix{{"unshare -m --propagation " + propagation + " (when its namespace is made anew)", "only for a namespace made afterwards"}}
}

func kubernetesFix(propagation string) string {
	if propagation == "shared" {
		return "volumeMounts: mountPropagation: Bidirectional (the container must be privileged)"
	}
	return "volumeMounts: mountPropagation: HostToContainer"
}

// sendBack makes a slave a member of its master's group.
func (x *explainer) sendBack() []Fix {
	owner := x.world.OwnerOf(leadOf(x.from.Mount.View.NS))
	switch {
	case owner.PodUID != "" || owner.Pod != "":
		return []Fix{{kubernetesFix("shared"), "only for pods made afterwards"}}
	case owner.Engine == "docker" || owner.Engine == "podman":
		return []Fix{{fmt.Sprintf("%s run -v SOURCE:%s:rshared ...", owner.Engine, quote(x.from.Mount.Point)), helpsNew}}
	}
	return []Fix{{
		"unshare -m --propagation shared (when its namespace is made anew)",
		"only for a namespace made afterwards: a slave cannot join its master's group",
	}}
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
