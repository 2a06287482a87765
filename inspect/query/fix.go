package query

import (
	"fmt"
	"path"

	"github.com/nsview/nsview/inspect/predict"
)

// Fix is something to type or to write that mends a broken link.
type Fix struct {
	Command string
	// Helps says when: at once, or what has to be made again first.
	Helps string
}

// When a fix helps.
const (
	helpsAtOnce   = "at once, for what is mounted from then on"
	helpsShared   = "for binds and namespaces made afterwards; those that are there now stay private, so start them anew"
	helpsRestart  = "only containers started afterwards, not the one that runs"
	helpsPod      = "only pods made afterwards, not the one that runs"
	helpsUnit     = "once the unit has been restarted, not before"
	helpsNew      = "only namespaces made afterwards, not those that are there"
	helpsThisTime = "at once, but this one mount only"
)

// fixes mend the broken link in the words of the tool that made it.
func (x *explainer) fixes() []Fix {
	switch x.v.Reason {
	case SourcePrivate, SourceUnbindable, SourceNotMount:
		if x.ownerShares() != nil {
			return append(x.shareFixes(), x.mountThere()...)
		}
		return append(x.shareFixes(), x.receive()...)
	case ReceiverPrivate, DifferentGroup, OtherFileSystem, RootNotCovering, ReceiverDetached:
		return append(x.receive(), x.mountThere()...)
	case SlaveSendsNothing:
		return append(x.sendBack(), x.mountThere()...)
	case LessPrivileged:
		return x.mountThere() // no command makes a slave of a master send
	case Covered:
		return x.uncover()
	case MountMax:
		return []Fix{{fmt.Sprintf("sysctl fs.mount-max=%d", 2*x.world.Host.MaxMnts), "at once, on the whole host; look with nsview tree why there are so many"}}
	case TooEarly, UnmountedThere, BoundAlone, LeftOutUnbindable:
		return x.again()
	}
	return nil
}

// inside is a command to be typed in the namespace of a spot.
func (x *explainer) inside(s Spot, command string) string {
	v := s.Mount.View
	if v.Table.NS.Ino == x.world.Reader.MNT.Ino && v.Table.NS.Ino != 0 {
		return command
	}
	if v.NS != nil && v.NS.Lead() != nil {
		return fmt.Sprintf("nsenter -t %d -m %s", v.NS.Lead().PID, command)
	}
	return fmt.Sprintf("in mnt:[%d]: %s", v.Table.NS.Ino, command)
}

// shareFixes let what is mounted at the source leave it: in the words of its
// owner where it has one, of mount(8) where it has none.
func (x *explainer) shareFixes() []Fix {
	switch list := x.ownerShares(); {
	case x.v.Reason == LessPrivileged:
		return nil
	case list != nil:
		return list
	case x.v.Reason == SlaveSendsNothing:
		return x.sendBack()
	}
	return x.shareSource()
}

// shareSource makes the mount that the source lies on shared. A directory may
// become a mount of its own, so that not all of / need be shared.
func (x *explainer) shareSource() []Fix {
	var list []Fix
	m := x.source()
	if dir := x.shareable(); x.v.Reason == SourceNotMount && dir != m.Point {
		dir = quote(dir)
		list = append(list,
			Fix{x.inside(x.from, fmt.Sprintf("mount --bind %[1]s %[1]s && ", dir)+x.inside(x.from, "mount --make-shared "+dir)), helpsShared})
	}
	return append(list, Fix{x.inside(x.from, "mount --make-shared "+quote(m.Point)), helpsShared})
}

// shareable is the directory to be made a mount: the one above what will be
// mounted, as a mount on it has to travel.
func (x *explainer) shareable() string { return above(x.from.Path) }

// ownerShares is what lets the source's own container or unit send.
func (x *explainer) ownerShares() []Fix {
	switch o := x.ownerOf(x.from); {
	case isPod(o):
		return []Fix{{"volumeMounts: mountPropagation: Bidirectional (the container must be privileged)", helpsPod}}
	case isEngine(o):
		return []Fix{{volume(o, x.original(), quote(x.source().Point), "rshared"), helpsRestart}}
	case isService(o):
		return []Fix{{fmt.Sprintf("systemctl edit %s: [Service] PrivateMounts=no, and no MountFlags=slave or private, no PrivateTmp=, ProtectSystem= or the like, which imply it", o.Unit), helpsUnit}}
	}
	return nil
}

// original is where the other side has what the source shows.
func (x *explainer) original() string {
	m := x.source()
	if x.to.Mount == nil {
		return "SOURCE"
	}
	for _, other := range x.to.Mount.View.Mounts {
		if at := predict.PointOn(other, predict.Place{Mount: m, Path: m.Point}); at != "" && other.Dev == m.Dev {
			return quote(at)
		}
	}
	return "SOURCE"
}

// sendBack has a slave's namespace made anew as a peer: mount(2) cannot join it
// to its master's group.
func (x *explainer) sendBack() []Fix {
	if list := x.ownerShares(); list != nil {
		return list
	}
	return []Fix{{"unshare -m --propagation shared ... when its namespace is made", helpsNew}}
}

// receive has what the receiver shows bound anew, so that it joins the group.
func (x *explainer) receive() []Fix {
	src, dst := x.volumePaths()
	switch o := x.ownerOf(x.to); {
	case isPod(o):
		return []Fix{{"volumeMounts: mountPropagation: HostToContainer", helpsPod}}
	case isEngine(o):
		return []Fix{{volume(o, src, dst, "rslave"), helpsRestart}}
	case isService(o):
		return []Fix{{fmt.Sprintf("systemctl edit %s: [Service] MountFlags=slave (or no MountFlags=private); BindPaths=%s:%s:rbind for another path", o.Unit, src, dst), helpsUnit}}
	case x.to.Mount != nil && x.to.Mount.View == x.source().View:
		return []Fix{{x.inside(x.to, fmt.Sprintf("mount --rbind %s %s", src, dst)), helpsAtOnce}}
	}
	return []Fix{{"unshare -m --propagation slave ... (unshare alone makes all private) when its namespace is made", helpsNew}}
}

// volumePaths are the directory to be given to the receiver and where: those of
// the mount that should receive, or the ones above the two places, as a mount
// is received on what is above it.
func (x *explainer) volumePaths() (src, dst string) {
	m := x.source()
	if r := x.receiver; r != nil && x.v.Reason != RootNotCovering {
		if at := predict.PointOn(m, predict.Place{Mount: r, Path: r.Point}); at != "" {
			return quote(at), quote(r.Point)
		}
	}
	src, dst = x.v.Arrivals[0].Point, "TARGET"
	if src != m.Point {
		src = above(src)
	}
	if x.to.Mount != nil {
		dst = x.to.Path
		if src != x.v.Arrivals[0].Point {
			dst = above(dst)
		}
	}
	return quote(src), quote(dst)
}

// above is the directory above, but / itself is never meant.
func above(p string) string {
	if dir := path.Dir(p); dir != "/" {
		return dir
	}
	return p
}

// mountThere makes the mount where it is wanted in the first place.
func (x *explainer) mountThere() []Fix {
	if x.to.Mount == nil || x.to.Mount.View == x.from.Mount.View {
		return nil
	}
	return []Fix{{x.inside(x.to, "mount ... "+quote(x.to.Path)), helpsThisTime}}
}

func (x *explainer) uncover() []Fix {
	over := x.to.Path
	if x.over != nil {
		over = x.over.Point
	}
	return []Fix{{x.inside(x.to, "umount "+quote(over)), "at once, if what covers it may go"}}
}

// again has what came too early mounted once more, or the receiver bound with
// all that is mounted below.
func (x *explainer) again() []Fix {
	from := quote(x.from.Path)
	list := []Fix{{x.inside(x.from, "umount "+from) + ", then mount it again", "at once: a new mount travels"}}
	if x.v.Reason != BoundAlone {
		return list
	}
	src, dst := quote(x.source().Point), quote(x.receiver.Point)
	switch o := x.ownerOf(x.to); {
	case isPod(o):
		return append(list, Fix{"volumeMounts: mountPropagation: HostToContainer, and a pod made anew", helpsPod})
	case isEngine(o):
		return append(list, Fix{volume(o, src, dst, "rslave") + " (not bind-recursive=disabled)", helpsRestart})
	case isService(o):
		return append(list, Fix{fmt.Sprintf("systemctl edit %s: [Service] BindPaths=%s:%s:rbind (not norbind)", o.Unit, src, dst), helpsUnit})
	}
	return append(list, Fix{x.inside(x.to, fmt.Sprintf("mount --rbind %s %s", src, dst)), "at once, where both paths are seen"})
}
