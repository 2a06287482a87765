package launch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Plan lists the system calls that make what is wanted, in order. It does
// nothing and asks the system nothing: the same Spec gives the same plan
// everywhere. The error says what in the Spec makes no sense; whether the
// kernel agrees to the rest shows when it is done.
func Plan(s Spec) ([]Step, error) {
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("plan the launch: %w", err)
	}
	steps := []Step{{Call: CallClone, Flags: uint64(s.Namespaces), UIDs: s.UIDs, GIDs: s.GIDs}}
	if s.Root.Change != Unchanged {
		steps = append(steps, Make("/", s.Root).step())
	}
	for _, m := range s.Mounts {
		steps = append(steps, m.step())
	}
	if s.Chroot != "" {
		// Without a chdir the old working directory would lie outside.
		steps = append(steps, Step{Call: CallChroot, Target: s.Chroot}, Step{Call: CallChdir, Target: "/"})
	}
	if s.Dir != "" {
		steps = append(steps, Step{Call: CallChdir, Target: s.Dir})
	}
	steps = append(steps, s.become()...)
	// A change of user undoes what was set before it.
	steps = append(steps, Step{Call: CallPrctl})
	return append(steps, Step{Call: CallExecve, Args: s.Args, Env: s.Env}), nil
}

func (m MountStep) step() Step {
	return Step{
		Call: CallMount, Source: m.Source, Target: m.Target, FSType: m.FSType,
		Flags: uint64(m.Flags), Data: m.Data,
	}
}

// become takes on the credentials; the user last, as it gives up the right to
// the others.
func (s Spec) become() []Step {
	if s.User == nil {
		return nil
	}
	var steps []Step
	if !s.Namespaces.Has(User) || s.Setgroups {
		steps = append(steps, Step{Call: CallSetgroups, IDs: s.User.Groups})
	}
	return append(steps,
		Step{Call: CallSetgid, IDs: []int{s.User.GID}},
		Step{Call: CallSetuid, IDs: []int{s.User.UID}})
}

// check refuses what cannot be meant.
func (s Spec) check() error {
	switch {
	case len(s.Args) == 0 || s.Args[0] == "":
		return errors.New("no command")
	case s.Namespaces&^AllNamespaces != 0:
		return fmt.Errorf("no such namespaces: %v", s.Namespaces&^AllNamespaces)
	case !s.Namespaces.Has(User) && len(s.UIDs)+len(s.GIDs) > 0:
		return errors.New("ids are mapped in a new user namespace only")
	case s.Namespaces.Has(User) && !s.Setgroups && s.User != nil && len(s.User.Groups) > 0:
		return errors.New("supplementary groups in a user namespace that does not allow setgroups")
	case !s.Namespaces.Has(Mount) && (s.Root.Change != Unchanged || len(s.Mounts) > 0):
		return errors.New("mounts without a new mount namespace would be the caller's own")
	case int(s.Root.Change) >= len(changeFlags):
		return fmt.Errorf("no such propagation: %v", s.Root)
	}
	return s.checkTexts()
}

// checkTexts refuses paths that depend on where the caller stands, and NULs,
// at which the kernel would stop reading.
func (s Spec) checkTexts() error {
	paths := []string{s.Chroot, s.Dir}
	texts := slices.Concat(s.Args, s.Env)
	for _, m := range s.Mounts {
		if m.Target == "" {
			return errors.New("a mount without target")
		}
		paths = append(paths, m.Target)
		texts = append(texts, m.Source, m.FSType, m.Data)
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
