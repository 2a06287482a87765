package predict

import (
	"strings"

	"github.com/nsview/nsview/inspect/world"
)

// twin copies one mount, showing the file system from root down. It is nowhere
// yet, and never locked; flags that may not be cleared go with it (clone_mnt).
func (s *State) twin(old int32, root string, how likeness) int32 {
	o := s.mounts[old]
	if old == inner && strings.HasPrefix(root, "mnt:") {
		o.mark = nsFile
	}
	m := s.newMount(mount{
		root: root, at: root, dev: o.dev, base: o.base, kind: o.kind, flags: o.flags, keep: o.keep, owner: o.owner, mark: o.mark & (nsFile | keepGuessed),
	})
	s.touch(m)
	s.relate(m, old, how)
	return m
}

// copying says what of a tree is copied.
type copying struct {
	how           likeness
	keepUnbinding bool // unbindable mounts too
	namespaces    bool // files of mount namespaces too
}

// copyTree copies a mount and what is mounted below a directory of it. Mounts
// that are not copied take all below them along (copy_tree). The error is that
// of a mount that can neither be copied nor left out.
func (s *State) copyTree(old int32, dir string, c copying) (int32, *Refusal) {
	root := s.twin(old, dir, c.how)
	for child := range s.children(old) {
		if !within(s.mounts[child].at, dir) {
			continue
		}
		if r := s.copyBelow(root, child, c); r != nil {
			s.discard(root)
			return 0, r
		}
	}
	return root, nil
}

func (s *State) copyBelow(parent, old int32, c copying) *Refusal {
	if s.is(old, unbindable) && !c.keepUnbinding {
		if s.is(old, locked) {
			return s.refuse(EPERM, UnbindableLocked, old, "is unbindable, and locked to what is around it: it can neither be copied nor left out")
		}
		s.skip(old, UnbindableSkip)
		return nil
	}
	if s.is(old, nsFile) && !c.namespaces {
		s.skip(old, NamespaceSkip)
		return nil
	}
	m := s.twin(old, s.mounts[old].root, c.how)
	if c.keepUnbinding && s.rules.UnbindableSurvivesClone {
		s.mounts[m].mark |= s.mounts[old].mark & unbindable
	}
	s.mounts[m].mark |= s.mounts[old].mark & (locked | guessed)
	s.adopt(parent, s.mounts[old].at, m)
	for child := range s.children(old) {
		if r := s.copyBelow(m, child, c); r != nil {
			return r
		}
	}
	return nil
}

// discard forgets a tree that was copied in vain.
func (s *State) discard(root int32) {
	for m := range s.tree(root) {
		s.leave(m)
	}
}

// lockTree keeps the mounts of a tree together that comes to a less privileged
// namespace, and their flags as they are (lock_mnt_tree).
func (s *State) lockTree(root int32) {
	for m := range s.tree(root) {
		x := &s.mounts[m]
		x.keep |= x.flags&(ReadOnly|NoDev|NoSuid|NoExec) | atimeFlags
		x.mark &^= keepGuessed
		if m != root {
			x.mark |= locked
		}
	}
}

// settle puts a tree that was attached into the namespace of its parent.
func (s *State) settle(root, space int32) {
	for m := range s.tree(root) {
		if s.mounts[m].space == 0 {
			s.mounts[m].space = space
			s.spaces[space].count++
		}
	}
}

// isNamespaceFile says whether a mount shows a mount namespace.
func isNamespaceFile(m *world.Mount) bool {
	return m.FSType == "nsfs" && strings.HasPrefix(m.Root, "mnt:")
}
