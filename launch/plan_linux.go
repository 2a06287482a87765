package launch

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Plan lists the steps that make what is wanted, in order. It does nothing and
// asks the system nothing: the same Spec gives the same plan everywhere. The
// error says what in the Spec makes no sense; whether the kernel agrees to the
// rest shows when it is done.
func Plan(s Spec) ([]Step, error) {
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("plan the launch: %w", err)
	}
	var p planner
	p.namespaces(s)
	p.mounts(s)
	p.root(s)
	p.become(s)
	return p.steps, nil
}

// planner collects steps.
type planner struct{ steps []Step }

func (p *planner) add(why string, a Action) { p.steps = append(p.steps, Step{Action: a, Why: why}) }

func (p *planner) parent(list []ParentAction) {
	for i := range list {
		p.add(list[i].Why, &list[i])
	}
}

// late are made by the child itself: a control group namespace in the group that
// the caller has put it into, which becomes the root of what it sees
// (cgroup_namespaces(7)), and a time namespace whose clocks have to be set
// before anybody is in it. The command is its first process.
func (s Spec) late() Namespaces {
	if len(s.TimeOffsets) > 0 {
		return s.Namespaces & (Cgroup | Time)
	}
	return s.Namespaces & Cgroup
}

func (p *planner) namespaces(s Spec) {
	clone := &Clone{Namespaces: s.Namespaces &^ s.late(), UIDs: s.UIDs, GIDs: s.GIDs, PIDs: s.joined(PID)}
	p.add("a process in new namespaces", clone)
	if s.MapTools != (MapTools{}) {
		clone.UIDs, clone.GIDs = nil, nil
		p.add("as /etc/subuid allows", &MapIDs{Tool: s.MapTools.UID, Maps: s.UIDs})
		p.add("as /etc/subgid allows", &MapIDs{Tool: s.MapTools.GID, Maps: s.GIDs})
		p.add("who has become root of a user namespace has all capabilities there from its next execve on", &Again{})
	}
	p.parent(s.Created)
	if len(s.Groups) > 0 {
		p.add("limits, devices, and whose it is", &JoinGroup{Dirs: s.Groups})
	}
	if s.OOMScoreAdj != nil {
		p.add("", &WriteSelf{Name: "oom_score_adj", Value: strconv.Itoa(*s.OOMScoreAdj)})
	}
	if s.Init {
		p.add("nsview is the init, and cannot be overwritten", &OpenSelf{})
	}
	for _, j := range s.Join {
		if j.Type != PID { // in which the child was born
			p.add("", &Setns{Path: j.Path, Type: j.Type})
		}
	}
	if s.late().Has(Time) {
		p.add("the command will be in it", &Unshare{Namespaces: Time})
	}
	for _, o := range s.TimeOffsets {
		p.add("", &WriteSelf{Name: "timens_offsets", Value: fmt.Sprintf("%s %d %d", o.Clock, o.Secs, o.Nanos)})
	}
	if s.Hostname != "" {
		p.add("", &Sethostname{Name: s.Hostname})
	}
	if s.Domainname != "" {
		p.add("", &Setdomainname{Name: s.Domainname})
	}
	if s.Loopback {
		p.add("the one interface of a new net namespace", &Loopback{})
	}
	if s.Session && s.Terminal == nil {
		p.add("", &Setsid{})
	}
}

// become takes on the credentials; the user last, as it gives up the right to
// the others.
func (p *planner) become(s Spec) {
	if s.Dir != "" { // as root: the user may not be allowed on the way there
		p.add("", &Chdir{Path: s.Dir})
	}
	p.limits(s.Confinement)
	switch {
	case s.Login != nil:
		p.add("", s.Login)
	case s.User != nil:
		if s.Terminal != nil {
			p.add("", &GiveTerminal{UID: s.User.UID})
		}
		if !s.Namespaces.Has(User) || s.Setgroups {
			p.add("", &Setgroups{GIDs: s.User.Groups})
		}
		p.add("", &Setgid{GID: s.User.GID})
		p.add("", &Setuid{UID: s.User.UID})
	}
	if s.Personality != nil { // a filter may forbid it
		p.add("", s.Personality)
	}
	p.restrict(s.Confinement, s.Login != nil)
	for i := range s.Starting {
		p.add("", &s.Starting[i])
	}
	why := ""
	if !s.Detached {
		why = "with prctl(PR_SET_PDEATHSIG, SIGKILL): the command ends with its launcher"
	}
	if s.Init {
		p.add(why, &Init{Args: s.Args, Env: s.Env, Bound: !s.Detached})
	} else {
		p.add(why, &Execve{Args: s.Args, Env: s.Env, Bound: !s.Detached})
	}
}

// check refuses what cannot be meant.
func (s Spec) check() error {
	for _, j := range s.Join {
		if j.Type == User || j.Type == Time {
			return fmt.Errorf("nsview cannot enter the %v namespace %s: it has several threads", j.Type, j.Path)
		}
	}
	switch {
	case len(s.Args) == 0 || s.Args[0] == "":
		return errors.New("no command")
	case s.Namespaces&^AllNamespaces != 0:
		return fmt.Errorf("no such namespaces: %v", s.Namespaces&^AllNamespaces)
	case !s.Namespaces.Has(User) && len(s.UIDs)+len(s.GIDs) > 0:
		return errors.New("ids are mapped in a new user namespace only")
	case s.Foreign && s.Rootfs != nil && len(s.Rootfs.Layers) > 0:
		return errors.New("a root of layers in a user namespace whose root is somebody else: that one may not reach them")
	case (s.MapTools.UID == "") != (s.MapTools.GID == ""):
		return errors.New("one program maps users, another one groups")
	case s.Namespaces.Has(User) && !s.Setgroups && s.User != nil && len(s.User.Groups) > 0:
		return errors.New("supplementary groups in a user namespace that does not allow setgroups")
	case !s.ownMounts() && (s.Root.Change != Unchanged || len(s.Calls) > 0 || s.Rootfs != nil):
		return errors.New("mounts without a new mount namespace would be the caller's own")
	case len(s.TimeOffsets) > 0 && !s.Namespaces.Has(Time):
		return errors.New("the clocks of a new time namespace only can be set")
	case int(s.Root.Change) >= len(changeFlags):
		return fmt.Errorf("no such propagation: %v", s.Root)
	case s.User != nil && s.Login != nil:
		return errors.New("two users: one by ids and one by name")
	case s.Rootfs != nil && s.Chroot != "":
		return errors.New("two roots: a directory to change to and one to build")
	}
	if err := s.checkSysctls(); err != nil {
		return err
	}
	return s.checkTexts()
}

// joined is the path of the namespace of a type that is entered, "" for none.
func (s Spec) joined(t Namespaces) string {
	for _, j := range s.Join {
		if j.Type == t {
			return j.Path
		}
	}
	return ""
}

// ownMounts says whether the mounts are not the caller's.
func (s Spec) ownMounts() bool {
	return s.Namespaces.Has(Mount) || slices.ContainsFunc(s.Join, func(j Join) bool { return j.Type == Mount })
}

// checkTexts refuses paths that depend on where the caller stands, and NULs,
// at which the kernel would stop reading.
func (s Spec) checkTexts() error {
	paths := []string{s.Chroot, s.Dir}
	texts := slices.Concat(s.Args, s.Env)
	for _, m := range s.Calls {
		if m.Target == "" {
			return errors.New("a mount without target")
		}
		paths = append(paths, m.Target)
		texts = append(texts, m.Source, m.FSType, m.Data)
	}
	if s.Rootfs != nil {
		r := s.Rootfs
		if (r.Path == "") == (len(r.Layers) == 0) {
			return errors.New("a root is a path or some layers")
		}
		if (r.Upper == "") != (r.Work == "") {
			return errors.New("an upper layer needs a directory to work in, and the other way round")
		}
		paths = append(append(paths, r.Path, r.Upper, r.Work), r.Layers...)
		for _, m := range s.Rootfs.Mounts {
			if m.Target == "" {
				return errors.New("a mount without target")
			}
			if m.Bind == "" && m.FSType == "" && !m.Remount {
				return fmt.Errorf("a mount at %q of nothing", m.Target)
			}
			paths = append(paths, m.Target, m.Bind)
			texts = append(append(texts, m.Source, m.FSType), m.Options...)
		}
	}
	for _, p := range paths {
		if p != "" && !strings.HasPrefix(p, "/") {
			return fmt.Errorf("%q does not start with /", p)
		}
	}
	for _, t := range append(texts, paths...) {
		if strings.Contains(t, "\x00") {
			return fmt.Errorf("%q has a NUL in it", t)
		}
	}
	return nil
}
